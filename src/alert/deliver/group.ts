/**
 * One group of one receiver: alerts that are told together, and how far that has come. Pure functions on it; the clock comes in.
 *
 * An alert in a group (an entry):
 *
 *   unsaid ──opened──> frozen ──sent──> said ──news, or time to repeat──> unsaid
 *                        └──failed──> unsaid, after a pause
 *
 * While it is frozen, what is said does not change: what comes in the meantime waits in `next`. News is what was never said: a new episode, its end, a
 * higher severity. An episode that begins and ends unsaid is told once, as resolved. Muted alerts are left out until the mute ends; what began and ended
 * under a mute is never told.
 *
 * At most one notification of a group is open at a time. Its id is a hash of what it says (alert, episode, status, how often said before), so whoever
 * holds the same state makes the same id, and another process that takes over does.
 *
 * A group whose receiver forgets (`resend`) is told everything again at its interval, and has no record of what was sent: a repeat is harmless there.
 */
import { createHash } from 'node:crypto'
import { SEVERITIES, type Alert, type Notification, type Severity } from '../alert.ts'
import { repeatAfterMs, type Policy } from './policy.ts'

/** What does not get through at all is given up so long after it ended: nobody needs to hear of it any more. */
export const FORGET_RESOLVED_MS = 24 * 3_600_000
/** Alerts in one notification; the next takes the rest. */
export const MAX_ALERTS = 1_000
const FIRST_PAUSE_MS = 60_000
const LAST_PAUSE_MS = 3_600_000
const FIRST_RESEND_PAUSE_MS = 5_000

/** none: told as it comes. repeats: its beginning and end only (acknowledged). all: nothing (silenced, muted). */
export type Hush = 'none' | 'repeats' | 'all'
export type HushOf = (alert: Alert, nowMs: number) => Hush

export interface Said {
  readonly startsAtMs: number
  readonly status: Alert['status']
  readonly severity: Severity
  /** How often in this episode. */
  readonly times: number
  /** When the notification was opened that said it. */
  readonly atMs: number
}

export interface Entry {
  /** What is to be said, or is being said, or was said last. */
  alert: Alert
  changedAtMs: number
  next: { readonly alert: Alert; readonly changedAtMs: number } | null
  said: Said | null
  /** Whether the open notification says it. */
  frozen: boolean
}

export interface Open {
  readonly id: string
  /** Keys of the alerts, which are frozen. */
  readonly keys: readonly string[]
  readonly atMs: number
}

/** Why the last notification did not get through. */
export interface Trouble {
  readonly reason: 'refused' | 'gave_up'
  readonly error: string
  readonly tries: number
  readonly alerts: number
  readonly atMs: number
}

export interface Group {
  readonly receiver: string
  readonly label: string
  readonly entries: Map<string, Entry>
  open: Open | null
  lastOpenedAtMs: number | null
  /** In a row. */
  failures: number
  pausedUntilMs: number | null
  trouble: Trouble | null
}

export function newGroup(receiver: string, label: string): Group {
  return { receiver, label, entries: new Map(), open: null, lastOpenedAtMs: null, failures: 0, pausedUntilMs: null, trouble: null }
}

/** Takes what evaluation says of an alert. True: news that must be kept; else only numbers have changed. What is older than what we know is ignored. */
export function take(group: Group, alert: Alert, nowMs: number): boolean {
  const entry = group.entries.get(alert.key)
  if (entry === undefined) {
    group.entries.set(alert.key, { alert, changedAtMs: nowMs, next: null, said: null, frozen: false })
    return true
  }
  const known = entry.next?.alert ?? entry.alert
  if (alert.startsAtMs < known.startsAtMs) return false
  const isChange = alert.startsAtMs !== known.startsAtMs || alert.status !== known.status || isWorse(alert.severity, known.severity)
  const changedAtMs = isChange ? nowMs : (entry.next?.changedAtMs ?? entry.changedAtMs)
  if (!entry.frozen) Object.assign(entry, { alert, changedAtMs })
  else if (isChange || entry.next !== null) entry.next = { alert, changedAtMs }
  return isChange
}

/** Takes out what is finished with. The keys of what went. */
export function dropFinished(group: Group, policy: Policy, hushOf: HushOf, nowMs: number): string[] {
  const dropped: string[] = []
  for (const [key, entry] of group.entries) {
    if (entry.frozen || !isFinished(entry, policy, hushOf, nowMs)) continue
    group.entries.delete(key)
    dropped.push(key)
  }
  return dropped
}

/** Opens the notification that is due, if one is: its alerts are frozen until `settle`. */
export function openDue(group: Group, policy: Policy, hushOf: HushOf, nowMs: number): Notification | null {
  if (group.open !== null) return null
  const isAudible = (entry: Entry): boolean => isHeard(entry, hushOf(entry.alert, nowMs), policy)
  const isDue = (entry: Entry): boolean => dueAtMs(group, entry, policy) <= nowMs
  const entries = [...group.entries.values()]
  if (!entries.some((entry) => isDue(entry) && isAudible(entry))) return null
  // News that still waits for company has it now.
  const told = entries.filter((entry) => (isNews(entry, policy) || isDue(entry)) && isAudible(entry)).sort(byUrgency).slice(0, MAX_ALERTS)
  for (const entry of told) entry.frozen = true
  group.open = { id: idOf(group, told), keys: told.map(({ alert }) => alert.key), atMs: nowMs }
  group.lastOpenedAtMs = nowMs
  return notificationOf(group, group.open)
}

