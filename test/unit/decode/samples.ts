/** Reads the sample records under test/data, and decodes with the default limits. */
import { readFileSync } from 'node:fs'
import { createDecoder } from '../../../src/decode/decode.ts'
import { schema } from '../../../src/config/schema.ts'
import type { ErrorEvent } from '../../../src/event.ts'

export const limits = schema.parse({}).limits
export const decode = createDecoder(limits)

export function sample(path: string): Buffer {
  return readFileSync(new URL(`../../data/${path}`, import.meta.url))
}

/** The one event of a record; throws where it is anything else. */
export function eventOf(record: Buffer | string | object): ErrorEvent {
  const bytes = Buffer.isBuffer(record) ? record : Buffer.from(typeof record === 'string' ? record : JSON.stringify(record))
  const outcomes = decode(bytes)
  const [outcome] = outcomes
  if (outcomes.length !== 1 || outcome?.kind !== 'ok') throw new Error(`not one event: ${JSON.stringify(outcomes)}`)
  return outcome.value
}
