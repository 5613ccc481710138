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

export type Redact = (text: string) => string

export interface TextRedactor {
  readonly redact: Redact
  /** The value of a key: by the key's name, or by what it holds. */
  readonly redactValue: (key: string, value: string) => string
}

/** A character of UTF-8 is at most four bytes long: what a cut leaves of one. */
const MAX_CUT_BYTES = 3
const LOOKS_LIKE_JSON = /^\s*[{[]/
/** A sign; a number or a word; what is between. A string is looked for by its quotes. */
const TOKEN = /[{}[\]:,]|[^\s"{}[\]:,]+|\s+/y
/** These members name what their sibling `value` is, in Log4j's lists of properties and in OTLP. */
const NAMING = new Set(['key', 'name'])
/** So OTLP writes a value: they are types, no names. */
const TYPES = new Set(['stringValue', 'intValue', 'doubleValue', 'boolValue'])

/** What nests deeper than keys of so many characters is known by these and its own key. */
const MAX_PATH_CHARS = 256

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
  return isJson(body)
    ? redactJson(body, text, true)
    : blocksOf(body)
        .map((block) => redactBlock(block, text))
        .join('')
}

function redactBlock(block: Block, text: TextRedactor): string {
  if (block.isJson) return redactJson(block.text, text, true)
  return text.redact(LOOKS_LIKE_JSON.test(block.text) ? redactJson(block.text, text, false) : block.text)
}

interface Block {
  readonly isJson: boolean
  readonly text: string
}

/** A line that is JSON, or all lines up to the next of those. */
function blocksOf(body: string): Block[] {
  const blocks: Block[] = []
  let from = 0
  for (let at = 0; at < body.length;) {
    const end = lineEnd(body, at)
    if (isJson(body.slice(at, end))) {
      if (at > from) blocks.push({ isJson: false, text: body.slice(from, at) })
      blocks.push({ isJson: true, text: body.slice(at, end) })
      from = end
    }
    at = end
  }
  if (from < body.length) blocks.push({ isJson: false, text: body.slice(from) })
  return blocks
}

/** Index after the line break. */
function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  return newline < 0 ? text.length : newline + 1
}

function isJson(text: string): boolean {
  if (!LOOKS_LIKE_JSON.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** An object or array that is open. */
interface Open {
  /** Where it stands: the keys on the way to it. */
  readonly path: string
  readonly isObject: boolean
  /** Of the member that is being read; null before its colon. */
  key: string | null
  /** What the member `key` or `name` says. */
  named: string | null
}

interface Reading {
  readonly text: TextRedactor
  /** False: it may be no JSON at all. */
  readonly isJson: boolean
  readonly open: Open[]
  /** Before a colon it is a key. */
  last: string
}

function redactJson(json: string, text: TextRedactor, isWhole: boolean): string {
  const reading: Reading = { text, isJson: isWhole, open: [], last: '' }
  const parts: string[] = []
  for (let at = 0; at < json.length;) {
    const end = tokenEnd(json, at)
    parts.push(readToken(json.slice(at, end), reading))
    at = end
  }
  return parts.join('')
}

function tokenEnd(json: string, at: number): number {
  if (json[at] === '"') return stringEnd(json, at)
  TOKEN.lastIndex = at
  TOKEN.test(json)
  return TOKEN.lastIndex
}

/** Behind the closing quote, or the end. */
function stringEnd(json: string, at: number): number {
  for (let quote = json.indexOf('"', at + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (json[quote - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
  return json.length
}

/** Gives the token back as it is to stand. */
function readToken(token: string, reading: Reading): string {
  const inside = reading.open.at(-1)
  switch (token) {
    case '{':
    case '[':
      reading.open.push({
        path: (inside?.path.length ?? 0) > MAX_PATH_CHARS ? inside!.path : pathIn(inside),
        isObject: token === '{',
        key: null,
        named: null,
      })
      return token
    case '}':
    case ']':
      reading.open.pop()
      return token
    case ':':
    case ',':
      if (inside?.isObject === true) inside.key = token === ':' ? reading.last : null
      return token
    default:
      if (/^\s/.test(token)) return token
      return token.startsWith('"') ? readString(token, inside, reading) : readWord(token, inside, reading)
  }
}

function readString(token: string, inside: Open | undefined, reading: Reading): string {
  const { value, isWhole } = unquoted(token)
  const isKey = inside?.isObject === true && inside.key === null
  if (inside?.key !== undefined && inside.key !== null && NAMING.has(inside.key)) inside.named = value
  reading.last = value
  const clean = isKey ? reading.text.redact(value) : reading.text.redactValue(pathIn(inside), value)
  if (clean === value) return token
  return isWhole ? JSON.stringify(clean) : `"${clean}`
}

/** A number, true or false; in what is no JSON, whatever else stands there. */
function readWord(token: string, inside: Open | undefined, reading: Reading): string {
  reading.last = token
  const isMember = inside?.isObject === true && inside.key !== null
  if (token === 'null' || !(isMember || reading.isJson)) return token
  const clean = reading.text.redactValue(pathIn(inside), token)
  return clean === token ? token : JSON.stringify(clean)
}

/** What was cut or is broken is taken as it is written. */
function unquoted(token: string): { readonly value: string; readonly isWhole: boolean } {
  try {
    return { value: JSON.parse(token) as string, isWhole: true } // a quoted token is a string
  } catch {
    return { value: token.slice(1), isWhole: false }
  }
}

/** Of the value that is being read. An array's elements are where the array is. */
function pathIn(inside: Open | undefined): string {
  if (inside === undefined) return ''
  const { path, key, named } = inside
  if (key === null || TYPES.has(key)) return path
  const step = key === 'value' && named !== null ? named : key
  return path === '' ? step : `${path}.${step}`
}
