/**
 * Bytes of any kind, such as a dead letter's -> the same bytes without secrets, and nothing else changed. Pure; linear; never throws.
 *
 *   {"user": "ann", "mail": "a@b.com", "card": 4111111111111111}
 *   {"user": "ann", "mail": "[redacted:email]", "card": "[redacted:card]"}
 *
 * JSON stays JSON: each string is unescaped, redacted as the value of its key, and escaped again; a number that holds a secret becomes a
 * string. So it is the text that rules see, not its escapes, and none reaches over a quote. Keys are as in an event's context: of nested
 * objects joined by dots, and of `{"key": k, "value": v}` it is k. Where lines are JSON, each is treated so. JSON that was cut or is broken
 * is read as far as it goes, and then, like all that is no JSON, redacted as text.
 */
import { isUtf8 } from 'node:buffer'
import { endOfJsonString, isJsonText } from '../lib/json-syntax.ts'

export type Redact = (text: string) => string

export interface TextRedactor {
  readonly redact: Redact
  /** The value of a key: by the key's name, or by what it holds. */
  readonly redactValue: (key: string, value: string) => string
}

/** A character of UTF-8 is at most four bytes long: what a cut leaves of one. */
const MAX_CUT_BYTES = 3
/** What begins with a placeholder is none. */
const OPENS_JSON = /\s*(?:\{|\[(?!redacted:))/y
/** A number or a word; what is between. A sign is one character, and a string is looked for by its quotes. */
const WORD_OR_BLANKS = /[^\s"{}[\]:,]+|\s+/y
const SIGNS = '{}[]:,'
/** These members name what their sibling `value` is, in Log4j's lists of properties and in OTLP. */
const NAMING = new Set(['key', 'name'])
/** So OTLP writes a value: they are types, no names. */
const TYPES = new Set(['stringValue', 'intValue', 'doubleValue', 'boolValue'])

/** What nests deeper than keys of so many characters is known by these and its own key. */
const MAX_PATH_CHARS = 256
/** Deeper than any record nests; what is deeper still shares one place for objects and one for lists, so that it costs no memory. */
const MAX_PLACES = 500

export function createBodyRedactor(text: TextRedactor): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const whole = utf8Length(bytes)
    const encoding = whole === null ? 'latin1' : 'utf8' // Latin-1 keeps each byte a character
    const end = whole ?? bytes.length
    const rest = bytes.toString('latin1', end)
    const raw = bytes.toString(encoding, 0, end) + rest
    const clean = redactBody(raw, text)
    if (clean === raw) return bytes
    if (!clean.endsWith(rest)) return Buffer.from(clean, encoding) // it is gone with a secret
    return Buffer.concat([Buffer.from(clean.slice(0, clean.length - rest.length), encoding), bytes.subarray(end)])
  }
}

/** How far the bytes are UTF-8, where they are but for a character that was cut; else null. */
function utf8Length(bytes: Buffer): number | null {
  for (let cut = 0; cut <= Math.min(MAX_CUT_BYTES, bytes.length); cut++) {
    if (isUtf8(bytes.subarray(0, bytes.length - cut))) return bytes.length - cut
  }
  return null
}

function redactBody(body: string, text: TextRedactor): string {
  return isJson(body, 0, body.length)
    ? redactJson(body, text, true)
    : blocksOf(body)
        .map((block) => redactBlock(block, text))
        .join('')
}

function redactBlock(block: Block, text: TextRedactor): string {
  if (block.isJson) return redactJson(block.text, text, true)
  return text.redact(opensJson(block.text, 0) ? redactJson(block.text, text, false) : block.text)
}

/** Lines that are JSON, or all lines up to the next of those. */
interface Block {
  readonly isJson: boolean
  readonly text: string
}

function blocksOf(body: string): Block[] {
  const blocks: Block[] = []
  let from = 0
  let wasJson = false
  for (let at = 0; at < body.length;) {
    const end = lineEnd(body, at)
    const is = isJson(body, at, end)
    if (is !== wasJson && at > from) {
      blocks.push({ isJson: wasJson, text: body.slice(from, at) })
      from = at
    }
    wasJson = is
    at = end
  }
  if (from < body.length) blocks.push({ isJson: wasJson, text: body.slice(from) })
  return blocks
}

/** Index after the line break. */
function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  return newline < 0 ? text.length : newline + 1
}

/** An object or an array, blanks around it. */
function isJson(text: string, from: number, to: number): boolean {
  return isJsonText(text, from, to) && opensJson(text, from)
}

function opensJson(text: string, from: number): boolean {
  OPENS_JSON.lastIndex = from
  return OPENS_JSON.test(text)
}

