/**
 * Log4j 2 JsonLayout, and the JsonLayout template of JsonTemplateLayout (which has no causes). Frames are objects, or with
 * `stacktraceAsString` a text per throwable, of which the outermost holds the whole chain. Context: `contextMap`, as a map or as a list.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { millisTime, secondsTime } from '../time.ts'
import { field, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const OWN: ReadonlySet<string> = new Set([
  'instant', 'timeMillis', 'thread', 'threadId', 'threadPriority', 'level', 'loggerName', 'loggerFqcn', 'endOfBatch', 'message', 'thrown',
  'contextMap', 'contextStack', 'marker', 'source', 'service.name', 'service.version', 'service.environment',
])

export const log4j2Json: LayoutReader = {
  layout: 'log4j2-json',
  // `loggerFqcn` comes late: a record that was cut is known by what comes first.
  matches: (r) => r['loggerFqcn'] !== undefined || ((r['instant'] !== undefined || r['timeMillis'] !== undefined) && r['loggerName'] !== undefined),
  read,
}

function read(record: JsonObject): Reading {
  return {
    timeMs: secondsTime(field(record, 'instant', 'epochSecond'), field(record, 'instant', 'nanoOfSecond')) ?? millisTime(record['timeMillis']),
    level: record['level'],
    message: record['message'],
    logger: record['loggerName'],
    thread: record['thread'],
    ...serviceOf(record),
    throwable: record['thrown'],
    tags: [record['contextStack'], field(record, 'marker', 'name')],
    context: [record['contextMap']],
    rest: { of: record, own: OWN },
  }
}
