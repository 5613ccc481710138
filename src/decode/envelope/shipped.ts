/**
 * What a shipper of log lines (Filebeat, Fluent Bit, Vector) sends: the line as text under one key, or parsed at the shipper, under a key of its
 * own or at the root among the shipper's keys. In: such a record. Out: where in it the logged record is, and which keys are left over.
 *
 *   {"message":"{\"level\":...}","host":{},...}     as text
 *   {"json":{"level":...},"host":{},...}            under a key
 *   {"level":...,"host":{},...}                     at the root
 */
import { generic } from '../layouts/generic.ts'
import { layoutOf, ownLayoutOf } from '../layouts/list.ts'
import { readPlainText } from '../layouts/plain-text.ts'
import { isRequest } from '../otlp/logs.ts'
import { isObject, without, type JsonObject } from '../value.ts'
import { isCutAt } from './wrapped.ts'

export interface Shipped {
  readonly inside: unknown
  readonly isCut: boolean
  readonly orElse: JsonObject | null
  /** Root keys of nobody: fields that somebody had the shipper add. */
  readonly rest: JsonObject
}

const JSON_START = /^\s*[[{]/
/** What a shipper gives every line. It is taken from elsewhere, or says nothing. */
const OF_THE_LINE: ReadonlySet<string> = new Set(['@timestamp', '@version', 'timestamp', 'time', 'date', 'tags', 'host', 'hostname'])

/** Objects that are a part of a record, and look like one. */
const PARTS: ReadonlySet<string> = new Set(['error', 'err', 'exception', 'thrown', 'throwable'])

/** `isOwn`: the shipper's keys. `textKey` is where it puts the line. */
export function findShipped(record: JsonObject, textKey: string, isOwn: (key: string) => boolean, recordCut: boolean): Shipped {
  const root = without(record, isOwn)
  const text = record[textKey]
  const isEvent = layoutOf(root) !== undefined
  if (ownLayoutOf(root) !== undefined || (isEvent && !isLine(text, root))) return { inside: root, isCut: recordCut, orElse: null, rest: {} }
  const key = targetIn(root) ?? textKey
  const rest = without(root, (name) => name === textKey || name === key || OF_THE_LINE.has(name))
  return { inside: record[key] ?? undefined, isCut: recordCut && isCutAt(record, key), orElse: isEvent ? root : null, rest }
}

/** Whether the text knows more than what the shipper says beside it: JSON, or a log line with a level, where no throwable was taken out of it. */
function isLine(text: unknown, root: JsonObject): boolean {
  if (typeof text !== 'string') return false
  return JSON_START.test(text) || (hasLevel(text) && generic.read(root).throwable === null)
}

function hasLevel(text: string): boolean {
  return (readPlainText(text)?.level ?? null) !== null
}

/** A text that is a record by itself: JSON, or a log line. */
export function isLogLine(text: unknown): text is string {
  return typeof text === 'string' && (JSON_OBJECT.test(text) || readPlainText(text) !== null)
}
const JSON_OBJECT = /^\s*\{\s*"/

/** An object that is one, or several, by itself. */
export function isRecord(value: unknown): value is JsonObject {
  return isObject(value) && (layoutOf(value) !== undefined || isRequest(value))
}

/** The first key at the root under which there is a record by itself. */
function targetIn(root: JsonObject): string | null {
  for (const key in root) if (!PARTS.has(key) && isRecord(root[key])) return key
  return null
}
