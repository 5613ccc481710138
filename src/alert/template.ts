/**
 * Texts with places: `{{count}} events in {{job}}, usually {{usual}}`.
 *
 * In: a text, and the values of an alert. Out: the text filled in. A place is a name of the list below and nothing more; what a value holds is put in
 * as it is and not looked at again, so an error's message cannot become a template. Names are checked when a rule is loaded. Pure.
 */
import type { Per } from './rule.ts'

/** Which subjects have a value for it; null: all have. */
const PLACES = {
  rule: null,
  title: null,
  level: null,
  severity: null,
  job: ['job', 'group'],
  environment: ['job', 'group'],
  fingerprint: ['group'],
  category: ['job', 'group', 'category'],
  error: null,
  culprit: ['job', 'group'],
  jobs: null,
  jobCount: null,
  count: null,
  usual: null,
  hosts: null,
  window: null,
  since: null,
  startsAt: null,
  why: null,
  advice: null,
} as const satisfies Record<string, readonly Per[] | null>

export type PlaceName = keyof typeof PLACES
export type Values = Readonly<Record<PlaceName, string>>

const PLACE = /\{\{([^{}]*)\}\}/g
const MAX_VALUE_CHARS = 500

/** Null: nothing is wrong with it. */
export function faultOfTemplate(text: string, per: Per | null): string | null {
  const rest = text.replace(PLACE, '')
  if (rest.includes('{{') || rest.includes('}}')) return 'expected {{ and }} in pairs around a name'
  for (const [, inner = ''] of text.matchAll(PLACE)) {
    const name = inner.trim()
    if (!isPlace(name)) return `{{${name}}} is not known; expected any of ${Object.keys(PLACES).join(', ')}`
    const only: readonly Per[] | null = PLACES[name]
    if (per !== null && only !== null && !only.includes(per)) return `{{${name}}} has no value in a rule per ${per}`
  }
  return null
}

export function fill(text: string, values: Values): string {
  return text.replace(PLACE, (_, inner: string) => plain(values, inner))
}

/** Values become parts of an address and cannot lead elsewhere. */
export function fillUrl(text: string, values: Values): string {
  return text.replace(PLACE, (_, inner: string) => encodeURIComponent(plain(values, inner)))
}

/** Names were checked at loading. A surrogate that was cut off its pair cannot be encoded. */
function plain(values: Values, inner: string): string {
  const value = values[inner.trim() as PlaceName].replace(/\p{Cc}+/gu, ' ')
  return value.slice(0, MAX_VALUE_CHARS).toWellFormed()
}

function isPlace(name: string): name is PlaceName {
  return Object.hasOwn(PLACES, name)
}
