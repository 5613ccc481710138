/**
 * A record of which the root says no level or no message, and an object under one of its keys does: a template's root key, providers that are nested, an
 * event's `@fields`, a collector's `event`.
 *
 *   {"event":{"level":"ERROR","message":"boom",...}}                        the record itself is inside
 *   {"@message":"boom","@timestamp":"...","@fields":{"level":"ERROR",...}}   a part of it is
 *
 * In: a record that no layout but the generic one knows. Out: a reader of both, or null. A level and a message that the root says count; of all else,
 * what the inside says. Pure.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { isObject, isThere, without, type JsonObject } from '../value.ts'
import { isNothing, readBy } from './complete.ts'
import { generic } from './generic.ts'
import { layoutOf } from './list.ts'
import { hasKnownLevel, hasLevel, hasLevelWord, hasMessage, hasPlace } from './names.ts'

/** Parts of a record, and of its context, that may look like one. */
const PARTS: ReadonlySet<string> = new Set(
  'error err exception thrown throwable cause contextMap mdc MDC context ctx fields labels message'.split(' '),
)
/** Of a root with more objects than that, none is the record. */
const MAX_LOOKS = 16

export function nestedReader(record: JsonObject, layout: LayoutReader | undefined): LayoutReader | null {
  if (layout !== undefined && layout !== generic) return null
  const isMessageThere = hasMessage(record)
  if (isMessageThere && hasKnownLevel(record)) return null
  let looks = 0
  for (const key in record) {
    const inside = record[key]
    if (!isObject(inside) || PARTS.has(key)) continue
    if (looks++ === MAX_LOOKS) return null
    const reader = readerOf(inside, isMessageThere)
    if (reader !== null)
      return {
        layout: reader.layout,
        matches: () => true,
        read: () => joined(readBy(reader, inside), generic.read(record), key, hasKnownLevel(record)),
      }
  }
  return null
}

/** Any object may have a level and a text, and be no record. */
function readerOf(inside: JsonObject, isMessageThere: boolean): LayoutReader | null {
  const layout = layoutOf(inside)
  if (layout !== undefined && layout !== generic) return layout
  if (hasLevel(inside) && !hasLevelWord(inside)) return null
  return layout ?? (isMessageThere && hasLevelWord(inside) && hasPlace(inside) ? generic : null)
}

function joined(inner: Reading, outer: Reading, key: string, isLevelKnown: boolean): Reading {
  const either = (name: Exclude<keyof Reading, 'timeMs'>) => (isThere(inner[name]) ? inner[name] : outer[name])
  return {
    timeMs: inner.timeMs ?? outer.timeMs,
    level: isLevelKnown ? outer.level : either('level'),
    message: isThere(outer.message) ? outer.message : inner.message,
    messageTemplate: inner.messageTemplate,
    logger: either('logger'),
    thread: either('thread'),
    host: either('host'),
    serviceName: either('serviceName'),
    serviceVersion: either('serviceVersion'),
    environment: either('environment'),
    throwable: isNothing(inner.throwable) ? outer.throwable : inner.throwable,
    tags: [...(inner.tags ?? []), ...(outer.tags ?? [])],
    context: [...(inner.context ?? []), leftOver(inner.rest), ...(outer.context ?? [])],
    ...(outer.rest === undefined ? {} : { rest: { ...outer.rest, taken: [...(outer.rest.taken ?? []), key] } }),
  }
}

/** The inside's own context, under the names that it would have at the root. */
function leftOver(rest: Reading['rest']): JsonObject {
  if (rest === undefined) return {}
  const { of, own, taken = [], prefix = '' } = rest
  const kept = without(of, (key) => own.has(key) || taken.includes(key))
  if (prefix === '') return kept
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, value]))
}
