/**
 * Messages that are documents, and documents within messages. Pure; never throws.
 *
 * A message that is a JSON object: out comes what it says, under the names that such objects have for it. A program that logs objects has no other
 * words, and without them all that it logs would be one group.
 *
 *   `{"event":"login_failed","user":"anna"}`  ->  `login_failed`
 *
 * A line that holds a document, as clients of HTTP put the body of an answer into their messages: out comes the line with a hole for it.
 *
 *   `404 Not Found: "{"message":"customer joe unknown"}"`  ->  `404 Not Found: <*>`
 */
import { HOLE } from './hole.ts'

/** The first that is there speaks. */
const SPEAKING = ['message', 'msg', 'event', 'error', 'code', 'reason'] as const
const IN_WORDS: ReadonlySet<string> = new Set(['message', 'msg'])
const TEXT_OF = Object.fromEntries(
  SPEAKING.map((name) => [name, RegExp(`"${name}"\\s{0,8}:\\s{0,8}"((?:[^"\\\\]|\\\\.){1,1024})`)]),
) as Record<(typeof SPEAKING)[number], RegExp> // of all of SPEAKING
const OBJECT = /^\s*\{\s*(?:"|\})/
/** `order.created`, `PAY_004`, `X1`: a name that a program gave, and no data. */
const NAME = /^[A-Za-z]+(?:[_.:-][A-Za-z]+)*[_.:-]?\d{0,6}$/
const CODE = /^\d{1,6}$/
const MAX_NAME_CHARS = 64
/** `{"error":{"reason":"..."}}`. */
const MAX_DEPTH = 3
/** What is longer is not parsed, and looked through so far. */
const MAX_OBJECT_CHARS = 65_536
const MAX_KEYS = 64

export interface Said {
  readonly text: string
  /** It is a name, in which nothing is data. */
  readonly isName: boolean
}

/** Null: the message is no JSON object (words may stand behind one), or says nothing before it is cut. */
export function saidByObject(message: string): Said | null {
  if (!OBJECT.test(message)) return null
  const object = objectOf(message)
  if (object === null) return hasWordsBehind(message) ? null : saidBeforeCut(message)
  return saidIn(object, MAX_DEPTH) ?? { text: `{${keysOf(object).join(',')}}`, isName: true }
}

export function maskDocuments(line: string): string {
  return maskPages(maskJson(line)).replace(NO_BODY, HOLE)
}

function objectOf(message: string): Readonly<Record<string, unknown>> | null {
  if (message.length > MAX_OBJECT_CHARS) return null
  try {
    return JSON.parse(message) as Readonly<Record<string, unknown>> // what begins with a brace is an object
  } catch {
    return null
  }
}

function hasWordsBehind(message: string): boolean {
  const end = endOfJson(message, message.indexOf('{'), '')
  return end !== null && message.slice(end).trim() !== ''
}

/** What cannot be parsed is looked through for the same names, whatever object has them. */
function saidBeforeCut(message: string): Said | null {
  const head = message.slice(0, MAX_OBJECT_CHARS)
  for (const name of SPEAKING) {
    const text = TEXT_OF[name].exec(head)?.[1]
    if (text !== undefined) return saidAs(name, unescaped(text), 0)
  }
  return null
}

function saidIn(object: Readonly<Record<string, unknown>>, depth: number): Said | null {
  for (const name of SPEAKING) {
    const said = saidAs(name, object[name], depth)
    if (said !== null) return said
  }
  return null
}

function saidAs(name: string, value: unknown, depth: number): Said | null {
  if (typeof value === 'number') return { text: String(value), isName: !IN_WORDS.has(name) && CODE.test(String(value)) }
  if (typeof value === 'string')
    return value.trim() === '' ? null : { text: value, isName: !IN_WORDS.has(name) && value.length <= MAX_NAME_CHARS && NAME.test(value) }
  if (typeof value !== 'object' || value === null || depth === 0) return null
  return saidIn(value as Readonly<Record<string, unknown>>, depth - 1) // an array has none of the names
}

function unescaped(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`))
  } catch {
    return text
  }
}

/** A key with a digit may be data: a map by order or by day. */
function keysOf(object: Readonly<Record<string, unknown>>): string[] {
  const keys = Object.keys(object).map((key) => (/\d/.test(key) ? HOLE : key))
  return [...new Set(keys)].sort().slice(0, MAX_KEYS)
}

/** From a brace that a quote follows, escaped or not, with the brackets and quotes around it. */
const JSON_START = /(?<quote>["'`]?)(?<list>\[?)\{\s{0,8}(?<escape>\\{0,3})"/g
function maskJson(line: string): string {
  if (!line.includes('{')) return line
  let out = ''
  let from = 0
  JSON_START.lastIndex = 0
  for (let start = JSON_START.exec(line); start !== null; start = JSON_START.exec(line)) {
    const { quote = '', escape = '' } = start.groups ?? {}
    const end = endOfJson(line, start.index + quote.length, escape) ?? line.length
    out += line.slice(from, start.index) + HOLE
    from = quote !== '' && line[end] === quote ? end + 1 : end
    JSON_START.lastIndex = from
  }
  return out + line.slice(from)
}

/** Behind the bracket that closes the first one; null: the document is cut. */
function endOfJson(line: string, begin: number, escape: string): number | null {
  const delimiter = `${escape}"`
  let depth = 0
  let isText = false
  for (let at = begin; at < line.length; at++) {
    const char = line[at]!
    if (line.startsWith(delimiter, at)) {
      isText = !isText
      at += escape.length
    } else if (isText && char === '\\') at++
    else if (isText) continue
    else if (char === '{' || char === '[') depth++
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1
  }
  return null
}

/** As Spring says it. */
const NO_BODY = /(?<=: )\[no body\]/
const PAGE_START = /["'[]?<(?:!doctype|html|\?xml)\b/i

/** To its last tag: what is quoted within has quotes as those around it. */
function maskPages(line: string): string {
  const start = line.includes('<') ? PAGE_START.exec(line) : null
  if (start === null) return line
  const tag = line.lastIndexOf('>')
  const end = tag < start.index ? line.length : tag + 1
  return line.slice(0, start.index) + HOLE + (/^["'\]]/.test(line.slice(end)) ? line.slice(end + 1) : line.slice(end))
}
