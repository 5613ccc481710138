/**
 * Links from an alert to the page and to Kibana.
 *
 * In: an alert, and where page and Kibana are. Out: links, or null where the address is not known. What comes out of logs (names, keys) is
 * encoded and cannot lead elsewhere. Pure.
 */
import { HOUR_MS } from '../lib/durations.ts'
import type { Alert, Link } from './alert.ts'

export interface LinkBases {
  /** `https://tracefold.acme.internal`; null: no links. */
  readonly page: string | null
  /** `https://kibana.acme.internal/s/space` */
  readonly kibana: string | null
  /** Id of Kibana's data view; null: its default one. */
  readonly dataView: string | null
}

type Linked = Pick<Alert, 'subject' | 'sinceMs' | 'windowMs'>

/** Beside the trouble's beginning, what was before. */
const BEFORE_MS = 30 * 60_000

/** The page finds the range that holds the time, whenever somebody opens it. */
export function pageLink({ subject, sinceMs }: Pick<Linked, 'subject' | 'sinceMs'>, { page }: LinkBases): Link | null {
  if (page === null) return null
  const search = new URLSearchParams()
  if (subject.job !== null) search.set('job', subject.job)
  if (subject.fingerprint !== null) search.set('key', subject.fingerprint)
  search.set('since', new Date(sinceMs).toISOString())
  return { title: 'Tracefold', url: `${trimmed(page)}/?${search}` }
}

/** Where alerts are acknowledged and silenced, and where it stands why rules are blind. */
export function alertsLink({ page }: LinkBases): Link | null {
  return page === null ? null : { title: 'Alerts (acknowledge, silence)', url: `${trimmed(page)}/alerts.html` }
}

export function deadLettersLink({ page }: LinkBases): Link | null {
  return page === null ? null : { title: 'Dead letters', url: `${trimmed(page)}/api/v1/dead-letters` }
}

export function kibanaLink({ subject, sinceMs, windowMs }: Linked, { kibana, dataView }: LinkBases): Link | null {
  if (kibana === null) return null
  const [from, to] = [sinceMs - BEFORE_MS, sinceMs + Math.max(windowMs, HOUR_MS)].map((ms) => new Date(ms).toISOString())
  const index = dataView === null ? '' : `index:${rison(dataView)},`
  return {
    title: 'Kibana',
    url: `${trimmed(kibana)}/app/discover#/?_g=(time:(from:${rison(from!)},to:${rison(to!)}))&_a=(${index}query:(language:kuery,query:${rison(kqlOf(subject))}))`,
  }
}

/** The fields of a detail document (see store/elasticsearch/schema.ts). Its category is that of the day on which it was written: a job is found without. */
function kqlOf({ job, environment, fingerprint, category }: Linked['subject']): string {
  const fields = { job, 'service.environment': environment, fingerprint, category: job === null ? category : null }
  return Object.entries(fields)
    .flatMap(([field, value]) => (value === null ? [] : [`${field}: "${value.replace(/["\\]/g, '\\$&')}"`]))
    .join(' and ')
}

/** A string as Kibana's addresses have it; a surrogate that lost its pair cannot be encoded. */
function rison(text: string): string {
  return `'${encodeURIComponent(text.toWellFormed().replace(/[!']/g, '!$&'))}'`
}

function trimmed(base: string): string {
  return base.replace(/\/+$/, '')
}
