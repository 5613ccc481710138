/**
 * What is wrong with a setting, in words: which, where it was set, what was expected, what came. A value that may hold a secret is
 * not quoted. Pure.
 */
import { TracefoldError } from '../errors.ts'
import { nearest } from './nearest.ts'

const MAX_QUOTED = 80

export interface Fault {
  /** The setting's path, or what stands in its place: an unknown key, a variable's name. */
  readonly setting: string
  /** `tracefold.yaml:12`, a variable's name, ... */
  readonly origin: string
  readonly expected: string
  readonly got: string
}

export function faultLine(fault: Fault): string {
  const where = fault.origin === fault.setting ? '' : ` (${fault.origin})`
  return `${fault.setting}${where}: expected ${fault.expected}; got ${fault.got}`
}

/** All faults in one error, a line each. */
export function configInvalid(faults: readonly Fault[]): TracefoldError {
  const heading = faults.length === 1 ? 'A setting is wrong:' : `${faults.length} settings are wrong:`
  return new TracefoldError('config_invalid', [heading, ...faults.map((fault) => `  - ${faultLine(fault)}`)].join('\n'))
}

export function unknownName(given: string, origin: string, known: readonly string[], what: string): Fault {
  const near = nearest(given, known)
  return { setting: given, origin, expected: near === null ? `a known ${what}` : `a known ${what}, perhaps ${near}`, got: 'an unknown one' }
}

/** The kind of a value only. */
export function kindOfValue(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}

export function quoteValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'object') return kindOfValue(value)
  const text = withoutCredentials(JSON.stringify(value))
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
}

/** `https://user:password@host` is shown as `…@host`. */
function withoutCredentials(text: string): string {
  const at = text.lastIndexOf('@')
  return at === -1 ? text : `"…${text.slice(at)}`
}
