/**
 * Context maps and left-over root keys -> one bounded map of strings. In order of appearance, the first value of a key stays, nested objects
 * are flattened with dots; so the same record always keeps the same keys. Pure.
 */
import type { Limits } from './limits.ts'
import type { Reading } from './layout.ts'
import { isObject, render, type JsonObject } from './value.ts'

const MAX_DEPTH = 5
const MAX_KEY_CHARS = 256

/** `taken`: a value that is no context, since it became something else. */
export function readContext(reading: Reading, limits: Limits, taken?: unknown): Map<string, string> {
  const into = new Bounded(limits, undefined, taken)
  for (const source of reading.context ?? []) into.addSource(source)
  if (reading.rest !== undefined) into.addRest(reading.rest)
  return into.map
}

/** The same map and more behind it, as far as there is room. */
export function withContext(context: ReadonlyMap<string, string>, more: readonly unknown[], limits: Limits): Map<string, string> {
  const into = new Bounded(limits, context)
  for (const source of more) into.addSource(source)
  return into.map
}

/** Collects until the map is full. */
class Bounded {
  readonly map: Map<string, string>
  readonly #limits: Limits
  readonly #taken: unknown

  constructor(limits: Limits, start?: ReadonlyMap<string, string>, taken?: unknown) {
    this.#limits = limits
    this.#taken = taken
    this.map = new Map(start)
  }

  /** A map, a list of `{key, value}` (Log4j's propertiesAsList) or of one-key maps (Logback's kvpList); text goes under `context`. */
  addSource(source: unknown): void {
    if (Array.isArray(source)) {
      for (const item of source) {
        if (this.#full()) return
        if (!isObject(item)) continue
        if (typeof item['key'] === 'string') this.#add(item['key'], item['value'], 0)
        else this.#addObject('', item, 0)
      }
    } else if (isObject(source)) this.#addObject('', source, 0)
    else this.#add('context', source, 0)
  }

  addRest(rest: NonNullable<Reading['rest']>): void {
    const { prefix = '', taken = [] } = rest
    for (const key in rest.of) {
      if (this.#full()) return
      if (rest.own.has(key) || taken.includes(key)) continue
      const name = prefix !== '' && key.startsWith(prefix) ? key.slice(prefix.length) : key
      this.#add(name, rest.of[key], 0)
    }
  }

  #addObject(path: string, value: JsonObject, depth: number): void {
    for (const key in value) {
      if (this.#full()) return
      this.#add(path === '' ? key : `${path}.${key}`, value[key], depth)
    }
  }

  #add(path: string, value: unknown, depth: number): void {
    if (isObject(value) && depth < MAX_DEPTH) return this.#addObject(path, value, depth + 1)
    if (path === '' || path.length > MAX_KEY_CHARS || this.map.has(path) || this.#full()) return
    if (this.#taken !== undefined && value === this.#taken) return
    const text = render(value, this.#limits.maxContextValueChars)
    if (text !== null) this.map.set(path, text)
  }

  #full(): boolean {
    return this.map.size >= this.#limits.maxContextKeys
  }
}
