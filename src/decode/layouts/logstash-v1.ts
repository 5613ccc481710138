/** Logstash JSON event v1: Log4j 2's LogstashJsonEventLayoutV1 and the JSONEventLayoutV1 of Log4j 1. Context: `mdc`. */
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { field, isObject, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const OWN: ReadonlySet<string> = new Set([
  '@version',
  '@timestamp',
  'source_host',
  'message',
  'thread_name',
  'level',
  'logger_name',
  'exception',
  'mdc',
  'ndc',
  'file',
  'method',
  'class',
  'line_number',
  'service.name',
  'service.version',
  'service.environment',
])

export const logstashV1: LayoutReader = {
  layout: 'log4j2-logstash-v1',
  matches: (r) => r['@version'] !== undefined && r['level_value'] === undefined && (r['source_host'] !== undefined || isOfV1(r)),
  read,
}

/** Logstash gives any record a `@version`, and others have an `mdc` and an `exception`, too. `logger_name` comes late: a record that was cut has lost it. */
function isOfV1(record: JsonObject): boolean {
  if (field(record, 'exception', 'exception_class') !== undefined) return true
  return record['logger_name'] !== undefined && (isObject(record['mdc']) || isObject(record['exception']))
}

function read(record: JsonObject): Reading {
  return {
    timeMs: parseTime(record['@timestamp']),
    level: record['level'],
    message: record['message'],
    logger: record['logger_name'],
    thread: record['thread_name'],
    host: record['source_host'],
    ...serviceOf(record),
    throwable: record['exception'],
    tags: [record['ndc']],
    context: [record['mdc']],
    rest: { of: record, own: OWN },
  }
}