export function notificationOf({ receiver, label, entries }: Group, { id, keys }: Open): Notification {
  const alerts = keys.flatMap((key) => entries.get(key)?.alert ?? [])
  return { id, receiver, group: label, alerts }
}

/** The receiver has it. */
export function settleSent(group: Group): void {
  const atMs = group.open?.atMs ?? 0
  for (const entry of group.entries.values()) if (entry.frozen) entry.said = saidBy(entry, atMs)
  Object.assign(group, { open: null, failures: 0, pausedUntilMs: null, trouble: null })
  thaw(group)
}

/** It did not get through: what it said is unsaid again. The group pauses, longer each time, so that a wrong setting does not become a storm. */
export function settleFailed(group: Group, policy: Policy, trouble: Trouble): void {
  const [firstMs, lastMs] = policy.resend === null ? [Math.max(FIRST_PAUSE_MS, policy.groupIntervalMs), LAST_PAUSE_MS] : [FIRST_RESEND_PAUSE_MS, policy.resend.everyMs]
  const pauseMs = Math.min(lastMs, firstMs * 2 ** Math.min(group.failures, 10))
  Object.assign(group, { open: null, failures: group.failures + 1, pausedUntilMs: trouble.atMs + pauseMs, trouble })
  thaw(group)
}

/** When to look at the group again; Infinity: not before it changes. */
export function wakeAtMs(group: Group, policy: Policy): number {
  if (group.open !== null) return Infinity
  let earliest = Infinity
  for (const entry of group.entries.values()) earliest = Math.min(earliest, dueAtMs(group, entry, policy), finishedAtMs(entry, policy))
  return earliest
}

/** Of all its alerts; lower is worse. */
export function worstRank({ entries }: Group): number {
  return Math.min(...[...entries.values()].map(({ alert }) => rank(alert.severity)))
}

function isNews({ alert, said }: Entry, policy: Policy): boolean {
  if (said === null || said.startsAtMs !== alert.startsAtMs) return true
  if (alert.status === 'resolved') return said.status === 'firing' && policy.sendResolved
  return said.status === 'resolved' || isWorse(alert.severity, said.severity)
}

function dueAtMs(group: Group, entry: Entry, policy: Policy): number {
  const pausedUntilMs = group.pausedUntilMs ?? -Infinity
  if (policy.resend !== null) return Math.max(isNews(entry, policy) ? entry.changedAtMs : entry.said!.atMs + policy.resend.everyMs, pausedUntilMs)
  const floor = Math.max(pausedUntilMs, (group.lastOpenedAtMs ?? -Infinity) + policy.groupIntervalMs)
  if (isNews(entry, policy)) return Math.max(entry.changedAtMs + policy.groupWaitMs, floor)
  // What is no news was said.
  return entry.alert.status === 'resolved' ? Infinity : Math.max(entry.said!.atMs + repeatAfterMs(policy, entry.said!.times), floor)
}

function isFinished(entry: Entry, policy: Policy, hushOf: HushOf, nowMs: number): boolean {
  if (entry.alert.status === 'firing') return false
  const neverSaid = entry.said?.startsAtMs !== entry.alert.startsAtMs
  return finishedAtMs(entry, policy) <= nowMs || (neverSaid && hushOf(entry.alert, nowMs) === 'all')
}

function finishedAtMs(entry: Entry, policy: Policy): number {
  if (entry.alert.status === 'firing') return Infinity
  if (policy.resend !== null) return entry.changedAtMs + policy.resend.afterResolvedMs
  return isNews(entry, policy) ? entry.changedAtMs + FORGET_RESOLVED_MS : entry.changedAtMs
}

function isHeard(entry: Entry, hush: Hush, policy: Policy): boolean {
  return hush === 'none' || (hush === 'repeats' && (isNews(entry, policy) || policy.resend !== null))
}

function saidBy({ alert, said }: Entry, atMs: number): Said {
  const times = said?.startsAtMs === alert.startsAtMs ? said.times + 1 : 1
  return { startsAtMs: alert.startsAtMs, status: alert.status, severity: alert.severity, times, atMs }
}

/** What came in the meantime counts now. */
function thaw(group: Group): void {
  for (const entry of group.entries.values()) if (entry.frozen) Object.assign(entry, { ...entry.next, next: null, frozen: false })
}

/** Of what is said, in an order of its own. */
function idOf({ receiver, label }: Group, told: readonly Entry[]): string {
  const says = told.map(({ alert, said }) => JSON.stringify([alert.key, alert.startsAtMs, alert.status, alert.severity, said?.startsAtMs === alert.startsAtMs ? said.times : 0]))
  return createHash('sha256').update(JSON.stringify([receiver, label, ...says.sort()])).digest('hex').slice(0, 32)
}

/** Firing ones first, the most severe first, the newest first. */
function byUrgency({ alert: a }: Entry, { alert: b }: Entry): number {
  if (a.status !== b.status) return a.status === 'firing' ? -1 : 1
  return rank(a.severity) - rank(b.severity) || b.startsAtMs - a.startsAtMs || (a.key < b.key ? -1 : 1)
}

function isWorse(severity: Severity, than: Severity): boolean {
  return rank(severity) < rank(than)
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}
