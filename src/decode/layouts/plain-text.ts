/**
 * Plain text: a log line with time and level, a stack trace, or both -> a reading; anything else -> null. The usual pattern layouts of
 * Log4j, Logback, Flink, Spark and Spring Boot put time, level, thread and logger first, in any order; what is left is the message.
 */
import type { Reading } from '../layout.ts'
import { parseLevel } from '../level.ts'
import { parseTime } from '../time.ts'

/** Fields are looked for in this much of the first line. */
const HEAD_CHARS = 512
const MAX_HEADER_LINES = 200

const TIME = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d)\]?/
const LEVEL = /(?<![\w.])(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|SEVERE)(?![\w.])/
const THREAD = /\[([^\]\n]{1,200})\]/
/** Behind the level: perhaps a process id, `---`, the thread; then a name; then blanks, `:` or `-` before the message. */
const LOGGER = /^[\]:]?\s*(?:\d+ )?(?:-{2,3} )?\s*(?:\[[^\]]*\]\s*)*([\w$]+(?:[./][\w$]+)*)(?=\s*:?\s|\s*$)/
const SEPARATOR = /^\s*(?:\[[^\]]*\]\s*)*(?:--?|:)?\s+/
const FRAME = /^\s+at [^\s()]+\([^)]*\)/
/** A class name at the start of a line, with what Java prints before it for an uncaught exception. */
const HEADER = /^(?:Exception in thread "([^"]*)" )?(?:<#[0-9a-f]+> )?((?:[A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*)(?::|\s*$)/

export function readPlainText(text: string): Reading | null {
  const trace = findTrace(text)
  const head = text.slice(0, trace === null ? text.length : trace.start).trimEnd()
  const line = firstLine(head)
  const time = TIME.exec(line)
  const level = LEVEL.exec(line)
  if (trace === null && (time === null || level === null)) return null
  const named = level === null ? { logger: null, message: '' } : afterLevel(line, level.index + level[0].length)
  const rest = head.slice(firstLineEnd(head))
  return {
    timeMs: time === null ? null : parseTime(time[1]),
    level: parseLevel(level?.[1]),
    message: messageOf(level === null ? line : named.message, rest, trace),
    logger: named.logger,
    thread: trace?.thread ?? (level === null ? null : THREAD.exec(line)?.[1]),
    throwable: trace?.text ?? null,
  }
}

interface FoundTrace {
  readonly start: number
  readonly text: string
  readonly thread: string | null
  readonly firstLine: string
}

/** From the first line that begins with a class name and is followed by frames; a message may lie between them. */
function findTrace(text: string): FoundTrace | null {
  let header: { start: number; thread: string | null } | null = null
  let start = 0
  for (let lines = 0; start < text.length && lines < MAX_HEADER_LINES; lines++) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, Math.min(end, start + HEAD_CHARS))
    if (header !== null && FRAME.test(line)) return { ...header, text: text.slice(header.start), firstLine: firstLine(text.slice(header.start, header.start + HEAD_CHARS)) }
    const match: RegExpExecArray | null = header === null ? HEADER.exec(line) : null
    if (match !== null) header = { start: start + line.indexOf(match[2] ?? ''), thread: match[1] ?? null }
    start = end + 1
  }
  return null
}

function afterLevel(line: string, from: number): { logger: string | null; message: string } {
  const tail = line.slice(from)
  const match = LOGGER.exec(tail)
  if (match === null) return { logger: null, message: tail.replace(SEPARATOR, '').trim() }
  return { logger: match[1] ?? null, message: tail.slice(match[0].length).replace(SEPARATOR, '').trim() }
}

/** The message goes on until the trace begins. A bare trace speaks for itself: its first line. */
function messageOf(first: string, rest: string, trace: FoundTrace | null): string {
  const message = (first + rest).trim()
  return message === '' && trace !== null ? trace.firstLine : message
}

function firstLine(text: string): string {
  return text.slice(0, Math.min(firstLineEnd(text), HEAD_CHARS))
}

function firstLineEnd(text: string): number {
  const newline = text.indexOf('\n')
  return newline < 0 ? text.length : newline
}
