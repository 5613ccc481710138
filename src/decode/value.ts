/**
 * Looking into a parsed JSON value whose shape nobody promised. Pure, never throws, never recurses deeper than `MAX_DEPTH`.
 */

export type JsonObject = Readonly<Record<string, unknown>>

/** A value nested deeper than this is shown as `…`: hostile records nest thousands deep. */
const MAX_DEPTH = 6
export const MAX_NAME_CHARS = 512

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

/** The first of `names` that the object holds with something in it. */
export function first(object: JsonObject, names: readonly string[]): unknown {
  for (const name of names) {
    const value = object[name]
    if (isThere(value)) return value
  }
  return undefined
}

/** `field(record, 'log', 'level')`: a member of a member, or undefined. */
export function field(object: JsonObject, outer: string, inner: string): unknown {
  const value = object[outer]
  return isObject(value) ? value[inner] : undefined
}

/** A copy without some keys; it has no prototype, so that no key can touch one. */
export function without(record: JsonObject, keys: (key: string) => boolean): JsonObject {
  const rest = Object.create(null) as Record<string, unknown> // has nothing, so nothing that is not unknown
  for (const key in record) if (!keys(key)) rest[key] = record[key]
  return rest
}

/** Text as a layout means it: a string as it is, a number or boolean printed; null for nothing, for blank, and for structures. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return null
}

/** A name that a layout gives, such as a logger's or a host's. */
export function nameOf(value: unknown): string | null {
  const text = textOf(value)
  return text === null ? null : cut(text, MAX_NAME_CHARS)
}

/** Any value in at most about `maxChars` characters: strings as they are, structures as compact JSON. Null for nothing. */
export function render(value: unknown, maxChars: number): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'object') return cut(compactJson(value, maxChars, 0), maxChars)
  return cut(String(value), maxChars)
}

/**
 * At most `maxChars` characters, with `…` as the last one where something was cut, as Log4j does. The copy through a buffer lets the long
 * original go (V8 would keep it alive behind a slice), and leaves no half of a surrogate pair.
 */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const last = text.charCodeAt(maxChars - 2)
  const end = last >= 0xd800 && last <= 0xdbff ? maxChars - 2 : maxChars - 1
  return `${Buffer.from(text.slice(0, Math.max(end, 0)), 'utf8').toString('utf8')}…`
}

function compactJson(value: unknown, budget: number, depth: number): string {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? JSON.stringify(value.slice(0, budget)) : String(value)
  if (depth >= MAX_DEPTH) return '…'
  const parts: string[] = []
  let left = budget
  for (const key of Object.keys(value)) {
    if (left <= 0) break
    const name = Array.isArray(value) ? '' : `${JSON.stringify(key.slice(0, left))}:`
    // Object.keys gave the key, so the value is there; arrays and objects are read alike.
    const part = name + compactJson((value as JsonObject)[key], left - name.length, depth + 1)
    parts.push(part)
    left -= part.length + 1
  }
  return Array.isArray(value) ? `[${parts.join(',')}]` : `{${parts.join(',')}}`
}
