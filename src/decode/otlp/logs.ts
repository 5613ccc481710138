/**
 * An OTLP request, as JSON or decoded from protobuf -> a reading for each log record, in order; so an index is an identity. Pure; never throws.
 *
 *   resourceLogs[] { resource { attributes[] }   scopeLogs[] { scope { name }   logRecords[] { time, severity, body, attributes[] } } }
 *                    service, host               logger                        one event each
 */
import { isUtf8 } from 'node:buffer'
import type { Level } from '../../event.ts'
import type { Reading } from '../layout.ts'
import { millisTime } from '../time.ts'
import { first, isObject, textOf, type JsonObject } from '../value.ts'
import { member, plainMap, plainValue } from './any-value.ts'

const LOGGER = ['logger.name', 'log.logger', 'logger', 'code.namespace'] as const
const ENVIRONMENT = ['deployment.environment.name', 'deployment.environment', 'service.environment'] as const
const OWN: ReadonlySet<string> = new Set<string>([
  ...ENVIRONMENT,
  'exception.type',
  'exception.message',
  'exception.stacktrace',
  'exception.escaped',
  'thread.name',
  'thread.id',
  'host.name',
  'service.name',
  'service.version',
  'log.body.template',
])
/** How the Java agent's older versions mark a context (MDC) key. */
const CONTEXT_KEY = /^(?:log4j\.context_data|log4j\.mdc|logback\.mdc|jboss-logmanager\.mdc)\.(?=.)/
/** What an SDK calls a service that was given no name. */
const NAMELESS = 'unknown_service'

/** The least number of each range of four. */
const SEVERITIES: readonly (readonly [number, Level])[] = [
  [21, 'FATAL'],
  [17, 'ERROR'],
  [13, 'WARN'],
  [9, 'INFO'],
  [5, 'DEBUG'],
  [1, 'TRACE'],
]
/** Of the enumeration, and the short names that texts have by default. */
const SEVERITY_NAME = /^(?:SEVERITY_NUMBER_)?(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)[234]?$/

export interface Log {
  readonly reading: Reading
  /** The body as a plain value: it may be a record of its own, that somebody picked up from a file. */
  readonly body: unknown
  readonly hasSeverity: boolean
  readonly hasException: boolean
}

export function isRequest(object: JsonObject): boolean {
  return Array.isArray(object['resourceLogs']) || Array.isArray(object['resource_logs'])
}

export function* logsOf(request: JsonObject): Generator<Log> {
  for (const group of objects(member(request, 'resourceLogs', 'resource_logs'))) {
    const resource = attributesOf(group['resource'])
    for (const scoped of scopesOf(group)) {
      const scope = scoped['scope'] ?? member(scoped, 'instrumentationLibrary', 'instrumentation_library')
      for (const record of objects(member(scoped, 'logRecords', 'log_records') ?? scoped['logs']))
        yield logOf(record, isObject(scope) ? scope : {}, resource)
    }
  }
}

function scopesOf(group: JsonObject): JsonObject[] {
  return [
    ...objects(member(group, 'scopeLogs', 'scope_logs')),
    ...objects(member(group, 'instrumentationLibraryLogs', 'instrumentation_library_logs')),
  ]
}

function logOf(record: JsonObject, scope: JsonObject, resource: JsonObject): Log {
  const attributes = attributesOf(record)
  const text = textOf(member(record, 'severityText', 'severity_text'))
  const level = severityOf(member(record, 'severityNumber', 'severity_number')) ?? severityNamed(text) ?? text
  const body = bodyOf(record['body'])
  const throwable = {
    type: attributes['exception.type'],
    message: attributes['exception.message'],
    stack_trace: attributes['exception.stacktrace'],
  }
  const reading: Reading = {
    timeMs:
      timeOf(member(record, 'timeUnixNano', 'time_unix_nano')) ?? timeOf(member(record, 'observedTimeUnixNano', 'observed_time_unix_nano')),
    level,
    message: body,
    messageTemplate: attributes['log.body.template'],
    logger: textOf(scope['name']) ?? first(attributes, LOGGER),
    thread: attributes['thread.name'],
    host: resource['host.name'] ?? attributes['host.name'],
    serviceName: serviceOf(resource['service.name']) ?? attributes['service.name'],
    serviceVersion: resource['service.version'],
    environment: first(resource, ENVIRONMENT) ?? first(attributes, ENVIRONMENT),
    throwable,
    context: [without(attributes), idsOf(record), without(attributesOf(scope)), without(resource)],
  }
  return { reading, body, hasSeverity: level !== null, hasException: throwable.type !== undefined || throwable.stack_trace !== undefined }
}

/** Bytes that are text are a line that somebody read from a file. */
function bodyOf(body: unknown): unknown {
  const bytes = isObject(body) ? member(body, 'bytesValue', 'bytes_value') : undefined
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : bytes
  return Buffer.isBuffer(buffer) && isUtf8(buffer) && !buffer.includes(0) ? buffer.toString('utf8') : plainValue(body)
}

function serviceOf(name: unknown): unknown {
  return typeof name === 'string' && name.startsWith(NAMELESS) ? null : name
}

/** A number, a number as text, or the enumeration's name. Null for none, and for 0: unspecified. */
function severityOf(value: unknown): Level | null {
  const number = Number(value)
  const byNumber = number <= 24 ? SEVERITIES.find(([from]) => number >= from)?.[1] : undefined
  return byNumber ?? (typeof value === 'string' ? severityNamed(value) : null)
}

function severityNamed(text: string | null): Level | null {
  const name = text === null || text.length > 32 ? undefined : SEVERITY_NAME.exec(text.toUpperCase())?.[1]
  return name === undefined ? null : (name as Level) // the expression lists the levels
}

/** Nanoseconds, mostly as text, since they are more than a number can hold: so the last six digits are cut off. 0 is none. */
function timeOf(nanos: unknown): number | null {
  const digits = typeof nanos === 'number' && nanos >= 0 && nanos < 2 ** 64 ? BigInt(Math.floor(nanos)).toString() : nanos
  if (typeof digits !== 'string' || !/^\d{1,20}$/.test(digits)) return null
  const ms = Number(digits.slice(0, -6))
  return ms === 0 ? null : millisTime(ms)
}

/** Ids are bytes in protobuf, hexadecimal text in JSON; all zeroes are none. */
function idsOf(record: JsonObject): JsonObject {
  return {
    trace_id: idOf(member(record, 'traceId', 'trace_id')),
    span_id: idOf(member(record, 'spanId', 'span_id')),
    'event.name': textOf(member(record, 'eventName', 'event_name')),
  }
}

function idOf(value: unknown): string | null {
  const id = Buffer.isBuffer(value) ? value.toString('hex') : textOf(value)
  return id === null || /^0*$/.test(id) ? null : id
}

function attributesOf(holder: unknown): Record<string, unknown> {
  return plainMap(isObject(holder) ? holder['attributes'] : null)
}

function without(attributes: Record<string, unknown>): JsonObject {
  const rest = Object.create(null) as Record<string, unknown> // has nothing, so nothing that is not unknown
  for (const key in attributes) if (!OWN.has(key)) rest[key.replace(CONTEXT_KEY, '')] = attributes[key]
  return rest
}

function objects(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}
