/**
 * In: a printed stack trace. Out: whether its end is there.
 *
 *   cut        the text stops somewhere: what is lost holds the root cause
 *   abridged   Log4j's template layouts cut each block at a given text and go on with the next one, so the root is there
 *
 *       com.acme.OrderException: order 42 failed
 *           at com.acme.Orders.handle(Orders.java:5)
 *           at org.eclipse.jetty.Server.handle            half a frame, and yet not the end
 *       ... [truncated]                                   what the layout puts there: any text, or none
 *       Caused by: java.net.ConnectException: refused
 *
 * Looks at the last two lines of each block, for it is asked of every trace that is new. Pure; never throws.
 */
import { parseFrame } from './frame-line.ts'
import { isElision } from './head-line.ts'

export type Ending = 'whole' | 'abridged' | 'cut'

/** Longer lines are no frames. */
const MAX_LINE_CHARS = 8_192
const MAX_BLOCKS = 64
const CAUSE = 'Caused by: '
const HALF_FRAME = /^at [\w$@/-]+(?:\.[\w$<>/-]+)+(?:\([^\s)]*)?$/
/** What loggers and shippers append to what they cut; on the first line it may be the message's own. */
const MARK = /(?:\.\.\.|[[(<]truncated[\])>])$/i
const WHOLE_ELISION = /^\.\.\. \d+ (?:.* )?(?:more|omitted|excluded|truncated|filtered)/

/** How a block ends that ends with something else than a frame or an elision. */
interface Tail {
  /** With half a frame, or what follows one; or with what follows a whole one. */
  readonly kind: 'half' | 'behind half' | 'behind frame'
  /** What the layout appended, if it was the layout. */
  readonly suffix: string
}

interface Line {
  readonly start: number
  readonly text: string
}

export function endingOf(text: string): Ending {
  const suffixes: string[] = []
  let isAbridged = false
  // Twice as fast as with the line end before it, which there is on each line.
  for (let at = text.indexOf(CAUSE), left = MAX_BLOCKS; at >= 0 && left > 0; at = text.indexOf(CAUSE, at + CAUSE.length), left--) {
    const tail = text.charCodeAt(at - 1) !== 0x0a || isUsual(text, inkEnd(text, at)) ? null : tailOf(text, at)
    if (tail === null) continue
    suffixes.push(tail.suffix)
    isAbridged ||= tail.kind !== 'behind frame'
  }
  if (isElisionEnd(text, inkEnd(text, text.length))) return isAbridged ? 'abridged' : 'whole'
  const last = tailOf(text, text.length)
  if (last !== null && (last.kind === 'behind half' || suffixes.includes(last.suffix))) return 'abridged'
  if (last?.kind === 'half' || isCut(text)) return 'cut'
  return isAbridged ? 'abridged' : 'whole'
}

/** Nearly all blocks end so; told by a few characters, since this is asked of every record. */
function isUsual(text: string, end: number): boolean {
  return text.charCodeAt(end - 1) === 0x29 || isElisionEnd(text, end)
}

/** `7 more` */
function isElisionEnd(text: string, end: number): boolean {
  const digit = text.charCodeAt(end - 6)
  return digit >= 0x30 && digit <= 0x39 && text.startsWith(' more', end - 5)
}

/** Of the block that ends at `end`; null where nothing is odd about it. */
function tailOf(text: string, end: number): Tail | null {
  const line = lineBefore(text, end)
  if (line === null || isFrame(line) || isElision(line.text, 0) || line.text.startsWith(CAUSE)) return null
  if (HALF_FRAME.test(line.text)) return { kind: 'half', suffix: '' }
  const before = lineBefore(text, line.start)
  if (before === null) return null
  if (HALF_FRAME.test(before.text)) return { kind: 'behind half', suffix: line.text }
  return isFrame(before) ? { kind: 'behind frame', suffix: line.text } : null
}

/** By its ends, without a look inside. */
function isFrame({ text }: Line): boolean {
  return text.startsWith('at ') && (text.endsWith(')') || text.endsWith(']'))
}

/** Without blanks at its ends; null where there is none. */
function lineBefore(text: string, end: number): Line | null {
  const to = inkEnd(text, end)
  if (to === 0) return null
  const start = text.lastIndexOf('\n', to - 1) + 1
  return { start, text: text.slice(start, Math.min(to, start + MAX_LINE_CHARS)).trimStart() }
}

function inkEnd(text: string, end: number): number {
  let to = end
  while (to > 0 && text.charCodeAt(to - 1) <= 0x20) to--
  return to
}

/** Log4j's template layouts cut at 16,384 characters and append `…`, Spring Boot and logstash-logback-encoder `...`; other shippers cut without a word. */
function isCut(text: string): boolean {
  const line = lineBefore(text, text.length)
  if (line === null) return false
  const end = text.slice(-MAX_LINE_CHARS).trimEnd()
  if (end.endsWith('…')) return true
  if (line.start > 0 && MARK.test(end.slice(-16))) return true
  if (line.text.startsWith('at ')) return parseFrame(line.text) === null
  return line.text.startsWith('... ') && !WHOLE_ELISION.test(line.text)
}
