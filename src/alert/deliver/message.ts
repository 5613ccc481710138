/**
 * A notification as words, the same for every receiver: what, where, how much, since when, whether new, why, what to do, links, in this order. Each receiver's
 * format is made from this and escapes every text of it, since nearly all of it may come out of a log; only the labels are ours.
 *
 * In: a notification, how many of its alerts to show, and how brief to be. Out: the message. Pure. Every text is one line of bounded length; links are
 * http or https.
 */
import type { Alert, Ending, Link, Notification, Severity } from '../alert.ts'
import { counted, cut, duration, numberBeside, oneLine, time } from './words.ts'

/** Each step halves the texts; from the second on, links and annotations are left out. */
export const BREVITIES = [0, 1, 2, 3] as const
export type Brevity = (typeof BREVITIES)[number]

export interface Fact {
  readonly label: string
  readonly text: string
}

/** ended: nobody knows that its trouble is over. */
export type Tone = Severity | 'resolved' | 'ended'

export interface AlertText {
  readonly tone: Tone
  /** `FIRING, critical`, `RESOLVED`, `ENDED, rule removed` */
  readonly state: string
  /** `ConnectException: Connection refused: <*>` */
  readonly what: string
  /** `com.acme.Orders.save:17` */
  readonly culprit: string | null
  readonly facts: readonly Fact[]
  readonly links: readonly Link[]
}

export interface Message {
  /** `[FIRING, critical]` and the headline. */
  readonly title: string
  /** `ConnectException: Connection refused: <*> in orders (production)` */
  readonly headline: string
  /** Of the worst alert that fires; when none does, `ended` where that is said of any. */
  readonly tone: Tone
  readonly alerts: readonly AlertText[]
  /** Alerts that were left out at the end, for want of room. */
  readonly notShown: number
}

const MAX_CHARS = { title: 200, what: 400, culprit: 200, where: 200, why: 400, advice: 500, annotation: 300 }
const DAY_MS = 86_400_000
const MAX_JOBS = 5
const MAX_TITLE_JOBS = 3
const MAX_ANNOTATIONS = 5
const MAX_LINKS = 6
const ENDED: Readonly<Record<Ending, { readonly short: string; readonly long: string }>> = {
  given_up: { short: 'no longer expected', long: 'given up as gone: nothing has come, and nothing is expected any more' },
  no_news: { short: 'no longer new', long: 'after a week it is no news any more; it was not seen to end' },
  rule_gone: { short: 'rule removed', long: 'the rule was removed, switched off or changed: nobody looks whether it goes on' },
  elsewhere: { short: 'told to others', long: 'it goes on, but this receiver is not told of it any more' },
}
/** A longer link is left out: half a link leads nowhere. */
const MAX_URL_CHARS = 1_000

export function messageOf(notification: Notification, shown = notification.alerts.length, brevity: Brevity = 0): Message {
  const { alerts } = notification
  const headline = headlineOf(alerts, brevity)
  return {
    title: `[${stateOf(alerts)}] ${headline}`,
    headline,
    tone: toneOf(alerts.find(isFiring) ?? alerts.find(({ ending }) => ending !== undefined) ?? alerts[0]),
    alerts: alerts.slice(0, shown).map((alert) => alertText(alert, brevity)),
    notShown: Math.max(0, alerts.length - shown),
  }
}

export function notShownWords(notShown: number): string {
  return `${counted(notShown, 'more alert')} ${notShown === 1 ? 'is' : 'are'} not shown.`
}

function alertText(alert: Alert, brevity: Brevity): AlertText {
  const brief = (text: string, maxChars: number): string => cut(oneLine(text), maxChars >> brevity)
  const annotations = brevity < 2 ? Object.entries(worst(alert).annotations).slice(0, MAX_ANNOTATIONS) : []
  const facts: (Fact | null)[] = [
    { label: 'Where', text: brief(where(alert), MAX_CHARS.where) },
    howMuch(alert),
    { label: 'Since', text: since(alert) },
    alert.ending === undefined ? null : { label: 'Ended', text: ENDED[alert.ending].long },
    whetherNew(alert),
    { label: 'Why', text: brief(`${worst(alert).why} (rule: ${alert.rule.title})`, MAX_CHARS.why) },
    alert.advice === null ? null : { label: 'Advice', text: brief(alert.advice, MAX_CHARS.advice) },
    ...annotations.map(([name, text]) => ({ label: cut(oneLine(name), 40), text: brief(text, MAX_CHARS.annotation) })),
  ]
  return {
    tone: toneOf(alert),
    state: ownState(alert),
    what: brief(alert.what, MAX_CHARS.what),
    culprit: alert.culprit === null ? null : brief(alert.culprit, MAX_CHARS.culprit),
    facts: facts.filter((fact) => fact !== null && fact.text !== '') as Fact[], // the filter takes the nulls out
    links:
      brevity < 2
        ? alert.links
            .filter(isSafeLink)
            .slice(0, MAX_LINKS)
            .map(({ title, url }) => ({ title: brief(title, 80), url: new URL(url).href }))
        : [],
  }
}

