/**
 * The fast path of decoding: a record that is one JSON object and holds a stack trace whose raw bytes are known. In: the record. Out: its outcomes,
 * exactly as the plain path makes them, or null, and then the plain path decides.
 *
 *   {"message":"m","error.stack_trace":"com.acme. ... 3 KB ..."}     the trace is found, known, and cut out
 *   {"message":"m","error.stack_trace":"<token>"}                    the rest is parsed
 *   {message: 'm', 'error.stack_trace': known value}                 the value is put where the token is
 *
 * Why it is exact: the token is random, so no record holds it by itself. Where the parser finds it as a value, its quotes are those that
 * were put around it; so a whole JSON value stood there, and known bytes in its place parse to the known value. Wherever else the
 * trace was found (in a key, deep inside, twice, in what is no JSON), the token is not found as a value near the root, and nothing is taken.
 * How the trace is found is therefore a guess that costs time if wrong, and nothing else. Held equal by test/property/decode-fast.test.ts.
 */
import { randomUUID } from 'node:crypto'
import type { ErrorEvent, Outcome } from '../event.ts'
import { parseJson } from './json-records.ts'
import { RawTraces } from './raw-traces.ts'
import { withoutPadding } from './text.ts'
import type { readThrowable } from './throwable.ts'
import { isObject, type JsonObject } from './value.ts'

/** `depth` is passed through: how much was taken off the record before. */
export type DecodeObject = (object: JsonObject, throwableOf: typeof readThrowable, depth: number) => readonly Outcome<ErrorEvent>[]
export type KnownDecoder = (record: Buffer, depth: number) => readonly Outcome<ErrorEvent>[] | null

/** Parsing less costs less than looking. */
export const MIN_BYTES = 1_024
const TOKEN = `trace ${randomUUID()}`
const QUOTED_TOKEN = JSON.stringify(TOKEN)

/** A frame within a JSON string. The first one stands near the beginning of its trace. */
const FRAME = Buffer.from('\\n\\tat ')
/** Log4j's `thrown` and Logback's `throwable`, with frames as objects. */
const OBJECT_KEY = Buffer.from('"thro')
const OBJECT_START = /^"thr(?:own|owable)" ?: ?(?=\{)/
const OBJECT_START_CHARS = 16

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING_BRACE = 0x7b
/** A layout has its trace at the root or in an object there; an envelope adds one more. */
const MAX_LEVELS = 2
/** Messages that quote more than this before their first frame are left to the plain path. */
const MAX_QUOTES = 16

export function createKnownDecoder(decodeObject: DecodeObject): KnownDecoder {
  const traces = new RawTraces()
  return (record, depth) => {
    if (record.length < MIN_BYTES || record[0] !== OPENING_BRACE) return null
    const start = traceStart(record)
    const known = start < 0 ? null : traces.find(record, start)
    if (known === null || known.isHopeless) return null
    const rest = record.toString('utf8', 0, start) + QUOTED_TOKEN + record.toString('utf8', start + known.raw.length)
    const object = parseJson(withoutPadding(rest))
    const isPut = isObject(object) && putAtToken(object, known.value)
    known.noteCut(isPut)
    return isPut ? decodeObject(object, known.read, depth) : null
  }
}

/** Where the value begins that is probably the trace, or -1. */
function traceStart(record: Buffer): number {
  const frame = record.indexOf(FRAME)
  if (frame >= 0) return openingQuote(record, frame)
  const key = record.indexOf(OBJECT_KEY)
  if (key < 0) return -1
  const match = OBJECT_START.exec(record.toString('latin1', key, key + OBJECT_START_CHARS))
  return match === null ? -1 : key + match[0].length
}

/** The last quote before that is not escaped. */
function openingQuote(record: Buffer, before: number): number {
  let at = record.lastIndexOf(QUOTE, before)
  for (let tries = 0; at > 0 && record[at - 1] === BACKSLASH; tries++) {
    if (tries === MAX_QUOTES) return -1
    at = record.lastIndexOf(QUOTE, at - 1)
  }
  return at
}

/** At the root, or as many levels deeper. */
function putAtToken(object: JsonObject, value: unknown, levels = MAX_LEVELS): boolean {
  if (replaceToken(object, value)) return true
  for (const key in object) {
    const inner = levels > 0 ? object[key] : null
    if (isObject(inner) && putAtToken(inner, value, levels - 1)) return true
  }
  return false
}

function replaceToken(object: Record<string, unknown>, value: unknown): boolean {
  for (const key in object) {
    if (object[key] !== TOKEN) continue
    object[key] = value
    return true
  }
  return false
}
