/**
 * Port: the control log, a compacted log of small keyed JSON entries that every process reads: rules, silences, states of groups, what an operator
 * asked for. What is changed while it runs is changed here, once, and reaches every process.
 *
 *   put(key, value)          -> durable, and on its way to everybody; `null` deletes
 *   follow(prefixes, handle) -> first what is there, then each change, in the order of the log, the same order for all; own writes come back here
 *
 * What is kept for good is the newest value of each key. A value that was overwritten may or may not be delivered before the newer one; a key
 * that was deleted while nobody looked may come as a deletion or not at all; an entry may be delivered again. So a handler sets what it is told, and
 * a repeat is harmless.
 *
 * Delivery: a put that rejects may still have happened; to put the same again is harmless. A log that is away is waited for by `follow`, for ever.
 */
import { z } from 'zod'
import { TracefoldError } from '../errors.ts'

/** A key is `<kind>/<name>`. */
const KEY = /^[a-z][a-z-]*\/.+$/su
const MAX_KEY_BYTES = 1_024
/** Of an entry, as JSON: every process holds what it follows, and a broker takes about a million in one record. */
export const MAX_ENTRY_BYTES = 262_144

/** `v` is the version of the value's kind: who does not know it leaves the entry as it is. */
export type ControlValue = { readonly v: number } & Readonly<Record<string, unknown>>

export interface ControlEntry {
  readonly key: string
  /** Null where the key is deleted. */
  readonly value: ControlValue | null
}

export interface Following {
  /** Nothing is delivered after this resolves. */
  stop(): Promise<void>
}

export interface ControlLog {
  /**
   * Resolves once everything that was there at the call has been delivered. `onEntry` is told only of keys that begin with one of the prefixes. It
   * must not throw: that ends the process. Rejects with `aborted` where the log is closed before.
   */
  follow(prefixes: readonly string[], onEntry: (entry: ControlEntry) => void): Promise<Following>
  /** Rejects with `bad_request` for what is no entry, with `neighbour_away` where the log cannot be written now. */
  put(key: string, value: ControlValue | null): Promise<void>
  /** Ends all followings. */
  close(): Promise<void>
}

const valueSchema = z.looseObject({ v: z.number().int().min(0) })

/** The entry as text. Throws `bad_request`. */
export function encodeEntry(key: string, value: ControlValue | null): string | null {
  if (!KEY.test(key) || Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new TracefoldError(
      'bad_request',
      `expected a key <kind>/<name> of at most ${MAX_KEY_BYTES} bytes, got ${JSON.stringify(key.slice(0, 80))}`,
    )
  if (value === null) return null
  const text = JSON.stringify(valueSchema.parse(value))
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_ENTRY_BYTES) throw new TracefoldError('bad_request', `${key} has ${bytes} bytes; an entry may have ${MAX_ENTRY_BYTES}`)
  return text
}

/** Null for what is no entry of ours: it is left where it is, and nobody is told of it. */
export function decodeEntry(key: string, text: string | null): ControlEntry | null {
  if (!KEY.test(key)) return null
  if (text === null) return { key, value: null }
  const parsed = valueSchema.safeParse(parseJson(text))
  return parsed.success ? { key, value: parsed.data } : null
}

export function isWanted(key: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => key.startsWith(prefix))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