/** An object or array that is open. */
interface Open {
  /** Where it stands: the keys on the way to it. */
  path: string
  readonly isObject: boolean
  /** Of the member that is being read; null before its colon. */
  key: string | null
  /** What the member `key` or `name` says. */
  named: string | null
}

interface Deep {
  readonly object: Open
  readonly list: Open
}

interface Reading {
  readonly text: TextRedactor
  /** False: it may be no JSON at all. */
  readonly isJson: boolean
  readonly open: Open[]
  /** Stand in `open` once it has MAX_PLACES. */
  readonly deep: Deep
  /** Before a colon it is a key. */
  last: string
}

function redactJson(json: string, text: TextRedactor, isWhole: boolean): string {
  const reading: Reading = { text, isJson: isWhole, open: [], deep: { object: newPlace(true), list: newPlace(false) }, last: '' }
  let done = ''
  let copied = 0
  for (let at = 0; at < json.length;) {
    const sign = json[at]!
    if (SIGNS.includes(sign)) {
      readSign(sign, reading)
      at++
      continue
    }
    const end = tokenEnd(json, at)
    const token = json.slice(at, end)
    const clean = readToken(token, reading)
    if (clean !== token) {
      done += json.slice(copied, at) + clean
      copied = end
    }
    at = end
  }
  return copied === 0 ? json : done + json.slice(copied)
}

function tokenEnd(json: string, at: number): number {
  if (json[at] === '"') return stringEnd(json, at)
  WORD_OR_BLANKS.lastIndex = at
  WORD_OR_BLANKS.test(json)
  return WORD_OR_BLANKS.lastIndex
}

/** Behind the closing quote, or the end. */
function stringEnd(json: string, at: number): number {
  const quote = closingQuote(json, at)
  return quote < 0 ? json.length : quote + 1
}

/** Of the string that begins here; -1 where it was cut. */
function closingQuote(json: string, at: number): number {
  for (let quote = json.indexOf('"', at + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (json[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote
  }
  return -1
}

function readSign(sign: string, { open, last, deep }: Reading): void {
  const inside = open.at(-1)
  if (sign === '{' || sign === '[') open.push(opened(sign === '{', inside, open.length < MAX_PLACES ? null : deep))
  else if (sign === '}' || sign === ']') open.pop()
  else if (inside?.isObject === true) inside.key = sign === ':' ? last : null
}

function opened(isObject: boolean, inside: Open | undefined, deep: Deep | null): Open {
  const path = inside !== undefined && inside.path.length > MAX_PATH_CHARS ? inside.path : pathIn(inside)
  const place = deep === null ? newPlace(isObject) : isObject ? deep.object : deep.list
  place.path = path
  place.key = null
  place.named = null
  return place
}

function newPlace(isObject: boolean): Open {
  return { path: '', isObject, key: null, named: null }
}

/** Gives the token back as it is to stand. */
function readToken(token: string, reading: Reading): string {
  const inside = reading.open.at(-1)
  if (token.startsWith('"')) return readString(token, inside, reading)
  return /^\s/.test(token) ? token : readWord(token, inside, reading)
}

function readString(token: string, inside: Open | undefined, reading: Reading): string {
  const { value, asWritten, end } = unquoted(token)
  const isKey = inside?.isObject === true && inside.key === null
  if (inside?.key !== undefined && inside.key !== null && NAMING.has(inside.key)) inside.named = value
  reading.last = value
  const clean = isKey ? reading.text.redact(value) : reading.text.redactValue(pathIn(inside), value)
  if (clean === value) return token
  return asWritten ? `"${clean}${end}` : JSON.stringify(clean)
}

/** A number, true or false; in what is no JSON, whatever else stands there. */
function readWord(token: string, inside: Open | undefined, reading: Reading): string {
  reading.last = token
  const isMember = inside?.isObject === true && inside.key !== null
  if (token === 'null' || !(isMember || reading.isJson)) return token
  const clean = reading.text.redactValue(pathIn(inside), token)
  return clean === token ? token : JSON.stringify(clean)
}

/** What has no escapes, was cut or is broken is taken as it is written. */
function unquoted(token: string): { readonly value: string; readonly asWritten: boolean; readonly end: string } {
  const end = closingQuote(token, 0) < 0 ? '' : '"'
  if (token.includes('\\') && endOfJsonString(token, 0) === token.length)
    return { value: JSON.parse(token) as string, asWritten: false, end } // a quoted token is a string
  return { value: token.slice(1, token.length - end.length), asWritten: true, end }
}

/** Of the value that is being read. An array's elements are where the array is. */
function pathIn(inside: Open | undefined): string {
  if (inside === undefined) return ''
  const { path, key, named } = inside
  if (key === null || TYPES.has(key)) return path
  const step = key === 'value' && named !== null ? named : key
  return path === '' ? step : `${path}.${step}`
}
