/** Reads the sample records under test/data, decodes with the default limits, and says what an event threw. */
import { readFileSync } from 'node:fs'
import { createDecoder } from '../../../src/decode/decode.ts'
import { schema } from '../../../src/config/schema.ts'
import { parseTrace } from '../../../src/decode/stack-trace.ts'
import type { ErrorEvent, Throwable } from '../../../src/event.ts'

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

export function throwableOf({ throwable }: ErrorEvent): Throwable | null {
  if (throwable === null || throwable.form === 'chain') return throwable?.chain ?? null
  return parseTrace(throwable.text, throwable).throwable
}

/** From the outermost to the root cause. */
export function typesOf(event: ErrorEvent): string[] {
  const types: string[] = []
  for (let at = throwableOf(event); at !== null; at = at.cause) types.push(at.type)
  return types
}
