/**
 * The first stage: a record's bytes -> events. Pure: same bytes and limits in, same outcomes out. Never throws, whatever the bytes are.
 *
 *   bytes -> text -> JSON values -> layout -> reading -> event        plain text with a stack trace -> one event
 *     |                    `-> envelope: what is inside takes the same way, and gets what is written on the envelope
 *     `-> OTLP (protobuf; as JSON it is one of the values) -> log records -> readings -> events
 *
 * There is at least one outcome for each record, and one for each event that it holds (an array, several values one after the other, OTLP).
 * Delivery: what can be saved is saved (a cut record becomes an event with `truncated`); what cannot is a dead letter with a reason and a
 * sentence for people. A repeat gives the same outcomes in the same order, so an index within the record is an identity.
 */
import { isUtf8 } from 'node:buffer'
import type { Limits } from './limits.ts'
import type { DeadReason, ErrorEvent, Layout, Outcome } from '../event.ts'
import { attach } from './envelope/attach.ts'
import { unwrap } from './envelope/unwrap.ts'
import type { Wrapped } from './envelope/wrapped.ts'
import { decompressed } from './compressed.ts'
import { finish } from './finish.ts'
import { readJson, snippet, type JsonRecord } from './json-records.ts'
import { createKnownDecoder, MIN_BYTES, type KnownDecoder } from './known-decoder.ts'
import type { LayoutReader } from './layout.ts'
import { readBy } from './layouts/complete.ts'
import { generic } from './layouts/generic.ts'
import { layoutOf, ownLayoutOf } from './layouts/list.ts'
import { nestedReader } from './layouts/nested.ts'
import { readPlainText } from './layouts/plain-text.ts'
import { withBody } from './otlp/body.ts'
import { isRequest, logsOf, type Log } from './otlp/logs.ts'
import { readRequest } from './otlp/protobuf.ts'
import { findStrayTrace } from './stray-trace.ts'
import { decodeText, withoutPadding } from './text.ts'
import { readThrowable } from './throwable.ts'
import { isObject, render, type JsonObject } from './value.ts'

export type Decoder = (value: Buffer | null) => readonly Outcome<ErrorEvent>[]
type Outcomes = readonly Outcome<ErrorEvent>[]

/** What all steps share. */
interface Way {
  readonly limits: Limits
  readonly decodeKnown: KnownDecoder
  readonly strayTraceOf: typeof findStrayTrace
}

