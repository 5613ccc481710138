/**
 * Finds where a JSON object ends, and closes one that was cut. One forward pass without recursion, linear in the text, so that hostile
 * nesting costs nothing. It looks only at structure: whether what it finds is JSON, the parser says.
 */

export interface Span {
  /** Index after the object. */
  readonly end: number
  /** For an object that was cut: its text up to the last whole value (or into a cut text value), with all that is open closed. Else null. */
  readonly closed: string | null
  /** How many objects and lists were open at the cut. */
  readonly levels: number
}

/** No logger nests so deep; parsing and closing a million levels takes longer than any other record of that size. */
const MAX_LEVELS = 10_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const NEWLINE = 0x0a

/** Whether brackets nest deeper than any record does. Stops where they do. */
export function isTooDeep(text: string): boolean {
  let levels = 0
  for (let i = 0; i < text.length && levels <= MAX_LEVELS; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = stringEnd(text, i).at - 1
    else if (code === 0x7b || code === 0x5b) levels++
    else if (code === 0x7d || code === 0x5d) levels--
  }
  return levels > MAX_LEVELS
}

/** `text[start]` is `{` or `[`. */
export function scanValue(text: string, start: number): Span {
  const open: string[] = []
  let isKey = false
  let isValueNext = true
  let safe = start
  for (let i = start; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = stringEnd(text, i)
        if (end.cut) return { end: end.at, closed: closeString(text, start, isKey ? safe : end.at, isKey, open), levels: open.length }
        i = end.at - 1
        if (!isKey) safe = end.at
        isValueNext = false
        break
      }
      case 0x7b: // {
        if (!isValueNext && text.charCodeAt(i + 1) === QUOTE)
          return { end: i, closed: text.slice(start, safe) + reversed(open), levels: open.length }
        open.push('}')
        isKey = true
        isValueNext = false
        safe = i + 1
        break
      case 0x5b: // [
        open.push(']')
        isKey = false
        isValueNext = true
        safe = i + 1
        break
      case 0x7d: // }
      case 0x5d: // ]
        open.pop()
        safe = i + 1
        if (open.length === 0) return { end: i + 1, closed: null, levels: 0 }
        isValueNext = false
        break
      case 0x2c: // ,
        safe = i
        isKey = open.at(-1) === '}'
        isValueNext = !isKey
        break
      case 0x3a: // :
        isKey = false
        isValueNext = true
        break
      default:
        if (text.charCodeAt(i) > 0x20) isValueNext = false
    }
  }
  return { end: text.length, closed: text.slice(start, safe) + reversed(open), levels: open.length }
}

/**
 * Where the text or object that begins at `start` ends, in bytes, or null where it is cut or longer than `maxBytes`. As Latin-1 each byte is a
 * character, and all structure is ASCII.
 */
export function valueEnd(bytes: Buffer, start: number, maxBytes: number): number | null {
  const text = bytes.toString('latin1', start, start + maxBytes)
  if (text.charCodeAt(0) === QUOTE) {
    const end = stringEnd(text, 0)
    return end.cut ? null : start + end.at
  }
  const span = scanValue(text, 0)
  return span.closed === null ? start + span.end : null
}

/** A cut key is dropped, a cut text value is closed behind `…`: so a reader knows half a class name from a whole one. */
function closeString(text: string, start: number, end: number, isKey: boolean, open: readonly string[]): string {
  if (isKey) return text.slice(start, end) + reversed(open)
  return `${withoutHalfEscape(text.slice(start, end).replace(CUT_END, ''))}…"${reversed(open)}`
}
/** What is left of a character whose last bytes are gone, or the mark of who cut it. */
const CUT_END = /(?:\ufffd|…)$/

/**
 * Index after the closing quote, or where the text was cut: at its end, or where another record begins (a cut record and the next one in one value):
 * behind a line break, or within the line.
 */
export function stringEnd(text: string, start: number): { at: number; cut: boolean } {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) return isGlued(text, start, i) ? { at: i - 1, cut: true } : { at: i + 1, cut: false }
    if (code === BACKSLASH) i++
    else if (code === NEWLINE && text.startsWith('{"', i + 1)) return { at: i, cut: true }
  }
  return { at: text.length, cut: true }
}

/**
 * Whether the quote opens the first key of the next record: `{` before it, and behind it what no text has behind its end. Not in `":{"` and `":[{"`,
 * which stand between a key and an object, for one who takes ends for beginnings.
 */
function isGlued(text: string, start: number, quote: number): boolean {
  if (text.charCodeAt(quote - 1) !== 0x7b || quote - 1 === start || !KEY.test(text.charAt(quote + 1))) return false
  return !BEHIND_KEY.test(text.slice(start + 1, Math.min(quote - 1, start + 32)))
}
const KEY = /[\w@$]/
const BEHIND_KEY = /^\s*:[\s[]*$/

/** Drops `\`, `\u`, `\u1`, ... at the end. An even number of backslashes is no escape. */
function withoutHalfEscape(text: string): string {
  const match = /\\+(?:u[0-9a-fA-F]{0,3})?$/.exec(text.slice(-64))
  if (match === null) return text
  const backslashes = match[0].lastIndexOf('\\') + 1
  if (backslashes % 2 === 0) return text
  return text.slice(0, text.length - (match[0].length - backslashes + 1))
}

/** Closers were pushed from the outside in. */
function reversed(open: readonly string[]): string {
  return open.toReversed().join('')
}
