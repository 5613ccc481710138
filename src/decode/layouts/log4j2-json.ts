/**
 * Log4j 2 JsonLayout, and the JsonLayout template of JsonTemplateLayout (which has no causes). Frames are objects, or with
 * `stacktraceAsString` a text per throwable, of which the outermost holds the whole chain. Context: `contextMap`, as a map or as a list.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { millisTime, secondsTime } from '../time.ts'
import { field, isObject, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const OWN: ReadonlySet<string> = new Set([
  'instant',
  'timeMillis',
  'thread',
  'threadId',
  'threadPriority',
  'level',
  'loggerName',
  'loggerFqcn',
  'endOfBatch',
  'message',
  'thrown',
  'contextMap',
  'contextStack',
  'marker',
  'source',
  'service.name',
  'service.version',
  'service.environment',
])

const MAX_MARKERS = 16

export const log4j2Json: LayoutReader = {
  layout: 'log4j2-json',
  // `loggerFqcn` comes late: a record that was cut is known by what comes first.
  matches: (r) =>
    r['loggerFqcn'] !== undefined || ((r['instant'] !== undefined || r['timeMillis'] !== undefined) && r['loggerName'] !== undefined),
  read,
}

function read(record: JsonObject): Reading {
  return {
    timeMs:
      secondsTime(field(record, 'instant', 'epochSecond'), field(record, 'instant', 'nanoOfSecond')) ?? millisTime(record['timeMillis']),
    level: record['level'],
    message: record['message'],
    logger: record['loggerName'],
    thread: record['thread'],
    ...serviceOf(record),
    throwable: record['thrown'],
    tags: [record['contextStack'], markersOf(record['marker'])],
    context: [record['contextMap']],
    rest: { of: record, own: OWN },
  }
}

/** A marker and its parents, which have parents of their own. The record says how many, so only so many are looked at. */
function markersOf(marker: unknown): unknown[] {
  const names: unknown[] = []
  const waiting: unknown[] = [marker]
  for (let next = waiting.shift(); next !== undefined && names.length < MAX_MARKERS; next = waiting.shift()) {
    if (!isObject(next)) continue
    names.push(next['name'])
    if (Array.isArray(next['parents'])) waiting.push(...next['parents'].slice(0, MAX_MARKERS))
  }
  return names
}
