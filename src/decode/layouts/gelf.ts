/**
 * Graylog extended log format: Log4j 2's GelfLayout (template or not), logback-gelf, and Spring Boot's `gelf`. The level is a syslog number,
 * additional fields begin with `_`, the trace is `full_message` (Spring puts the message before it, and the trace alone into
 * `_error_stack_trace`). `host` is the format's own; Spring puts the service's name there.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { textOf, type JsonObject } from '../value.ts'
import { isLevelWord, take, type Root } from './names.ts'

const LEVEL_NAME = ['_level_name'] as const
const LOGGER = ['_logger', '_logger_name', '_loggerName'] as const
const THREAD = ['_thread', '_thread_name', '_threadName'] as const
const OWN: ReadonlySet<string> = new Set([
  'version',
  'host',
  'short_message',
  'full_message',
  'timestamp',
  'level',
  'facility',
  'line',
  'file',
  '_process_pid',
  '_process_thread_name',
  '_log_logger',
  '_error_type',
  '_error_message',
  '_error_stack_trace',
  '_service_version',
  '_service_environment',
  '_tags',
])
/** What Spring writes for a message without text, since the format wants one. */
const BLANK = '(blank)'

export const springGelf: LayoutReader = {
  layout: 'spring-gelf',
  matches: (r) => r['short_message'] !== undefined && (r['_log_logger'] !== undefined || r['_process_thread_name'] !== undefined),
  read: readSpring,
}
export const log4j2Gelf: LayoutReader = {
  layout: 'log4j2-gelf',
  matches: (r) => r['short_message'] !== undefined && r['version'] !== undefined,
  read: readOther,
}

function readSpring(record: JsonObject): Reading {
  const message = record['short_message']
  const root = rootOf(record)
  return {
    ...common(root),
    level: levelOf(root),
    message: message === BLANK ? null : message,
    logger: record['_log_logger'],
    thread: record['_process_thread_name'],
    serviceName: record['host'],
    serviceVersion: record['_service_version'],
    environment: record['_service_environment'],
    throwable: { type: record['_error_type'], message: record['_error_message'], stack_trace: record['_error_stack_trace'] },
    tags: [record['_tags']],
  }
}

function readOther(record: JsonObject): Reading {
  const full = textOf(record['full_message'])
  const root = rootOf(record)
  return {
    ...common(root),
    level: levelOf(root),
    message: record['short_message'],
    logger: take(root, LOGGER),
    thread: take(root, THREAD),
    host: record['host'],
    // Some writers repeat the message there, alone or before the trace.
    throwable: full === record['short_message'] ? null : full,
  }
}

function rootOf(record: JsonObject): Root {
  return { of: record, own: OWN, taken: [] }
}

function common(root: Root): Reading {
  return {
    timeMs: parseTime(root.of['timestamp']),
    level: null,
    message: null,
    rest: { of: root.of, own: OWN, taken: root.taken, prefix: '_' },
  }
}

/** A context key may be called so, too. */
function levelOf(root: Root): unknown {
  return take(root, LEVEL_NAME, isLevelWord) ?? root.of['level']
}
