/** Any JSON object in which a level and a message, or a throwable, stand under a common name. The last one asked. */
import type { LayoutReader, Reading } from '../layout.ts'
import { firstTime, millisTime } from '../time.ts'
import { field, first, isObject, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const LEVEL = [
  'level',
  'severity',
  'log.level',
  'loglevel',
  'logLevel',
  'log_level',
  'level_name',
  'levelname',
  'lvl',
  'Level',
  'LEVEL',
  'level_value',
] as const
const MESSAGE = ['message', 'msg', 'short_message', 'formattedMessage', 'text', 'body', 'Message', '@message'] as const
const TIME = ['@timestamp', 'timestamp', 'time', 'ts', 'datetime', 'date', 'eventTime', 'event_time', 'Timestamp'] as const
const LOGGER = ['loggerName', 'logger_name', 'logger', 'log.logger', 'Logger', 'category'] as const
const THREAD = ['thread', 'threadName', 'thread_name', 'process.thread.name'] as const
const HOST = ['host.name', 'hostname', 'hostName', 'source_host', 'host'] as const
const THROWABLE = [
  'thrown',
  'exception',
  'throwable',
  'stack_trace',
  'stackTrace',
  'stacktrace',
  'error.stack_trace',
  'error',
  'err',
  'stack',
  'exc_info',
] as const
const CONTEXT = ['contextMap', 'mdc', 'MDC', 'context'] as const

const OWN: ReadonlySet<string> = new Set<string>([
  ...LEVEL,
  ...MESSAGE,
  ...TIME,
  ...LOGGER,
  ...THREAD,
  ...HOST,
  ...THROWABLE,
  ...CONTEXT,
  'timeMillis',
  'tags',
  'contextStack',
  'service.name',
  'service.version',
  'service.environment',
  'error.type',
  'error.message',
])

/** A frame, or a class name with its package at the start. */
const TRACE = /(?:^|\n)\s*at [\w$.]+[\w$./<>]*\(|^(?:[a-z]\w{0,60}\.){1,20}[A-Z]/
/** A trace shows itself within its first lines. */
const TRACE_CHARS = 4_096

export const generic: LayoutReader = { layout: 'generic-json', matches, read }

function matches(record: JsonObject): boolean {
  if (thrown(record) !== null) return true
  return first(record, LEVEL) !== undefined && first(record, MESSAGE) !== undefined
}

function read(record: JsonObject): Reading {
  return {
    timeMs: millisTime(record['timeMillis']) ?? firstTime(record, TIME),
    level: first(record, LEVEL),
    message: first(record, MESSAGE),
    logger: first(record, LOGGER),
    thread: first(record, THREAD),
    host: isObject(record['host']) ? field(record, 'host', 'name') : first(record, HOST),
    ...serviceOf(record),
    throwable: thrown(record),
    tags: [record['tags'], record['contextStack']],
    context: [...CONTEXT.map((name) => contextOf(record, name)), errorText(record)],
    rest: { of: record, own: OWN },
  }
}

/** An error object, or a text that looks like a trace. `error: "timeout"` is no throwable, `error: true` neither. */
function thrown(record: JsonObject): unknown {
  for (const name of THROWABLE) {
    const value = record[name]
    if (isObject(value)) return value
    if (Array.isArray(value) || (typeof value === 'string' && TRACE.test(value.slice(0, TRACE_CHARS)))) {
      return { type: record['error.type'], message: record['error.message'], stack_trace: value }
    }
  }
  return null
}

/** What stands where a throwable could, and is none, stays as context. */
function errorText(record: JsonObject): JsonObject {
  const texts: Record<string, unknown> = {}
  for (const name of THROWABLE) if (!isObject(record[name]) && !Array.isArray(record[name])) texts[name] = record[name]
  return thrown(record) === null ? texts : {}
}

/** A context that is no map still says something: kept under its own name. */
function contextOf(record: JsonObject, name: string): unknown {
  const value = record[name]
  return typeof value === 'string' ? { [name]: value } : value
}
