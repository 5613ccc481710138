/**
 * logstash-logback-encoder and Spring Boot's `logstash` format. The trace is one text (or a list of lines) without a class field by default;
 * a `throwable_class` without package is not the type. Without a trace, what the other fields say of it makes the throwable. Context (MDC)
 * and structured arguments stand at the root, or in `mdc`.
 */
import { spellOut } from '../abbreviated.ts'
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { isObject, textOf, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

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
    level: record['level'] ?? record['level_value'],
    message: record['message'],
    logger: record['logger_name'],
    thread: record['thread_name'],
    host: record['HOSTNAME'],
    ...serviceOf(record),
    throwable: thrown(record),
    tags: [record['tags']],
    context: [record['mdc']],
    rest: { of: record, own: OWN },
  }
}

function thrown(record: JsonObject): unknown {
  const type = textOf(record['throwable_class'])
  const message = record['throwable_message']
  const rootType = textOf(record['throwable_root_cause_class'])
  const trace = inFull(record['stack_trace'], rootType)
  if (textOf(trace) !== null || Array.isArray(trace))
    return { type: type?.includes('.') === true ? type : null, message, stack_trace: trace }
  if (type === null) return null
  const top = record['root_stack_trace_element']
  const frames = isObject(top) ? [top] : []
  if (rootType === null || rootType === type) return { type, message, frames }
  return { type, message, frames, cause: { type: rootType, message: record['throwable_root_cause_message'] } }
}

/** The trace may abbreviate what the field names in full. */
function inFull(trace: unknown, rootType: string | null): unknown {
  return typeof trace === 'string' && rootType !== null ? spellOut(trace, rootType) : trace
}
