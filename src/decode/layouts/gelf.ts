/**
 * Graylog extended log format: Log4j 2's GelfLayout template and Spring Boot's `gelf`. The level is a syslog number, additional fields begin
 * with `_`, the trace is `full_message` (Spring puts the message before it, and the trace alone into `_error_stack_trace`). `host` is the
 * format's own; Spring puts the service's name there.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { textOf, type JsonObject } from '../value.ts'

const OWN: ReadonlySet<string> = new Set([
  'version', 'host', 'short_message', 'full_message', 'timestamp', 'level', 'facility', 'line', 'file', '_logger', '_thread',
  '_level_name', '_process_pid', '_process_thread_name', '_log_logger', '_error_type', '_error_message', '_error_stack_trace',
  '_service_version', '_service_environment', '_tags',
])

export const springGelf: LayoutReader = { layout: 'spring-gelf', matches: (r) => r['_level_name'] !== undefined && r['short_message'] !== undefined, read: readSpring }
export const log4j2Gelf: LayoutReader = { layout: 'log4j2-gelf', matches: (r) => r['short_message'] !== undefined && r['version'] !== undefined, read: readLog4j }

function readSpring(record: JsonObject): Reading {
  const trace = record['_error_stack_trace']
  return {
    ...common(record),
    level: record['_level_name'],
    logger: record['_log_logger'],
    thread: record['_process_thread_name'],
    serviceName: record['host'],
    serviceVersion: record['_service_version'],
    environment: record['_service_environment'],
    throwable: { type: record['_error_type'], message: record['_error_message'], stack_trace: trace },
    tags: [record['_tags']],
  }
}

function readLog4j(record: JsonObject): Reading {
  const full = textOf(record['full_message'])
  return {
    ...common(record),
    level: record['level'],
    logger: record['_logger'],
    thread: record['_thread'],
    host: record['host'],
    // Some writers repeat the message there.
    throwable: full === record['short_message'] ? null : full,
  }
}

function common(record: JsonObject): Reading {
  return { timeMs: parseTime(record['timestamp']), level: null, message: record['short_message'], rest: { of: record, own: OWN, prefix: '_' } }
}
