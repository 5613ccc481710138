/**
 * Text -> the JSON values in it: one, an array's elements, or several one after the other (line breaks, NULs, commas and brackets between
 * them, as Log4j's `complete` writes them). A value that was cut is closed and marked. Never throws; linear in the text.
 */
import type { DeadReason } from '../event.ts'
import { repairJson } from './json-lenient.ts'
import { isTooDeep, scanValue } from './json-scan.ts'
import { markOpen } from './open-values.ts'
import { isPadding } from './text.ts'

export type JsonRecord =
  | { readonly kind: 'value'; readonly value: unknown; readonly truncated: boolean }
  | { readonly kind: 'fault'; readonly reason: DeadReason; readonly detail: string }

const SNIPPET_CHARS = 40
/** From this length on it is worth a look whether brackets nest too deep. */
const LARGE = 65_536

/** At most `max` records. None where there is nothing but brackets and commas. */
export function readJson(text: string, max: number): JsonRecord[] {
  if (text.length > LARGE && isTooDeep(text)) return [fault('not_json', `Brackets that nest deeper than any record does: ${snippet(text)}`)]
  const whole = parseJson(text)
  if (whole === undefined) return scan(text, max)
  const values: readonly unknown[] = Array.isArray(whole) ? whole : [whole]
  return values.slice(0, max).map((value) => ({ kind: 'value', value, truncated: false }))
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

function scan(text: string, max: number): JsonRecord[] {
  const records: JsonRecord[] = []
  let at = 0
  while (at < text.length && records.length < max) {
    const next = nextValue(text, at)
    if (next.garbage !== '') records.push(fault('not_json', `Text that is not JSON: ${snippet(next.garbage)}`))
    if (next.at >= text.length) break
    const span = scanValue(text, next.at)
    records.push(span.closed === null ? recordOf(text.slice(next.at, span.end)) : cutRecord(span.closed, span.levels))
    at = span.end
  }
  return records.slice(0, max)
}

/** The next `{`, and what stands before it besides separators. */
function nextValue(text: string, from: number): { at: number; garbage: string } {
  const brace = text.indexOf('{', from)
  const at = brace < 0 ? text.length : brace
  let start = from
  let end = at
  while (start < end && isSeparator(text.charCodeAt(start))) start++
  while (end > start && isSeparator(text.charCodeAt(end - 1))) end--
  return { at, garbage: text.slice(start, end) }
}

function isSeparator(code: number): boolean {
  return isPadding(code) || code === 0x2c || code === 0x5b || code === 0x5d
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
