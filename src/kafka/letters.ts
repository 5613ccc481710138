/**
 * Dead letters in a compacted Kafka topic, keyed by the letter's id. Both branches and every replay write the same letter, so a repeat
 * is harmless. The rollup branch sends them within its transaction, the detail branch before it commits.
 */
import { isUtf8 } from 'node:buffer'
import type { Message } from 'kafkajs'
import { z } from 'zod'
import type { DeadLetter } from '../store/dead-letter.ts'

export function letterMessage(letter: DeadLetter): Message {
  const encoding = isUtf8(letter.body) ? 'utf8' : 'base64'
  return { key: letter.id, value: JSON.stringify({ ...letter, encoding, body: letter.body.toString(encoding) }) }
}

const letterSchema = z.object({
  id: z.string(),
  stage: z.enum(['decode', 'store']),
  branch: z.enum(['detail', 'rollup']).nullable(),
  reason: z.enum(['empty', 'not_json', 'truncated', 'not_utf8', 'too_large', 'unknown_layout', 'clock', 'refused_by_store']),
  detail: z.string(),
  partition: z.object({ cluster: z.string(), topic: z.string(), partition: z.number() }),
  incarnation: z.number(),
  offset: z.number(),
  index: z.number(),
  events: z.number(),
  timeMs: z.number(),
  job: z.string().nullable(),
  encoding: z.enum(['utf8', 'base64']),
  body: z.string(),
  bodyTruncated: z.boolean(),
})

/** Null where the value is not a letter of ours. */
export function parseLetter(value: Buffer): DeadLetter | null {
  try {
    const { encoding, ...letter } = letterSchema.parse(JSON.parse(value.toString()))
    return { ...letter, body: Buffer.from(letter.body, encoding) }
  } catch {
    return null
  }
}
