/**
 * Dead letters in a compacted Kafka topic, keyed by the letter's id: a branch that reads a record again writes the same letter, so a repeat is harmless.
 * The rollup branch sends them within its transaction, the detail branch before it commits.
 *
 * What could not be decoded is counted dead by both branches, by each in its own time: with a lag between them, and other rules in the meantime, by one only.
 * So each has a key of its own for it, `<id>|<branch>`, and a replay knows through whose account the letter is to go. Readers show one letter.
 */
import { isUtf8 } from 'node:buffer'
import type { Message } from 'kafkajs'
import { z } from 'zod'
import { DEAD_REASONS } from '../event.ts'
import { STAGES, type DeadLetter } from '../store/dead-letter.ts'
import { BRANCHES } from '../store/position.ts'

export function letterMessage(letter: DeadLetter): Message {
  const encoding = isUtf8(letter.body) ? 'utf8' : 'base64'
  return { key: letterKey(letter), value: JSON.stringify({ ...letter, encoding, body: letter.body.toString(encoding) }) }
}

/** A letter that does not say by whom it was counted dead has the key of an earlier version: its id. */
export function letterKey({ id, stage, branches }: Pick<DeadLetter, 'id' | 'stage' | 'branches'>): string {
  return stage === 'decode' && branches?.length === 1 ? `${id}|${branches[0]}` : id
}

/** The id of the letter that lies under a key. */
export function idOfKey(key: string): string {
  return key.replace(/\|(detail|rollup)$/, '')
}

/** One letter of two, where both branches have written it: of the newer one, for both. */
export function united<T extends Pick<DeadLetter, 'stage' | 'branches'>>(older: T, newer: T): T {
  if (older.branches === undefined || newer.branches === undefined) return newer
  return { ...newer, branches: [...new Set([...older.branches, ...newer.branches])].toSorted() }
}

const letterSchema = z.object({
  id: z.string(),
  stage: z.enum(STAGES),
  branch: z.enum(BRANCHES).nullable(),
  reason: z.enum(DEAD_REASONS),
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
  day: z.string().optional(),
  outOf: z.number().optional(),
  branches: z.array(z.enum(BRANCHES)).optional(),
})

/** Null where the value is not a letter of ours. */
export function parseLetter(value: Buffer): DeadLetter | null {
  try {
    const { encoding, body, day, outOf, branches, ...letter } = letterSchema.parse(JSON.parse(value.toString()))
    const said = {
      ...(day === undefined ? {} : { day }),
      ...(outOf === undefined ? {} : { outOf }),
      ...(branches === undefined ? {} : { branches }),
    }
    return { ...letter, ...said, body: Buffer.from(body, encoding) }
  } catch {
    return null
  }
}
