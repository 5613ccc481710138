/**
 * Plain text: a log line with time and level, a stack trace, or both -> a reading; anything else -> null. The usual pattern layouts of
 * Log4j, Logback, Flink, Spark, Kafka, Spring Boot, JBoss and Elasticsearch begin with a time; level, thread and logger follow in some order
 * (`log-prefix.ts`); what is left is the message.
 */
import { findFrames } from '../find-trace.ts'
import type { Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { readPrefix } from './log-prefix.ts'

/** Fields are looked for in this much of the first line. */
const HEAD_CHARS = 1_024

const TIMES = [
  String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?`,
  String.raw`\d\d(?:\d\d)?/\d\d/\d\d \d\d:\d\d:\d\d(?:[.,]\d{1,3})?`,
  String.raw`\d\d[- ][A-Z][a-z]{2}[- ]\d{4} \d\d:\d\d:\d\d(?:[.,]\d{1,3})?`,
  // Logback's and Log4j's own default: a time of day says nothing of the day, but that this is a log line.
  String.raw`\d\d:\d\d:\d\d[.,]\d{3}`,
]
const TIME = new RegExp(String.raw`^\[?(${TIMES.join('|')})(?:\]|(?![\d:]))`)
/** What a container's runtime puts before each line. */
const CRI = /^\d{4}-\d\d-\d\dT\S{8,30} std(?:out|err) [FP] /
/** The colours of a console. At the beginning, the escape was taken off as padding. */
const ESCAPE = '\u001b['
const COLOUR = new RegExp(String.raw`(?:^|\u001b)\[[\d;]{0,20}m`, 'g')

export function readPlainText(raw: string): Reading | null {
  const text = (raw.includes(ESCAPE) ? raw.replace(COLOUR, '') : raw).replace(CRI, '')
  const trace = findFrames(text)
  // The line before the frames may be the log line itself.
  const isLine = trace?.isNamed === false && trace.from === 0
  const head = trace === null ? text : text.slice(0, isLine ? firstLineEnd(text) : trace.from).trimEnd()
  const lineEnd = firstLineEnd(head)
  const line = head.slice(0, Math.min(lineEnd, HEAD_CHARS))
  const time = TIME.exec(line)
  const prefix = readPrefix(line, time?.[0].length ?? 0)
  if (trace?.isNamed !== true && (time === null || prefix === null)) return null
  const messageAt = prefix?.messageAt ?? time?.[0].length ?? 0
  const message = (head.slice(messageAt, prefix?.messageTo ?? lineEnd) + head.slice(lineEnd)).trim()
  const throwable = trace === null ? null : text.slice(isLine ? messageAt : trace.start)
  return {
    timeMs: parseTime(time?.[1]),
    level: prefix?.level,
    message: message === '' && throwable !== null ? throwable.slice(0, firstLineEnd(throwable.slice(0, HEAD_CHARS))) : message,
    logger: prefix?.logger,
    thread: trace?.thread ?? prefix?.thread,
    throwable,
  }
}

function firstLineEnd(text: string): number {
  const newline = text.indexOf('\n')
  return newline < 0 ? text.length : newline
}
