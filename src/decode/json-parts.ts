/**
 * In: text that is not one JSON value. Out: what stands in it, in order: objects one after the other, and what is none.
 *
 *   {"a":1}\n{"b":2}             two objects; line breaks, NULs, commas and brackets stand between them, as Log4j's `complete` writes them
 *   {"a":"x{"b":2}               one that was cut, and the next without a line break before it
 *   "b":{"c":1},"d":2}\n{"e":3}  the end of an object whose beginning is elsewhere, and an object: what a member holds is no record
 *   {"a":1}\ncom.acme.E: x\n\tat ...   an object and the trace that was printed behind it
 *
 * Pure; linear in the text, but for `MAX_VAIN` looks for a trace that is none; bounded by `MAX_STEPS`.
 */
import { findFrames } from './find-trace.ts'
import { scanValue, stringEnd, type Span } from './json-scan.ts'
import { isPadding } from './text.ts'

export type Part =
  | { readonly kind: 'object'; readonly start: number; readonly span: Span }
  /** `end` is behind it, all others end where they say. */
  | { readonly kind: 'tail' | 'trace' | 'garbage'; readonly start: number; readonly end: number }

const MAX_VAIN = 16
/** Texts and members one after the other are none of them a record: what comes behind so many is not looked at. */
const MAX_STEPS = 20_000
const QUOTE = 0x22
const OPENING_BRACE = 0x7b
const COLON = 0x3a
const COMMA = 0x2c

/** At most `max` of them. */
export function partsOf(text: string, max: number): Part[] {
  const parts: Part[] = []
  /** Of values with commas between them, the first: where one of them is a member, or their list is one, they are all the end of one object. */
  let first = { index: 0, start: 0 }
  let vain = 0
  let end = 0
  for (let steps = 0; parts.length < max; steps++) {
    if (steps === MAX_STEPS) {
      const before = parts.at(-1)?.kind === 'garbage' ? parts.pop() : undefined
      return [...parts, { kind: 'garbage', start: before?.start ?? end, end: text.length }]
    }
    const gap = gapAt(text, end)
    if (gap.isEndOfMember && parts.length > first.index) parts.splice(first.index, Infinity, { kind: 'tail', start: first.start, end })
    const start = gap.end
    if (start === text.length) break
    if (!gap.hasComma) first = { index: parts.length, start }
    if (text.charCodeAt(start) === OPENING_BRACE) {
      const span = scanValue(text, start)
      parts.push({ kind: 'object', start, span })
      end = span.end
    } else if (isKey(text, start)) {
      end = memberEnd(text, start)
      parts.splice(first.index, Infinity, { kind: 'tail', start: first.start, end })
    } else {
      const trace = parts.at(-1)?.kind === 'object' && vain < MAX_VAIN ? traceEnd(text, start) : null
      if (trace === null) vain++
      end = trace ?? garbageEnd(text, start)
      const before = gap.hasComma && parts.at(-1)?.kind === 'garbage' ? parts.pop() : undefined
      parts.push({ kind: trace === null ? 'garbage' : 'trace', start: before?.start ?? start, end })
    }
  }
  return parts
}

interface Gap {
  readonly end: number
  readonly hasComma: boolean
  /** `]` and then `}`, which were never opened. */
  readonly isEndOfMember: boolean
}

/** What stands between values and says nothing. */
function gapAt(text: string, start: number): Gap {
  let end = start
  while (end < text.length && isSeparator(text.charCodeAt(end))) end++
  const gap = text.slice(start, end)
  return { end, hasComma: gap.includes(','), isEndOfMember: END_OF_MEMBER.test(gap) }
}
const END_OF_MEMBER = /\]\s*\}/

function isSeparator(code: number): boolean {
  return isPadding(code) || code === COMMA || code === 0x5b || code === 0x5d || code === 0x7d
}

function isKey(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== QUOTE) return false
  const end = stringEnd(text, at)
  return !end.cut && text.charCodeAt(skipBlanks(text, end.at)) === COLON
}

/** Of the member whose key begins at `start`. */
function memberEnd(text: string, start: number): number {
  const colon = skipBlanks(text, stringEnd(text, start).at)
  const value = skipBlanks(text, colon + 1)
  const code = text.charCodeAt(value)
  if (code === QUOTE) return stringEnd(text, value).at
  if (code === OPENING_BRACE || code === 0x5b) return scanValue(text, value).end
  let end = value
  while (end < text.length && !isSeparator(text.charCodeAt(end)) && text.charCodeAt(end) !== OPENING_BRACE) end++
  return end
}

/** Up to the next line that begins with a brace. Null where there is no trace. */
function traceEnd(text: string, start: number): number | null {
  const next = text.indexOf('\n{', start)
  const end = next < 0 ? text.length : next
  return findFrames(text.slice(start, end)) === null ? null : end
}

/** A text as a value ends with its quote. A brace within quotes begins nothing. */
function garbageEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && text.charCodeAt(end) !== OPENING_BRACE) {
    const isValue = end === start && text.charCodeAt(end) === QUOTE
    end = text.charCodeAt(end) === QUOTE ? stringEnd(text, end).at : end + 1
    if (isValue && isSeparator(text.charCodeAt(skipBlanks(text, end)))) break
  }
  return end
}

function skipBlanks(text: string, start: number): number {
  let at = start
  while (at < text.length && isPadding(text.charCodeAt(at))) at++
  return at
}
