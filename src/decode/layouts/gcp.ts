/** Google Cloud's structured logging: Log4j 2's GcpLayout template. The trace stands in `exception` and again behind the message: cut off there. */
import type { LayoutReader, Reading } from '../layout.ts'
import { secondsTime } from '../time.ts'
import { textOf, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const LABELS = 'logging.googleapis.com/labels'
const OWN: ReadonlySet<string> = new Set([
  'timestampSeconds',
  'timestampNanos',
  'severity',
  'message',
  'exception',
  'thread',
  'logger',
  LABELS,
  'logging.googleapis.com/sourceLocation',
  'logging.googleapis.com/insertId',
  'logging.googleapis.com/trace_sampled',
  'service.name',
  'service.version',
  'service.environment',
])

export const log4j2Gcp: LayoutReader = {
  layout: 'log4j2-gcp',
  matches: (r) => r['severity'] !== undefined && r['timestampSeconds'] !== undefined,
  read,
}

function read(record: JsonObject): Reading {
  const trace = textOf(record['exception'])
  return {
    timeMs: secondsTime(record['timestampSeconds'], record['timestampNanos']),
    level: record['severity'],
    message: withoutTrace(textOf(record['message']), trace),
    logger: record['logger'],
    thread: record['thread'],
    ...serviceOf(record),
    throwable: trace,
    context: [record[LABELS]],
    rest: { of: record, own: OWN },
  }
}

/** By the trace's first line, since message and trace may each have been cut. */
function withoutTrace(message: string | null, trace: string | null): string | null {
  if (message === null || trace === null) return message
  const lineEnd = trace.indexOf('\n')
  const at = message.indexOf(`\n${lineEnd < 0 ? trace : trace.slice(0, lineEnd)}`)
  return at < 0 ? message : message.slice(0, at)
}