/** How a value begins that is meant as JSON: also what Log4j's `complete` puts between records. */
const JSON_START = '{[,]"'
/** How log lines of Kafka and Elasticsearch begin. */
const BRACKETED_TIME = /^\[\d{4}-\d\d-\d\d/
/** In every printed frame. Looking through all fields of a record that has none of it would cost more than parsing it, where it has many. */
const FRAME_START = 'at '
/** JSON behind something else. What stands behind a key is no record. */
const OBJECT_START = /(?<!"\s{0,8}:\s{0,8})\{\s*"/
/** Envelopes in envelopes, and JSON in JSON texts: a record that nests deeper was made by no shipper. */
const MAX_NESTING = 4
/** Keys shown of an object that no layout knows. */
const SHOWN_KEYS = 8
const SHOWN_CHARS = 40

export interface DecoderOptions {
  /** Whether stack traces that come again are recognised by their raw bytes. The outcomes are the same without, and slower to come. */
  readonly knownTraces: boolean
}

export function createDecoder(limits: Limits, { knownTraces }: DecoderOptions = { knownTraces: true }): Decoder {
  const decodeKnown = knownTraces
    ? createKnownDecoder((object, throwableOf, depth) => decodeObject(object, false, way, depth, throwableOf))
    : () => null
  const way: Way = { limits, decodeKnown, strayTraceOf: findStrayTrace }
  return (value) => {
    if (value === null) return TOMBSTONE
    if (value.length > limits.maxRecordBytes)
      return [dead('too_large', `${value.length} bytes; limits.maxRecordBytes is ${limits.maxRecordBytes}`)]
    const outcomes = decodeBytes(value, way, 0)
    return hasDead(outcomes) && !isUtf8(value) ? outcomes.map(asNotUtf8) : outcomes
  }
}

const TOMBSTONE: Outcomes = [{ kind: 'drop', reason: 'tombstone' }]

/** `depth` counts what was taken off so far. */
function decodeBytes(bytes: Buffer, way: Way, depth: number): Outcomes {
  const otlp = readRequest(bytes)
  if (otlp !== null)
    return 'tooLarge' in otlp ? [dead('too_large', otlp.tooLarge)] : decodeRequest(otlp.request, 'otlp-protobuf', otlp.isCut, way, depth)
  const known = way.decodeKnown(bytes, depth)
  if (known !== null) return known
  const inside = depth < MAX_NESTING ? decompressed(bytes, way.limits.maxRecordBytes) : null
  if (inside === 'too large') return [dead('too_large', `Compressed; limits.maxRecordBytes is ${way.limits.maxRecordBytes}`)]
  if (inside !== null) return decodeBytes(inside, way, depth + 1)
  const text = decodeText(bytes)
  return decodeWhole(text, false, text.includes(FRAME_START) ? way : { ...way, strayTraceOf: () => null }, depth)
}

/** `isCut`: somebody says that the text has lost its end. JSON shows that itself. */
function decodeWhole(text: string, isCut: boolean, way: Way, depth: number): Outcomes {
  if (text === '') return [dead('empty', 'No bytes but blanks, NULs or a byte order mark')]
  if ((JSON_START.includes(text.charAt(0)) && !BRACKETED_TIME.test(text)) || isScalar(text)) return decodeJson(text, way, depth)
  const plain = plainTextEvent(text, isCut, way)
  if (plain !== null) return messageRecord(text, plain, way, depth) ?? [plain]
  return embedded(text, way, depth) ?? [dead('not_json', `Neither JSON nor text with a stack trace: ${snippet(text)}`)]
}

function decodeJson(text: string, way: Way, depth: number): Outcomes {
  const { maxEventsPerRecord } = way.limits
  const records = readJson(text, maxEventsPerRecord + 1)
  if (records.length === 0) return [dead('empty', `No record in it: ${snippet(text)}`)]
  const outcomes: Outcome<ErrorEvent>[] = []
  for (const record of records.slice(0, maxEventsPerRecord)) {
    if (record.kind === 'trace') outcomes.push(...outcomes.splice(-1).map((outcome) => withTrace(outcome, record.text, way.limits)))
    else outcomes.push(...decodeRecord(record, way, depth))
  }
  // Kafka's own log lines begin with a bracket, and may hold braces.
  const plain = outcomes.some(({ kind }) => kind !== 'dead') ? null : plainTextEvent(text, false, way)
  return plain === null ? bounded(outcomes, records.length, maxEventsPerRecord) : [plain]
}

/** Of an event that has a throwable of its own, what is printed behind it is the same once more. */
function withTrace(outcome: Outcome<ErrorEvent>, text: string, limits: Limits): Outcome<ErrorEvent> {
  if (outcome.kind !== 'ok' || outcome.value.throwable !== null) return outcome
  const { throwable, truncated } = readThrowable(text, limits)
  return { kind: 'ok', value: { ...outcome.value, throwable, truncated: outcome.value.truncated || truncated } }
}

function decodeRecord(record: Exclude<JsonRecord, { kind: 'trace' }>, way: Way, depth: number): Outcomes {
  return record.kind === 'fault' ? [dead(record.reason, record.detail)] : decodeValue(record.value, record.truncated, way, depth)
}

function decodeValue(value: unknown, isCut: boolean, way: Way, depth: number): Outcomes {
  if (isObject(value)) return decodeObject(value, isCut, way, depth)
  if (typeof value === 'string' && depth < MAX_NESTING) return decodeInsideText(value, isCut, way, depth + 1)
  return [dead('unknown_layout', `JSON, but not an object: ${render(value, SHOWN_CHARS) ?? 'null'}`)]
}

function decodeObject(object: JsonObject, isCut: boolean, way: Way, depth: number, throwableOf = readThrowable): Outcomes {
  const layout = layoutOf(object)
  if (layout === undefined && isRequest(object)) return decodeRequest(object, 'otlp-json', isCut, way, depth)
  const wrapped = unwrap(object, layout, isCut)
  return wrapped === null ? [decodeByLayout(object, layout, isCut, way, throwableOf)] : decodeWrapped(wrapped, way, depth, throwableOf)
}

function decodeByLayout(
  object: JsonObject,
  layout: LayoutReader | undefined,
  isCut: boolean,
  { limits, strayTraceOf }: Way,
  throwableOf: typeof readThrowable,
): Outcome<ErrorEvent> {
  const reader = nestedReader(object, layout) ?? layout ?? (isCut || strayTraceOf(object) !== null ? generic : undefined)
  const event = reader === undefined ? null : finish(reader.layout, readBy(reader, object), isCut, limits, throwableOf, strayTraceOf)
  if (event !== null) return { kind: 'ok', value: event }
  return dead(
    isCut ? 'truncated' : 'unknown_layout',
    `An object without level, message and throwable that we know. Its keys: ${keysOf(object)}`,
  )
}

function decodeWrapped(
  { envelope, inside, isCut, orElse, around }: Wrapped,
  way: Way,
  depth: number,
  throwableOf: typeof readThrowable,
): Outcomes {
  if (depth >= MAX_NESTING) return [dead('unknown_layout', `A ${envelope} envelope within ${MAX_NESTING} others`)]
  const found = decodeInside(inside, isCut, way, depth + 1, throwableOf)
  const outcomes =
    orElse === null || found.some(({ kind }) => kind === 'ok') ? found : [decodeByLayout(orElse, layoutOf(orElse), isCut, way, throwableOf)]
  return outcomes.map((outcome) => {
    if (outcome.kind === 'ok') return { kind: 'ok', value: attach(outcome.value, envelope, around, way.limits) }
    return outcome.kind === 'dead' ? dead(outcome.reason, `In a ${envelope} envelope: ${outcome.detail}`) : outcome
  })
}

function decodeInside(inside: unknown, isCut: boolean, way: Way, depth: number, throwableOf: typeof readThrowable): Outcomes {
  if (inside === null) return TOMBSTONE
  if (inside === undefined) return [dead(isCut ? 'truncated' : 'unknown_layout', 'Nothing in it')]
  if (Buffer.isBuffer(inside)) return decodeBytes(inside, way, depth)
  if (typeof inside === 'string') return decodeInsideText(inside, isCut, way, depth)
  if (!Array.isArray(inside))
    return isObject(inside) ? decodeObject(inside, isCut, way, depth, throwableOf) : decodeValue(inside, isCut, way, depth)
  if (inside.length === 0) return [dead('empty', 'An empty list in it')]
  const { maxEventsPerRecord } = way.limits
  const outcomes = inside
    .slice(0, maxEventsPerRecord)
    .flatMap((item: unknown, at) => decodeValue(item, isCut && at === inside.length - 1, way, depth))
  return bounded(outcomes, inside.length, maxEventsPerRecord)
}

/** A record that came as text within JSON may hold a trace that is known, too. */
function decodeInsideText(text: string, isCut: boolean, way: Way, depth: number): Outcomes {
  const trimmed = withoutPadding(text)
  const known = trimmed.length >= MIN_BYTES && trimmed.startsWith('{') ? way.decodeKnown(Buffer.from(trimmed), depth) : null
  return known ?? decodeWhole(trimmed, isCut, way, depth)
}

/** One outcome for each log record. Where the request was cut, it was cut within the last one that is left. */
function decodeRequest(request: JsonObject, layout: Layout, isCut: boolean, way: Way, depth: number): Outcomes {
  const { maxEventsPerRecord } = way.limits
  const outcomes: Outcome<ErrorEvent>[] = []
  for (const log of logsOf(request)) {
    if (outcomes.length === maxEventsPerRecord) return bounded(outcomes, outcomes.length + 1, maxEventsPerRecord)
    outcomes.push(decodeLog(log, layout, way, depth))
  }
  const last = outcomes.pop()
  if (last === undefined)
    return [
      isCut
        ? dead('truncated', 'An OTLP request that was cut before its first log record')
        : dead('empty', 'An OTLP request without log records'),
    ]
  if (!isCut) return [...outcomes, last]
  return [
    ...outcomes,
    last.kind === 'ok'
      ? { kind: 'ok', value: { ...last.value, truncated: true } }
      : dead('truncated', 'An OTLP log record that was cut before it said anything'),
  ]
}

function decodeLog(log: Log, layout: Layout, way: Way, depth: number): Outcome<ErrorEvent> {
  const event = finish(layout, log.reading, false, way.limits)
  if (event === null) return dead('unknown_layout', 'An OTLP log record without severity, body and exception')
  return { kind: 'ok', value: withBody(event, log, way.limits, (body) => decodeBody(body, log.hasSeverity, way, depth)) }
}

/** A body that is a record of its own: a line that a collector read from a file. Where the collector knows the severity, any text may be a message. */
function decodeBody(body: unknown, hasSeverity: boolean, way: Way, depth: number): Outcomes {
  if (depth >= MAX_NESTING) return []
  if (isObject(body)) {
    const layout = hasSeverity ? ownLayoutOf(body) : layoutOf(body)
    return layout === undefined ? [] : [decodeByLayout(body, layout, false, way, readThrowable)]
  }
  if (typeof body !== 'string' || (hasSeverity && !OBJECT_START.test(body.slice(0, SHOWN_CHARS)))) return []
  return decodeInsideText(body, false, way, depth + 1)
}

function plainTextEvent(text: string, isCut: boolean, { limits }: Way): Outcome<ErrorEvent> | null {
  const reading = readPlainText(text)
  const event = reading === null ? null : finish('plain-text', reading, isCut, limits)
  return event === null ? null : { kind: 'ok', value: event }
}

/**
 * A log line whose message is a record: that one's event, with what the line says where the record says nothing. Only of a layout that we know: anybody may log
 * an object with a level and a message.
 */
function messageRecord(text: string, plain: Outcome<ErrorEvent>, way: Way, depth: number): Outcomes | null {
  if (plain.kind !== 'ok' || depth >= MAX_NESTING || !/^\{\s*"/.test(plain.value.message)) return null
  const { timeMs, logger, thread } = plain.value
  const found = decodeJson(text.slice(text.search(OBJECT_START)), way, depth + 1)
  const events = found.flatMap((outcome) => (outcome.kind === 'ok' && outcome.value.layout !== 'generic-json' ? [outcome.value] : []))
  if (events.length === 0 || events.length < found.length) return null
  return events.map((event) => ({
    kind: 'ok',
    value: { ...event, timeMs: event.timeMs ?? timeMs, logger: event.logger ?? logger, thread: event.thread ?? thread },
  }))
}

/** JSON behind a prefix, such as syslog's. Only if an event comes of it: braces are common in plain text. */
function embedded(text: string, way: Way, depth: number): Outcomes | null {
  const at = text.search(OBJECT_START)
  if (at < 0) return null
  const outcomes = decodeJson(text.slice(at), way, depth)
  return outcomes.some((outcome) => outcome.kind === 'ok') ? outcomes : null
}

/** `held`: what was found, of which no more than `max` was decoded. */
function bounded(outcomes: Outcomes, held: number, max: number): Outcomes {
  if (outcomes.length <= max && held <= max) return outcomes
  return [...outcomes.slice(0, max), dead('too_large', `More events in it than limits.maxEventsPerRecord (${max}); the rest is left out`)]
}

function isScalar(text: string): boolean {
  return text.length < 32 && /^(?:null|true|false|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)$/.test(text)
}

/** A plain loop, since it is asked of every record. */
function hasDead(outcomes: Outcomes): boolean {
  for (const { kind } of outcomes) if (kind === 'dead') return true
  return false
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
