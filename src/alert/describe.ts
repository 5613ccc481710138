/**
 * What is said of an alert: what, where, how much, since when, whether new, what to do, links.
 *
 * In: the rule, what the condition found, and the subject's error types. Out: an alert. Pure. Texts out of logs are passed on as they are; whoever
 * sends them escapes them for its format.
 */
import { createHash } from 'node:crypto'
import type { Alert, Link, Subject } from './alert.ts'
import { MINUTE_MS } from './condition.ts'
import type { Finding, Sight } from './conditions/sight.ts'
import { subjectKey, type Series } from './count-table.ts'
import { duration, number, time } from './deliver/words.ts'
import type { Firing } from './episode.ts'
import { DAY_MS, isNewAt, type GroupRecord } from './group-book.ts'
import { alertsLink, deadLettersLink, kibanaLink, pageLink, type LinkBases } from './links.ts'
import type { Rule } from './rule.ts'
import { fill, fillUrl, type Values } from './template.ts'

export interface Wording {
  readonly links: LinkBases
  /** Of a pattern rule, by its id; null where there is none. */
  readonly adviceOf: (patternRule: string) => string | null
}

const MAX_JOBS = 10
const MAX_SLUG_CHARS = 40
const HASH_CHARS = 12
const BACK_MS = 7 * DAY_MS

/** Readable, and not to be mixed up: `job-spike:orders:3f2a90bc11de`. */
export function alertKey(rule: string, subject: Subject): string {
  const named = subject.job ?? subject.category ?? 'all'
  const slug = named
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .slice(0, MAX_SLUG_CHARS)
    .toWellFormed()
  return `${rule}:${slug}:${createHash('sha256')
    .update(`${rule}\0${subjectKey(subject)}`)
    .digest('hex')
    .slice(0, HASH_CHARS)}`
}

/** Of counts. */
export function alertOfSight(
  rule: Rule,
  key: string,
  sight: Sight,
  found: Finding,
  { startsAtMs, told, sinceMs }: Firing,
  wording: Wording,
): Alert {
  // Links and texts speak of the whole episode, not of the window that slides along it.
  const finding = sinceMs === null ? found : { ...found, sinceMs }
  const counts = countsOf(sight, finding.windowMs / MINUTE_MS)
  const worst = worstOf(counts)
  const subject: Subject = { ...sight.subject, category: told === null ? categoryOf(sight.subject, counts, worst) : told.subject.category }
  const jobs = subject.job === null ? (finding.jobs ?? jobsOf(counts)) : [subject.job]
  return finished(rule, wording, finding, {
    ...blank(rule, key, subject, startsAtMs),
    ...(finding.count === 0 ? { what: silenceWords(subject, worst) } : errorOf(rule, subject, worst, sight, wording)),
    jobs: jobs.slice(0, MAX_JOBS),
    jobCount: jobs.length,
  })
}

/** What is said of the subject's most frequent error. Nothing of that is said of a silence: what came last is not what is wrong. */
function errorOf(rule: Rule, subject: Subject, worst: Series | null, { groups, end }: Sight, wording: Wording) {
  if (subject.job === null || worst === null) return { what: ownWords(rule, subject) }
  const record = subject.fingerprint === null ? null : groups.get(subject.job, subject.fingerprint)
  return {
    what: worst.title === '' ? ownWords(rule, subject) : worst.title,
    culprit: worst.culprit,
    ...(record === null ? {} : newsOf(record, end * MINUTE_MS)),
    advice: worst.rule === null ? null : wording.adviceOf(worst.rule),
  }
}

function silenceWords({ job, fingerprint, category }: Subject, last: Series | null): string {
  if (fingerprint !== null) return `No events of ${last === null || last.title === '' ? fingerprint : last.title}`
  if (job !== null) return `No events from ${job}`
  return category === null ? 'No events' : `No events of category ${category}`
}

/** Of the pipeline. */
export function alertOfPipeline(rule: Rule, key: string, subject: Subject, finding: Finding, startsAtMs: number, wording: Wording): Alert {
  return finished(rule, wording, finding, {
    ...blank(rule, key, subject, startsAtMs),
    what: rule.title,
    advice: finding.advice ?? null,
  })
}

function blank(rule: Rule, key: string, subject: Subject, startsAtMs: number) {
  return {
    key,
    startsAtMs,
    endsAtMs: null,
    status: 'firing' as const,
    rule: { id: rule.id, title: rule.title, level: rule.level },
    severity: rule.severity,
    subject,
    culprit: null as string | null,
    jobs: [] as readonly string[],
    jobCount: 0,
    isNew: false,
    advice: null as string | null,
    labels: rule.labels,
  }
}

