/**
 * Fluent Bit and Fluentd. The line stands in `log` (or `message`), with its line break; or its keys were merged into the root (`Merge_Log`).
 * Known by what only they write: `stream`, the CRI tag `_p` or `logtag`, the pod as `kubernetes.pod_name`, the container's id and name; or by a `log`
 * (a text, or a record that was parsed there) in a record that has nothing else to say.
 *
 *   {"@timestamp":1785578400.12,"log":"...\n","stream":"stdout","_p":"F","time":"2026-08-01T10:00:00.12Z","kubernetes":{"pod_name":"tm-1",...}}
 *
 * `_p` says P where the container's runtime split a long line: this is the beginning or the middle of one.
 */
import { layoutOf } from '../layouts/list.ts'
import { firstTime, millisTime, parseTime } from '../time.ts'
import { field, first, textOf, type JsonObject } from '../value.ts'
import { kubernetesOf } from './kubernetes.ts'
import { findShipped, isLogLine, isRecord } from './shipped.ts'
import { isCutAt, type Wrapped } from './wrapped.ts'

const OWN: ReadonlySet<string> = new Set([
  'kubernetes',
  'stream',
  '_p',
  'logtag',
  'time',
  'docker',
  'tag',
  'container_id',
  'container_name',
  'container_image',
  'partial_message',
  'partial_id',
  'partial_ordinal',
  'partial_last',
])
const TIME = ['time', '@timestamp', 'date', 'timestamp'] as const
const HOST = ['host', 'hostname'] as const
const PARTIAL = ['_p', 'logtag'] as const

export function fluentBit(record: JsonObject, recordCut: boolean): Wrapped | null {
  const log = record['log']
  const isLine = typeof log === 'string' || isRecord(log)
  if (!hasMark(record) && !(isLine && layoutOf(record) === undefined)) return null
  const textKey = typeof log === 'string' ? 'log' : 'message'
  const { inside, isCut, orElse, rest } = findShipped(record, textKey, (key) => isOwn(record, key), recordCut)
  return {
    envelope: 'fluent-bit',
    inside,
    isCut: isCut || isPartial(record),
    orElse,
    around: {
      timeMs: firstTime(record, TIME),
      host: textOf(first(record, HOST)) ?? field(record, 'kubernetes', 'host'),
      context: [...placesOf(record), rest],
      tags: record['tags'],
    },
  }
}

/**
 * Its output `gelf`, and that of other shippers: the line is the short message, and it alone says what was logged.
 *
 *   {"version":"1.1","short_message":"{\"level\":...}","host":"node-7","timestamp":1785578400.12,"_stream":"stdout"}
 */
export function gelfLine(record: JsonObject, recordCut: boolean): Wrapped | null {
  const line = record['short_message']
  if (first(record, OF_JAVA) !== undefined || !isLogLine(line)) return null
  return {
    envelope: 'fluent-bit',
    inside: line,
    isCut: recordCut && isCutAt(record, 'short_message'),
    orElse: record,
    around: { timeMs: parseTime(record['timestamp']), host: record['host'], context: [ofGelf(record)], tags: null },
  }
}
/** Whoever writes these logged the message himself. */
const OF_JAVA = ['full_message', '_logger', '_thread', '_loggerName', '_logger_name', '_thread_name', '_log_logger', '_process_thread_name']
const GELF: ReadonlySet<string> = new Set(['version', 'short_message', 'host', 'timestamp', 'level'])

function ofGelf(record: JsonObject): JsonObject {
  const keys = Object.entries(record).filter(([key]) => !GELF.has(key))
  return Object.fromEntries(keys.map(([key, value]) => [key.replace(/^_/, ''), value]))
}

/** The journal as it is: `MESSAGE` is the line, and `PRIORITY` its level where the line says none. */
export function journal(record: JsonObject, recordCut: boolean): Wrapped | null {
  const { MESSAGE, PRIORITY, _HOSTNAME, _SYSTEMD_UNIT, SYSLOG_IDENTIFIER, __REALTIME_TIMESTAMP } = record
  if (typeof MESSAGE !== 'string' || (PRIORITY ?? _SYSTEMD_UNIT ?? __REALTIME_TIMESTAMP) === undefined) return null
  const host = _HOSTNAME ?? first(record, HOST)
  const timeMs = millisTime(Number(__REALTIME_TIMESTAMP) / 1_000) ?? firstTime(record, TIME)
  return {
    envelope: 'fluent-bit',
    inside: MESSAGE,
    isCut: recordCut && isCutAt(record, 'MESSAGE'),
    orElse: PRIORITY === undefined ? null : { level: PRIORITY, message: MESSAGE },
    around: { timeMs, host, context: [{ _SYSTEMD_UNIT, SYSLOG_IDENTIFIER }, kubernetesOf(record['kubernetes'])], tags: record['tags'] },
  }
}

function hasMark(record: JsonObject): boolean {
  if (typeof field(record, 'kubernetes', 'pod_name') === 'string') return true
  const { stream, log, message } = record
  if (stream !== 'stdout' && stream !== 'stderr') return false
  if (typeof log === 'string') return true
  return (
    typeof message === 'string' &&
    (PARTIAL.some((name) => record[name] === 'F' || record[name] === 'P') || record['container_id'] !== undefined)
  )
}

/** A merged record brings a `@timestamp` of its own, as text. */
function isOwn(record: JsonObject, key: string): boolean {
  if (key === '@timestamp') return typeof record[key] === 'number'
  return key === 'source' ? record[key] === 'stdout' || record[key] === 'stderr' : OWN.has(key)
}

function isPartial(record: JsonObject): boolean {
  return PARTIAL.some((name) => record[name] === 'P') || record['partial_message'] === 'true' || record['partial_message'] === true
}

function placesOf(record: JsonObject): unknown[] {
  const { kubernetes, docker, stream, tag, container_id, container_name, container_image } = record
  return [kubernetesOf(kubernetes), { docker }, { container_name, container_id, container_image, tag, stream }]
}
