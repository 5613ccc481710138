/**
 * logstash-logback-encoder and Spring Boot's `logstash` format. The trace is one text (or a list of lines) without a class field by default.
 * Without a trace, what the other fields say of it makes the throwable. Context (MDC) and structured arguments stand at the root, or in `mdc`: a key
 * of theirs may come twice then, and the last one wins.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { agreedLevel } from '../level.ts'
import { parseTime } from '../time.ts'
import type { JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'
import { fromFields } from './thrown.ts'

const OWN: ReadonlySet<string> = new Set([
  '@timestamp',
  '@version',
  'message',
  'logger_name',
  'thread_name',
  'level',
  'level_value',
  'stack_trace',
  'stack_hash',
  'tags',
  'throwable_class',
  'throwable_message',
  'throwable_root_cause_class',
  'throwable_root_cause_message',
  'root_stack_trace_element',
  'caller_class_name',
  'caller_method_name',
  'caller_file_name',
  'caller_line_number',
  'mdc',
  'HOSTNAME',
  'service.name',
  'service.version',
  'service.environment',
])

export const logbackLogstash: LayoutReader = {
  layout: 'logback-logstash',
  matches: (r) =>
    r['@version'] !== undefined && r['level'] !== undefined && (r['level_value'] !== undefined || r['logger_name'] !== undefined),
  read,
}

function read(record: JsonObject): Reading {
  return {
    timeMs: parseTime(record['@timestamp']),
    level: agreedLevel(record['level'], record['level_value']),
    message: record['message'],
    logger: record['logger_name'],
    thread: record['thread_name'],
    host: record['HOSTNAME'],
    ...serviceOf(record),
    throwable: fromFields(record, record['throwable_class'], record['throwable_message'], record['stack_trace']),
    tags: [record['tags']],
    context: [record['mdc']],
    rest: { of: record, own: OWN },
  }
}
