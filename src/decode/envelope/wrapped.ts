/**
 * What an envelope is to the decoder: what is inside, and what is written on it. Each of the files beside this one knows one: it tells it from
 * a record that is no envelope by what only that shipper writes, and gives null for all else. All are pure and never throw.
 */
import type { Envelope } from '../../event.ts'
import type { JsonObject } from '../value.ts'

export interface Wrapped {
  readonly envelope: Envelope
  /** Text, bytes, an object or a list of records; null for a tombstone, undefined where there is nothing. */
  readonly inside: unknown
  /** Whether the inside lost its end on the way. */
  readonly isCut: boolean
  /** Decoded instead where nothing comes of the inside: an envelope that carries level and message itself. */
  readonly orElse: JsonObject | null
  readonly around: Around
}

/** What is known of every event inside, where the event itself does not say it. */
export interface Around {
  readonly timeMs: number | null
  readonly host: unknown
  /** Maps, flattened with dots, in order. */
  readonly context: readonly unknown[]
  readonly tags: unknown
}

export const NOTHING_AROUND: Around = { timeMs: null, host: null, context: [], tags: null }

/** Of a record that was cut: whether the cut went through this key's value, which then is the last, or came before it. */
export function isCutAt(record: JsonObject, key: string): boolean {
  let last: string | null = null
  for (const name in record) last = name
  return last === key || record[key] === undefined
}