type Half = ReturnType<typeof blank> & Pick<Alert, 'what'>

function finished(rule: Rule, wording: Wording, { count, noun, usual, hosts, windowMs, sinceMs, why }: Finding, half: Half): Alert {
  const alert = {
    ...half,
    count,
    ...(noun === undefined ? {} : { noun }),
    usual,
    hosts,
    windowMs,
    sinceMs,
    why,
    annotations: {},
    links: [],
    ...deliveryOf(rule),
  }
  const values = valuesOf(alert)
  const { links } = wording
  const isOfErrors = rule.level !== 'platform' || alert.jobCount > 0
  const standard = [
    noun === 'dead letter' ? deadLettersLink(links) : pageLink(alert, links),
    isOfErrors ? kibanaLink(alert, links) : null,
    alertsLink(links),
  ]
  return {
    ...alert,
    annotations: Object.fromEntries(Object.entries(rule.annotations).map(([name, text]) => [name, fill(text, values)])),
    links: [
      ...standard.filter((link): link is Link => link !== null),
      ...rule.links.map(({ title, url }) => ({ title: fill(title, values), url: fillUrl(url, values) })),
    ],
  }
}

function deliveryOf({ receivers, groupBy, repeatIntervalMs, maxRepeatIntervalMs }: Rule): Pick<Alert, 'delivery'> {
  if (receivers === null && groupBy === null && repeatIntervalMs === null) return {}
  return { delivery: { receivers, groupBy, repeatIntervalMs, maxRepeatIntervalMs } }
}

function ownWords(rule: Rule, { category }: Subject): string {
  return category === null ? rule.title : `${rule.title}: ${category}`
}

interface Counted {
  readonly series: Series
  readonly count: number
}

function countsOf({ series, table, end }: Sight, minutes: number): Counted[] {
  return series.map((one) => ({ series: one, count: table.sum([one], end, minutes) }))
}

/** The error type with the most events; by name where two have as many, so that every process says the same. */
function worstOf(counts: readonly Counted[]): Series | null {
  let worst: Counted | null = null
  for (const one of counts)
    if (worst === null || one.count > worst.count || (one.count === worst.count && one.series.key < worst.series.key)) worst = one
  return worst?.series ?? null
}

/** An error is new, or back, for a week. */
function newsOf(record: GroupRecord, nowMs: number): Pick<Alert, 'isNew' | 'unseenMs'> {
  const { atMs, afterMs } = record.appeared
  const isBack = afterMs !== null && afterMs >= DAY_MS && nowMs - atMs < BACK_MS
  return { isNew: isNewAt(record, nowMs), ...(isBack ? { unseenMs: afterMs } : {}) }
}

/**
 * What an alert is routed by: a group's is that of its most frequent error type, which changes only with the pattern rules; a job has one where all that
 * happened is of one. Whoever tells an episode again keeps it, for receivers know an alert by it.
 */
function categoryOf(subject: Subject, counts: readonly Counted[], worst: Series | null): string | null {
  if (subject.job === null) return subject.category
  if (subject.fingerprint !== null) return worst?.category ?? null
  const happened = counts.filter(({ count }) => count > 0)
  const distinct = new Set((happened.length > 0 ? happened : counts).map(({ series }) => series.category))
  return distinct.size === 1 ? (worst?.category ?? null) : null
}

/** Those with events in the window, the worst first. */
function jobsOf(counted: readonly Counted[]): string[] {
  const counts = new Map<string, number>()
  for (const { series, count } of counted) counts.set(series.job, (counts.get(series.job) ?? 0) + count)
  return [...counts]
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([job]) => job)
}

function valuesOf(alert: Omit<Alert, 'annotations' | 'links'>): Values {
  const orUnknown = (value: number | null) => (value === null ? 'unknown' : number(value))
  const { subject } = alert
  return {
    rule: alert.rule.id,
    title: alert.rule.title,
    level: alert.rule.level,
    severity: alert.severity,
    job: subject.job ?? '',
    environment: subject.environment ?? '',
    fingerprint: subject.fingerprint ?? '',
    category: subject.category ?? '',
    error: alert.what,
    culprit: alert.culprit ?? '',
    jobs: alert.jobs.join(', '),
    jobCount: number(alert.jobCount),
    count: orUnknown(alert.count),
    usual: orUnknown(alert.usual),
    hosts: orUnknown(alert.hosts),
    window: duration(alert.windowMs),
    since: time(alert.sinceMs),
    startsAt: time(alert.startsAtMs),
    why: alert.why,
    advice: alert.advice ?? '',
  }
}
