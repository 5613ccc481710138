/**
 * Whether a part of a text is JSON, told in one pass and without an error: `JSON.parse` takes microseconds to make one, and a hostile body asks for
 * one on each of its lines. In: a text, from where, to where; no word or number goes on there. Out: what `JSON.parse` would say of that part. Pure;
 * linear; of any depth.
 */

const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const FIRST_PRINTABLE = 0x20
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** What stands behind a backslash. */
const ESCAPED = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y

type Due = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end'

export function isJsonText(text: string, from = 0, to = text.length): boolean {
  const open: number[] = []
  let due: Due = 'value'
  for (let at = from; at < to;) {
    const sign = text.charCodeAt(at)
    const isValueDue: boolean = due === 'value' || due === 'value or end'
    if (isBlank(sign)) {
      at++
    } else if (sign === QUOTE) {
      if (!isValueDue && due !== 'key' && due !== 'key or end') return false
      at = endOfJsonString(text, at, to)
      if (at < 0) return false
      due = isValueDue ? 'comma or end' : 'colon'
    } else if (sign === OPENING_BRACE || sign === OPENING_BRACKET) {
      if (!isValueDue) return false
      open.push(sign)
      due = sign === OPENING_BRACE ? 'key or end' : 'value or end'
      at++
    } else if (sign === CLOSING_BRACE || sign === CLOSING_BRACKET) {
      const isBrace = sign === CLOSING_BRACE
      if (open.pop() !== (isBrace ? OPENING_BRACE : OPENING_BRACKET)) return false
      if (due !== 'comma or end' && due !== (isBrace ? 'key or end' : 'value or end')) return false
      due = 'comma or end'
      at++
    } else if (sign === COMMA) {
      if (due !== 'comma or end' || open.length === 0) return false
      due = open.at(-1) === OPENING_BRACE ? 'key' : 'value'
      at++
    } else if (sign === COLON) {
      if (due !== 'colon') return false
      due = 'value'
      at++
    } else {
      WORD.lastIndex = at
      if (!isValueDue || !WORD.test(text)) return false
      at = WORD.lastIndex
      due = 'comma or end'
    }
  }
  return due === 'comma or end' && open.length === 0
}

/** Behind the closing quote of the string that begins here; -1 where it is none that JSON has. */
export function endOfJsonString(text: string, from: number, to = text.length): number {
  for (let at = from + 1; at < to;) {
    const sign = text.charCodeAt(at)
    if (sign === QUOTE) return at + 1
    if (sign < FIRST_PRINTABLE) return -1
    at++
    if (sign !== BACKSLASH) continue
    ESCAPED.lastIndex = at
    if (!ESCAPED.test(text)) return -1
    at = ESCAPED.lastIndex
  }
  return -1
}

function isBlank(sign: number): boolean {
  return sign === 0x20 || sign === 0x0a || sign === 0x0d || sign === 0x09
}
