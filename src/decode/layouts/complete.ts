/**
 * In: a record and the reader of its layout. Out: its reading, in which the common names stand in for the layout's own: fields can be renamed (Spring Boot's
 * `json.rename`, Quarkus's `key-overrides`), and then the layout is still known by the others. Nothing that the layout found is replaced. Pure.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { isObject, isThere, type JsonObject } from '../value.ts'
import { generic } from './generic.ts'
import { levelIn, loggerIn, sureMessageIn, threadIn, timeIn, type Root } from './names.ts'
import { objectThrownIn } from './thrown.ts'

export function readBy(reader: LayoutReader, record: JsonObject): Reading {
  const reading = reader.read(record)
  if (reader === generic || reading.rest === undefined) return reading
  const root: Root = { of: record, own: reading.rest.own, taken: [] }
  const timeMs = reading.timeMs ?? timeIn(root)
  const level = isThere(reading.level) ? reading.level : levelIn(root)
  const message = isThere(reading.message) ? reading.message : sureMessageIn(root)
  const logger = isThere(reading.logger) ? reading.logger : loggerIn(root)
  const thread = isThere(reading.thread) ? reading.thread : threadIn(root)
  const throwable = isNothing(reading.throwable) ? objectThrownIn(root) : reading.throwable
  // Nearly always: what is missing is nowhere, and the reading stays the object that it is.
  if (root.taken.length === 0) return reading
  const rest = { ...reading.rest, taken: [...(reading.rest.taken ?? []), ...root.taken] }
  return { ...reading, timeMs, level, message, logger, thread, throwable, rest }
}

/** Nothing, or an object in which nothing is there. */
export function isNothing(throwable: unknown): boolean {
  if (!isObject(throwable)) return !isThere(throwable)
  for (const key in throwable) if (isThere(throwable[key])) return false
  return true
}
