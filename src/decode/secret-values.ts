/**
 * Text -> the same text without what stands behind a key that names a secret: `[redacted:secret]`.
 *
 *   password=x   "api_key": "x"   {token=[x]}   --password x      what is quoted goes to the same quote, else to a blank or delimiter
 *   <password>x</password>   Password[x]   Cookie: a=x; b=y
 *
 * What is a placeholder already stays, and so does what hides nothing: `password=null`, `Unexpected token: END_OBJECT`. Pure; linear: each value
 * is gone over once, and what is looked at again behind each key is bounded.
 */
import { remembered } from '../lib/remembered.ts'

const KEY = [
  'password|passwd|passphrase|pwd|secret|credentials?|jsessionid',
  '(?<!invalid|unexpected |unrecognized )token',
  '(?<![a-z])pass(?=\\\\*["\']|\\s{0,4}=|>)',
  '(?:access|account|api|auth|client|encryption|master|private|secret|shared|signing)[._-]?key',
].join('|')
/** Up to the value: in brackets, where a map of lists is printed; its quote is a group, with the backslashes that escape it where quotes are nested. */
const BEFORE_VALUE = new RegExp(
  `(${KEY})(?:\\\\*["']?\\s{0,4}[=:]\\s{0,4}|(?<=--[\\w.-]{0,60})\\s{1,4}(?!-))(?:\\[(?!redacted:))?(\\\\*["'])?`,
  'gi',
)
/** Without quotes. A bracket or quote within a word belongs to it, as in `s3(cr3t)x`; so does a placeholder; an escaped line end does not, nor a backslash before a placeholder. */
const BARE_VALUE =
  /(?:\{[\w-]{1,20}\}(?=[^\s,;&"'(){}<>[\]]))?(?:[^\s,;&"'\\(){}<>[\]]|\\(?![nrtu"'\\]|\[redacted:))(?:[^\s,;&"'\\(){}<>[\]]+|\\(?![nrtu"'\\]|\[redacted:)|\[redacted:[a-z0-9-]{1,60}\]|["'(){}<>[\]](?=[A-Za-z0-9]))*/y
const QUOTE_OR_LINE_END = /["'\r\n]/g
const ELEMENT = new RegExp(`((?:${KEY})(?:\\s[^<>]{0,80})?>)(?!\\[redacted:[a-z0-9-]+\\]<)[^<>]+(?=</)`, 'gi')
const IN_BRACKETS = /((?:password|passwd|passphrase|pwd|secret)\[)(?!redacted:)[^\s[\]]+(?=\])/gi
const COOKIE =
  /(cookie\\*["']?\s{0,4}[=:]\s{0,4}(?:\[(?!redacted:))?(?:\\*["'])?)[\w!#$%*+.^|~-]{1,100}=[^\s,;"'\\[\]{}<>]*(?:;\s?[^\s,;"'\\[\]{}<>]+)*/gi

const PLACEHOLDER = /^\[redacted:[a-z][a-z0-9-]*\]$/
const HIDES_NOTHING = /^(?:null|nil|none|undefined|true|false|yes|no|\*+|hidden|masked|redacted)$/i
/** What a parser calls a token. */
const TOKEN_OF_GRAMMAR = /^(?:[A-Z]+(?:_[A-Z]+)+|EOF|NAME|STRING|NUMBER|BOOLEAN)\.?$/
/** Longer than any of the names, with what must stand before it. */
const MAX_NAME_CHARS = 32
const SECRET_NAME =
  /(?:password|passwd|passphrase|pwd|secret|token|credentials?|authorization|cookie|jsessionid|(?:^|[._-])pass|(?:access|account|api|auth|client|encryption|master|private|secret|shared|signing)[._-]?key)$/i

/** Keys come again and again. */
const namesSecret = remembered((end) => SECRET_NAME.test(end), { maxTexts: 10_000, maxChars: MAX_NAME_CHARS })

/** Without one of these there is nothing to find. */
export const SECRET_CLUE = /pass|pwd|secret|token|key|credential|cookie|jsessionid/i

export function withoutSecrets(text: string): string {
  const rest = text
    .replace(COOKIE, '$1[redacted:secret]')
    .replace(ELEMENT, '$1[redacted:secret]')
    .replace(IN_BRACKETS, '$1[redacted:secret]')
  return withoutValues(rest)
}

/** True where the key's name says that its value is a secret. A placeholder says more. */
export function hidesSecret(key: string, value: string): boolean {
  return namesSecret(key.slice(-MAX_NAME_CHARS)) && !PLACEHOLDER.test(value)
}

function withoutValues(text: string): string {
  let done = ''
  let copied = 0
  BEFORE_VALUE.lastIndex = 0
  for (let found = BEFORE_VALUE.exec(text); found !== null; found = BEFORE_VALUE.exec(text)) {
    const [, key = '', quote] = found
    const from = BEFORE_VALUE.lastIndex
    const to = quote === undefined ? endOfBare(text, from) : endOfQuoted(text, from, quote)
    BEFORE_VALUE.lastIndex = to
    if (to === from || isNoSecret(key, text.slice(from, to))) continue
    done += `${text.slice(copied, from)}[redacted:secret]`
    copied = to
  }
  return copied === 0 ? text : done + text.slice(copied)
}

function isNoSecret(key: string, value: string): boolean {
  return PLACEHOLDER.test(value) || HIDES_NOTHING.test(value) || (key.toLowerCase() === 'token' && TOKEN_OF_GRAMMAR.test(value))
}

function endOfBare(text: string, from: number): number {
  BARE_VALUE.lastIndex = from
  return BARE_VALUE.test(text) ? BARE_VALUE.lastIndex : from
}

/**
 * At the same quote, else at the line's end. Each level of nesting doubles backslashes and adds one: behind an opening `"` a closing one has an even
 * number of them before it, behind `\"` it has 1, 5, 9, and so on. Fewer than the opening one has end what it stands in.
 */
function endOfQuoted(text: string, from: number, opening: string): number {
  const escapes = opening.length - 1
  QUOTE_OR_LINE_END.lastIndex = from
  for (let found = QUOTE_OR_LINE_END.exec(text); found !== null; found = QUOTE_OR_LINE_END.exec(text)) {
    const { 0: sign, index } = found
    if (sign === '\n' || sign === '\r') return index
    if (sign !== opening.at(-1)) continue
    const before = backslashesBefore(text, index, from)
    if (before < escapes) return index - before
    if ((before - escapes) % (2 * (escapes + 1)) === 0) return index - escapes
  }
  return text.length
}

function backslashesBefore(text: string, at: number, from: number): number {
  let count = 0
  while (at - count > from && text[at - count - 1] === '\\') count++
  return count
}