/** `FIRING, critical`, `2 FIRING, critical; 1 RESOLVED` */
function stateOf(alerts: readonly Alert[]): string {
  if (alerts.length === 1) return alerts.map(ownState).join()
  const ended = alerts.filter(({ ending }) => ending !== undefined).length
  const firing = alerts.filter(isFiring).length
  const worstFiring = alerts.find(isFiring)?.severity ?? ''
  const states = [
    [firing, `FIRING, ${worstFiring}`],
    [alerts.length - firing - ended, 'RESOLVED'],
    [ended, 'ENDED'],
  ] as const
  return states.flatMap(([count, state]) => (count > 0 ? [`${count} ${state}`] : [])).join('; ')
}

function ownState(alert: Alert): string {
  if (isFiring(alert)) return `FIRING, ${alert.severity}`
  return alert.ending === undefined ? 'RESOLVED' : `ENDED, ${ENDED[alert.ending].short}`
}

function toneOf(alert: Alert | undefined): Tone {
  if (alert === undefined) return 'resolved'
  if (isFiring(alert)) return alert.severity
  return alert.ending === undefined ? 'resolved' : 'ended'
}

/** Of the first alert, which is the worst, with the place of all. */
function headlineOf(alerts: readonly Alert[], brevity: Brevity): string {
  const [first] = alerts
  if (first === undefined) return ''
  const rest = alerts.length > 1 ? `and ${alerts.length - 1} more in ${places(alerts)}` : placeOf(first)
  const room = MAX_CHARS.title >> brevity
  return `${cut(oneLine(first.what), room)} ${cut(oneLine(rest), room)}`.trim()
}

/** What names its job already, as a silence does, needs only the environment. */
function placeOf(alert: Alert): string {
  const { job, environment } = alert.subject
  if (job === null || !alert.what.endsWith(` ${job}`)) return `in ${where(alert)}`
  return environment === null ? '' : `(${environment})`
}

function where({ subject, jobs, jobCount }: Alert): string {
  return placeWords(jobsOf({ subject, jobs }), jobCount, MAX_JOBS, subject.environment)
}

/** Of several alerts: the jobs of the worst first. */
function places(alerts: readonly Alert[]): string {
  const jobs = [...new Set(alerts.flatMap(jobsOf))]
  const environments = new Set(alerts.map(({ subject }) => subject.environment))
  const [environment = null] = environments.size === 1 ? environments : []
  return placeWords(jobs, Math.max(...alerts.map(({ jobCount }) => jobCount)), MAX_TITLE_JOBS, environment)
}

function jobsOf({ subject, jobs }: Pick<Alert, 'subject' | 'jobs'>): readonly string[] {
  return subject.job === null ? jobs : [subject.job]
}

/** `jobCount`: there may be more than are known by name. */
function placeWords(jobs: readonly string[], jobCount: number, maxJobs: number, environment: string | null): string {
  const others = Math.max(jobCount, jobs.length) - Math.min(jobs.length, maxJobs)
  const more = others > 0 ? ` and ${counted(others, 'more job')}` : ''
  const list = jobs.length === 0 ? 'all jobs' : `${jobs.slice(0, maxJobs).join(', ')}${more}`
  return environment === null ? list : `${list} (${environment})`
}

/** What fires says how much it is now; what is over, how much it was at its worst, for at its end there was little. */
function worst(alert: Alert): Alert {
  return isFiring(alert) ? alert : { ...alert, ...alert.peak }
}

function howMuch(alert: Alert): Fact | null {
  const { count, noun = 'event', usual, hosts, windowMs } = worst(alert)
  const when = isFiring(alert) || count === 0 ? '' : ' at the peak'
  const parts = [
    count === null ? '' : `${count === 0 ? `no ${noun}s` : counted(count, noun)} in ${duration(windowMs)}${when}`,
    usual === null ? '' : `usually ${numberBeside(usual, count ?? 0)}`,
    hosts === null || hosts === 0 ? '' : `on ${counted(hosts, 'host')}`,
  ]
  const text = parts.filter((part) => part !== '').join(', ')
  return text === '' ? null : { label: 'How much', text }
}

function since({ sinceMs, endsAtMs }: Alert): string {
  return endsAtMs === null ? time(sinceMs) : `${time(sinceMs)}, until ${time(endsAtMs)} (${duration(endsAtMs - sinceMs)})`
}

/** Only an error group can be new, and a silence is none. */
function whetherNew({ isNew, unseenMs, subject, count }: Alert): Fact | null {
  if (isNew) return { label: 'New', text: 'yes, this error was not seen before' }
  if (unseenMs !== undefined) return { label: 'New', text: `no, but it is back after ${counted(Math.floor(unseenMs / DAY_MS), 'day')}` }
  return subject.fingerprint === null || count === 0 ? null : { label: 'New', text: 'no' }
}

function isFiring(alert: Alert): boolean {
  return alert.status === 'firing'
}

function isSafeLink({ url }: Link): boolean {
  return url.length <= MAX_URL_CHARS && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}
