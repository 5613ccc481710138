/**
 * In: one line of a printed stack trace. Out: the frame it holds, or null where it is something else.
 *
 *   `    at loader/module@version/com.acme.Orders$Repo.find(Orders.java:17) ~[orders-1.2.jar:1.2]`
 *           `--- cut ------------´                                         `---- cut --------´
 *
 * Invariant: every character is looked at a bounded number of times. Pure; never throws.
 */
import type { Frame } from '../event.ts'

/** Longer lines are no frames: a class file name has at most 65,535 bytes, real ones stay under 500. */
const MAX_FRAME_CHARS = 8_192
/** `StackTraceElement` says -2 for a native method and -1 where it does not know. */
const NATIVE = -2
const UNKNOWN = -1

/** A loader or module name before the class; never before a digit, since a hidden class holds a `/` of its own. */
const MODULE_PREFIX = /^(?:[^\s/()]*\/){1,2}(?=[^\d\s/])/

export function parseFrame(line: string): Frame | null {
  if (line.length > MAX_FRAME_CHARS) return null
  const at = skipBlanks(line)
  if (!line.startsWith('at ', at)) return null
  const close = closingBracket(line)
  const open = line.lastIndexOf('(', close)
  if (close < 0 || open <= at + 3) return null
  return frameOf(line.slice(at + 3, open), line.slice(open + 1, close))
}

function skipBlanks(line: string): number {
  let at = 0
  while (line.charCodeAt(at) === 0x09 || line.charCodeAt(at) === 0x20) at++
  return at
}

/** Where the location ends: at the line's end, or before packaging data such as ` ~[?:?]`. */
function closingBracket(line: string): number {
  const end = line.trimEnd().length
  if (line.charCodeAt(end - 1) === 0x29) return end - 1
  if (line.charCodeAt(end - 1) !== 0x5d) return -1
  const packaging = Math.max(line.lastIndexOf(') [', end), line.lastIndexOf(') ~[', end))
  return line.indexOf(']', packaging) === end - 1 ? packaging : -1
}

function frameOf(qualified: string, location: string): Frame | null {
  const called = qualified.includes('/') ? qualified.replace(MODULE_PREFIX, '') : qualified
  const dot = called.lastIndexOf('.')
  if (dot <= 0 || dot === called.length - 1) return null
  const className = called.slice(0, dot)
  if (className.includes(' ')) return null // a sentence: "at least 2. of them (see above)"
  return { className, method: called.slice(dot + 1), ...source(location) }
}

function source(location: string): { file: string | null; line: number } {
  if (location === 'Native Method') return { file: null, line: NATIVE }
  const colon = location.lastIndexOf(':')
  const number = colon < 0 ? NaN : Number.parseInt(location.slice(colon + 1), 10)
  const line = Number.isSafeInteger(number) ? number : UNKNOWN
  const file = Number.isSafeInteger(number) ? location.slice(0, colon) : location
  return { file: file === 'Unknown Source' || file === '' ? null : file, line }
}
