/**
 * What a shipper of log lines (Filebeat, Fluent Bit, Vector) sends: the line as text under one key, or parsed at the shipper, under a key of its
 * own or at the root among the shipper's keys. In: such a record. Out: where in it the logged record is, and which keys are left over.
 *
 *   {"message":"{\"level\":...}","host":{},...}     as text
 *   {"json":{"level":...},"host":{},...}            under a key
 *   {"level":...,"host":{},...}                     at the root
 */
import { layoutOf, ownLayoutOf } from '../layouts/list.ts'
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
  const isJson = typeof text === 'string' && JSON_START.test(text)
  const isEvent = layoutOf(root) !== undefined
  if (ownLayoutOf(root) !== undefined || (isEvent && !isJson)) return { inside: root, isCut: recordCut, orElse: null, rest: {} }
  const key = targetIn(root) ?? textKey
  const rest = without(root, (name) => name === textKey || name === key || OF_THE_LINE.has(name))
  return { inside: record[key] ?? undefined, isCut: recordCut && isCutAt(record, key), orElse: isEvent ? root : null, rest }
}

/** The first key at the root under which there is a record by itself. */
function targetIn(root: JsonObject): string | null {
  for (const key in root) {
    const value = root[key]
    if (isObject(value) && !PARTS.has(key) && layoutOf(value) !== undefined) return key
  }
  return null
}
