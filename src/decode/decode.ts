/**
 * The first stage: a record's bytes -> events. Pure: same bytes and limits in, same outcomes out. Never throws, whatever the bytes are.
 *
 *   bytes -> text -> JSON values -> layout -> reading -> event        plain text with a stack trace -> one event
 *
 * There is at least one outcome for each record, and one for each event that it holds (an array, several values one after the other).
 * Delivery: what can be saved is saved (a cut record becomes an event with `truncated`); what cannot is a dead letter with a reason and a
 * sentence for people. A repeat gives the same outcomes in the same order, so an index within the record is an identity.
 */
import { isUtf8 } from 'node:buffer'
import type { Settings } from '../config/schema.ts'
import type { DeadReason, ErrorEvent, Outcome } from '../event.ts'
import { finish } from './finish.ts'
import { readJson, snippet, type JsonRecord } from './json-records.ts'
import { createKnownDecoder } from './known-decoder.ts'
import { generic } from './layouts/generic.ts'
import { LAYOUTS } from './layouts/list.ts'
import { readPlainText } from './layouts/plain-text.ts'
import { decodeText } from './text.ts'
import { readThrowable } from './throwable.ts'
import { isObject, render, type JsonObject } from './value.ts'

export type Decoder = (value: Buffer | null) => readonly Outcome<ErrorEvent>[]
type Limits = Settings['limits']

/** How a value begins that is meant as JSON: also what Log4j's `complete` puts between records. */
const JSON_START = '{[,]"'
/** Keys shown of an object that no layout knows. */
const SHOWN_KEYS = 8
const SHOWN_CHARS = 40

export interface DecoderOptions {
  /** Whether stack traces that come again are recognised by their raw bytes. The outcomes are the same without, and slower to come. */
  readonly knownTraces: boolean
}

export function createDecoder(limits: Limits, { knownTraces }: DecoderOptions = { knownTraces: true }): Decoder {
  const decodeKnown = knownTraces ? createKnownDecoder((object, throwableOf) => decodeObject(object, false, limits, throwableOf)) : () => null
  return (value) => {
    if (value === null) return [{ kind: 'drop', reason: 'tombstone' }]
    if (value.length > limits.maxRecordBytes) return [dead('too_large', `${value.length} bytes; limits.maxRecordBytes is ${limits.maxRecordBytes}`)]
    const known = decodeKnown(value)
    if (known !== null) return [known]
    const outcomes = decodeWhole(decodeText(value), limits, true)
    return outcomes.some((outcome) => outcome.kind === 'dead') && !isUtf8(value) ? outcomes.map(asNotUtf8) : outcomes
  }
}

/** `outer` is false inside a JSON string that holds a record: one level, no more. */
function decodeWhole(text: string, limits: Limits, outer: boolean): Outcome<ErrorEvent>[] {
  if (text === '') return [dead('empty', 'No bytes but blanks, NULs or a byte order mark')]
  if (JSON_START.includes(text.charAt(0)) || isScalar(text)) return decodeJson(text, limits, outer)
  const plain = plainTextEvent(text, limits)
  if (plain !== null) return [plain]
  return embedded(text, limits, outer) ?? [dead('not_json', `Neither JSON nor text with a stack trace: ${snippet(text)}`)]
}

function decodeJson(text: string, limits: Limits, outer: boolean): Outcome<ErrorEvent>[] {
  const records = readJson(text, limits.maxEventsPerRecord + 1)
  if (records.length === 0) return [dead('empty', `No record in it: ${snippet(text)}`)]
  if (records.every((record) => record.kind === 'fault')) {
    const plain = plainTextEvent(text, limits)
    if (plain !== null) return [plain]
  }
  const outcomes = records.slice(0, limits.maxEventsPerRecord).flatMap((record) => decodeRecord(record, limits, outer))
  if (outcomes.length <= limits.maxEventsPerRecord && records.length <= limits.maxEventsPerRecord) return outcomes
  return [...outcomes.slice(0, limits.maxEventsPerRecord), dead('too_large', `More events in it than limits.maxEventsPerRecord (${limits.maxEventsPerRecord}); the rest is left out`)]
}

function decodeRecord(record: JsonRecord, limits: Limits, outer: boolean): Outcome<ErrorEvent>[] {
  if (record.kind === 'fault') return [dead(record.reason, record.detail)]
  const { value, truncated } = record
  if (isObject(value)) return [decodeObject(value, truncated, limits)]
  if (typeof value === 'string' && outer) return decodeWhole(value.trim(), limits, false)
  return [dead('unknown_layout', `JSON, but not an object: ${render(value, SHOWN_CHARS) ?? 'null'}`)]
}

function decodeObject(object: JsonObject, truncated: boolean, limits: Limits, throwableOf = readThrowable): Outcome<ErrorEvent> {
  const reader = LAYOUTS.find((layout) => layout.matches(object)) ?? (truncated ? generic : undefined)
  const event = reader === undefined ? null : finish(reader.layout, reader.read(object), truncated, limits, throwableOf)
  if (event !== null) return { kind: 'ok', value: event }
  return dead(truncated ? 'truncated' : 'unknown_layout', `An object without level, message and throwable that we know. Its keys: ${keysOf(object)}`)
}

function plainTextEvent(text: string, limits: Limits): Outcome<ErrorEvent> | null {
  const reading = readPlainText(text)
  const event = reading === null ? null : finish('plain-text', reading, false, limits)
  return event === null ? null : { kind: 'ok', value: event }
}

/** JSON behind a prefix, such as syslog's. Only if an event comes of it: braces are common in plain text. */
function embedded(text: string, limits: Limits, outer: boolean): Outcome<ErrorEvent>[] | null {
  const at = text.indexOf('{"')
  if (at < 0) return null
  const outcomes = decodeJson(text.slice(at), limits, outer)
  return outcomes.some((outcome) => outcome.kind === 'ok') ? outcomes : null
}

function isScalar(text: string): boolean {
  return text.length < 32 && /^(?:null|true|false|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)$/.test(text)
}

function asNotUtf8(outcome: Outcome<ErrorEvent>): Outcome<ErrorEvent> {
  return outcome.kind === 'dead' && outcome.reason === 'not_json' ? dead('not_utf8', `Not UTF-8. ${outcome.detail}`) : outcome
}

function keysOf(object: JsonObject): string {
  const keys = Object.keys(object)
  const shown = keys.slice(0, SHOWN_KEYS).map(snippet).join(', ')
  return keys.length > SHOWN_KEYS ? `${shown} and ${keys.length - SHOWN_KEYS} more` : shown || 'none'
}

function dead(reason: DeadReason, detail: string): Outcome<ErrorEvent> {
  return { kind: 'dead', reason, detail }
}
