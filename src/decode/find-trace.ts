/**
 * In: text that may hold a printed Java stack trace behind a message. Out: where the trace begins, or null where there is none. A trace is a
 * line that begins with a class name and is followed by a frame; what lies between them (a message of several lines) belongs to it.
 * Looks at `MAX_LINES` lines, and at a bounded part of each. Pure; never throws.
 */

/** In a message of many lines before its trace. */
const MAX_LINES = 200
/** A class name or a frame shows itself in this much of a line. */
const MAX_LINE_CHARS = 512

const FRAME = /^\s+at [^\s()]+\([^)]*\)/
const DOTTED = String.raw`(?:[A-Za-z_$][\w$]{0,100}\.){1,20}[A-Za-z_$][\w$]{0,150}`
/** A class at the start of a line, with what Java, JBoss and inline hashes print before it; one without package only if its name says what it is. */
const HEADER = new RegExp(
  String.raw`^ ?(?:Exception in thread "([^"]*)" |: )?(?:<#[0-9a-f]+> )?(${DOTTED}(?:\(${DOTTED}\))?|[A-Z][\w$]{0,150}(?:Exception|Error))(?::|\s*$)`,
)
/** `boom: java.lang.IllegalStateException: y`: a class within the line before the first frame, where none begins a line. */
const WITHIN = new RegExp(String.raw`(?<![\w$.])${DOTTED}(?:Exception|Error|Throwable)(?:\(${DOTTED}\))?(?=:|\s*$)`)

export interface FoundTrace {
  /** Where its first class name stands, and where what Java puts before that begins: the same, or the line's beginning. */
  readonly start: number
  readonly from: number
  /** As Java names it before an uncaught exception. */
  readonly thread: string | null
  /** False where no line names a class: then it begins at the line before the first frame. */
  readonly isNamed: boolean
}

export function findTrace(text: string): FoundTrace | null {
  const found = findFrames(text)
  return found?.isNamed === true ? found : null
}

/** The same, and frames behind a line that names no class: of a log line they are its trace, elsewhere they may be anything. */
export function findFrames(text: string): FoundTrace | null {
  let header: FoundTrace | null = null
  let before = { start: 0, line: '' }
  let start = 0
  for (let lines = 0; start < text.length && lines < MAX_LINES; lines++) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, Math.min(end, start + MAX_LINE_CHARS))
    if (FRAME.test(line)) return header ?? within(before.line, before.start) ?? nameless(before.line, before.start)
    header ??= headerOf(line, start)
    if (line.trim() !== '') before = { start, line }
    start = end + 1
  }
  return null
}

function headerOf(line: string, start: number): FoundTrace | null {
  const match = HEADER.exec(line)
  return match === null ? null : { start: start + line.indexOf(match[2] ?? ''), from: start, thread: match[1] ?? null, isNamed: true }
}

function within(line: string, start: number): FoundTrace | null {
  const match = WITHIN.exec(line)
  return match === null ? null : { start: start + match.index, from: start + match.index, thread: null, isNamed: true }
}

/** Thread dumps have frames, too, behind `"main" #1 prio=5 ...` or an indented state. */
function nameless(line: string, start: number): FoundTrace | null {
  return /^[^\s"]/.test(line) ? { start, from: start, thread: null, isNamed: false } : null
}
