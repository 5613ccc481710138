/**
 * Google Cloud's structured logging: Log4j 2's GcpLayout template, as it was (`timestampSeconds`, `logger`, `exception` as a text) and as it is in
 * 2.24 (`timestamp`, `_logger`, `_exception` as an object). The trace stands there and again behind the message: cut off there.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime, secondsTime } from '../time.ts'
import { first, isObject, textOf, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const LABELS = 'logging.googleapis.com/labels'
const LOCATION = 'logging.googleapis.com/sourceLocation'
const OWN: ReadonlySet<string> = new Set([
  'timestampSeconds',
  'timestampNanos',
  'timestamp',
  'severity',
  'message',
  'exception',
  '_exception',
  'thread',
  '_thread',
  'logger',
  '_logger',
  LABELS,
  LOCATION,
  'logging.googleapis.com/insertId',
  'logging.googleapis.com/trace_sampled',
  'service.name',
  'service.version',
  'service.environment',
])
const LOGGER = ['_logger', 'logger'] as const
const THREAD = ['_thread', 'thread'] as const
/** Of message and trace, each of which may have been cut further on. */
const COMPARED_CHARS = 256
/** A message does not quote its exception more often. */
const MAX_QUOTES = 32

export const log4j2Gcp: LayoutReader = {
  layout: 'log4j2-gcp',
  matches: (r) =>
    r['severity'] !== undefined && (r['timestampSeconds'] !== undefined || r[LABELS] !== undefined || r[LOCATION] !== undefined),
  read,
}

function read(record: JsonObject): Reading {
  const thrown = first(record, ['_exception', 'exception'])
  return {
    timeMs: secondsTime(record['timestampSeconds'], record['timestampNanos']) ?? parseTime(record['timestamp']),
    level: record['severity'],
    message: withoutTrace(textOf(record['message']), textOf(isObject(thrown) ? thrown['stackTrace'] : thrown)),
    logger: first(record, LOGGER),
    thread: first(record, THREAD),
    ...serviceOf(record),
    throwable: thrown,
    context: [record[LABELS]],
    rest: { of: record, own: OWN },
  }
}

/** The message may quote the trace's first line, so it is cut off where more of the trace follows. */
function withoutTrace(message: string | null, trace: string | null): string | null {
  if (message === null || trace === null) return message
  const lineEnd = trace.indexOf('\n')
  const head = lineEnd < 0 ? trace : trace.slice(0, lineEnd)
  const beginning = trace.slice(0, COMPARED_CHARS)
  for (let at = message.indexOf(head, 1), left = MAX_QUOTES; at > 0 && left > 0; at = message.indexOf(head, at + 1), left--) {
    const found = message.slice(at, at + COMPARED_CHARS)
    const shared = Math.min(found.length, beginning.length) - 1 // of the shorter, the last character may say that it was cut
    if (/\s/.test(message.charAt(at - 1)) && found.slice(0, shared) === beginning.slice(0, shared)) return message.slice(0, at - 1)
  }
  return message
}
