/**
 * Text -> the JSON values in it: one, an array's elements, or several one after the other (see `json-parts.ts`). A value that was cut is closed and
 * marked. Never throws; linear in the text.
 */
import type { DeadReason } from '../event.ts'
import { repairJson } from './json-lenient.ts'
import { partsOf, type Part } from './json-parts.ts'
import { isTooDeep } from './json-scan.ts'
import { markOpen } from './open-values.ts'
import { withoutPadding } from './text.ts'
import { isObject } from './value.ts'

export type JsonRecord =
  | { readonly kind: 'value'; readonly value: unknown; readonly truncated: boolean }
  /** A printed trace behind a value. */
  | { readonly kind: 'trace'; readonly text: string }
  | { readonly kind: 'fault'; readonly reason: DeadReason; readonly detail: string }

const SNIPPET_CHARS = 40
/** From this length on it is worth a look whether brackets nest too deep. */
const LARGE = 65_536

/** At most `max` records. None where there is nothing but brackets and commas. */
export function readJson(text: string, max: number): JsonRecord[] {
  if (text.length > LARGE && isTooDeep(text)) return [fault('not_json', `Brackets that nest deeper than any record does: ${snippet(text)}`)]
  const whole = isUnclosed(text) ? undefined : parseJson(text)
  if (whole === undefined) return partsOf(text, max).map((part) => recordAt(text, part))
  const values: readonly unknown[] = !Array.isArray(whole) ? [whole] : isTuple(whole) ? whole.slice(-1) : whole
  return values.slice(0, max).map((value) => ({ kind: 'value', value, truncated: false }))
}

/** No JSON for certain: found without the parser, which would make all of a long cut record before it says so. */
function isUnclosed(text: string): boolean {
  const begin = text.trimStart()[0]
  const end = text.trimEnd().at(-1)
  return (begin === '{' && end !== '}') || (begin === '[' && end !== ']')
}

/** How Fluentd and Fluent Bit forward a record: behind its time, or its tag and its time. */
function isTuple(values: readonly unknown[]): boolean {
  const [time, tag] = values.slice(0, -1).reverse()
  return typeof time === 'number' && (tag === undefined || typeof tag === 'string') && values.length < 4 && isObject(values.at(-1))
}

/** Undefined where it is not JSON; JSON itself has no undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(wellFormed(text)) as unknown
  } catch {
    return undefined
  }
}

/**
 * Escapes that make half a surrogate pair become U+FFFD here, before the parser makes them strings: so that all strings behind it are
 * well-formed and nobody has to check again. The raw text itself comes from UTF-8 and is.
 */
function wellFormed(text: string): string {
  if (!text.includes('\\ud') && !text.includes('\\uD')) return text
  return text.replace(ESCAPE, (escape, pair: string | undefined) => (pair === undefined && LONE.test(escape) ? '\\ufffd' : escape))
}
const ESCAPE = /\\(?:(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|u[0-9a-fA-F]{4}|[\s\S])/g
const LONE = /^\\u[dD][89a-fA-F]/

function recordAt(text: string, part: Part): JsonRecord {
  if (part.kind === 'object') {
    const { closed, end, levels } = part.span
    return closed === null ? recordOf(text.slice(part.start, end)) : cutRecord(closed, levels)
  }
  const raw = withoutPadding(text.slice(part.start, part.end))
  if (part.kind === 'trace') return { kind: 'trace', text: raw }
  return part.kind === 'tail'
    ? fault('truncated', `The end of an object whose beginning is missing: ${snippet(raw)}`)
    : fault('not_json', `Text that is not JSON: ${snippet(raw)}`)
}

function recordOf(text: string): JsonRecord {
  const value = parseJson(text) ?? parseJson(repairJson(text))
  if (value === undefined) return fault('not_json', `An object that is not JSON: ${snippet(text)}`)
  return { kind: 'value', value, truncated: false }
}

function cutRecord(closed: string, levels: number): JsonRecord {
  const value = parseJson(closed) ?? parseJson(repairJson(closed))
  if (value === undefined) return fault('truncated', `An object that was cut and is not JSON as far as it goes: ${snippet(closed)}`)
  markOpen(value, levels)
  return { kind: 'value', value, truncated: true }
}

function fault(reason: DeadReason, detail: string): JsonRecord {
  return { kind: 'fault', reason, detail }
}

export function snippet(text: string): string {
  return JSON.stringify(text.length > SNIPPET_CHARS ? `${text.slice(0, SNIPPET_CHARS)}...` : text)
}
