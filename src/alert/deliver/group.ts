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
 * under a mute is never told. The end of what was told as firing is told under a mute, too: it wakes nobody, and whoever keeps it open waits for it.
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

/** none: told as it comes. repeats: its beginning and end only (acknowledged). all: nothing but the end of what was told before (silenced, muted). */
export type Suppression = 'none' | 'repeats' | 'all'
export type SuppressionOf = (alert: Alert, nowMs: number) => Suppression

export interface Notified {
  readonly startsAtMs: number
  readonly status: Alert['status']
  readonly severity: Severity
  /** How often in this episode. */
  readonly times: number
  /** The notification that said it, and when that was opened. */
  readonly by: string
  readonly atMs: number
}

/** An alert as it is, since when, and since when something of it waits to be said: an alert that flaps must not put that off. */
export interface Pending {
  readonly alert: Alert
  readonly changedAtMs: number
  readonly unsaidSinceMs: number
}

export interface Entry {
  /** What is to be said, or is being said, or was said last. */
  now: Pending
  /** What came while that was being said. */
  next: Pending | null
  said: Notified | null
  /** Id of the open notification that says it: until that is settled, what is said does not change. */
  frozenBy: string | null
}

export interface Open {
  readonly id: string
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
    group.entries.set(alert.key, { now: { alert, changedAtMs: nowMs, unsaidSinceMs: nowMs }, next: null, said: null, frozenBy: null })
    return true
  }
  const latest = entry.next ?? entry.now
  if (alert.startsAtMs < latest.alert.startsAtMs) return false
  const isChange =
    alert.startsAtMs !== latest.alert.startsAtMs || alert.status !== latest.alert.status || isWorse(alert.severity, latest.alert.severity)
  const changedAtMs = isChange ? nowMs : latest.changedAtMs
  const isFrozen = entry.frozenBy !== null
  if (isFrozen && (isChange || entry.next !== null)) entry.next = { alert, changedAtMs, unsaidSinceMs: entry.next?.unsaidSinceMs ?? nowMs }
  if (!isFrozen) entry.now = { alert, changedAtMs, unsaidSinceMs: isChange && isSaid(entry) ? nowMs : entry.now.unsaidSinceMs }
  return isChange
}

/** Takes out what is finished with. The keys of what went. */
export function dropFinished(group: Group, policy: Policy, suppressionOf: SuppressionOf, nowMs: number): string[] {
  const dropped: string[] = []
  for (const [key, entry] of group.entries) {
    if (entry.frozenBy !== null || !isFinished(group, entry, policy, suppressionOf, nowMs)) continue
    group.entries.delete(key)
    dropped.push(key)
  }
  return dropped
}

/** Opens the notification that is due, if one is: its alerts are frozen until `settle`. */
export function openDue(group: Group, policy: Policy, suppressionOf: SuppressionOf, nowMs: number): Notification | null {
  if (group.open !== null) return null
  const isAudible = (entry: Entry): boolean => isHeard(entry, suppressionOf(entry.now.alert, nowMs), policy)
  const isDue = (entry: Entry): boolean => dueAtMs(group, entry, policy) <= nowMs
  const entries = [...group.entries.values()]
  if (!entries.some((entry) => isDue(entry) && isAudible(entry))) return null
  // News that still waits for company has it now.
  const told = entries
    .filter((entry) => (isNews(entry, policy) || isDue(entry)) && isAudible(entry))
    .sort(byUrgency)
    .slice(0, MAX_ALERTS)
  group.open = { id: idOf(group, told), atMs: nowMs }
  group.lastOpenedAtMs = nowMs
  for (const entry of told) entry.frozenBy = group.open.id
  return notificationOf(group, group.open)
}

/** The alerts that an open notification says. */
export function toldBy({ entries }: Group, { id }: Open): Entry[] {
  return [...entries.values()].filter(({ frozenBy }) => frozenBy === id)
}

/**
 * After a restore: the open notification, to be sent again. Null where there is none, or where the records are from the middle of a settlement: then it was
 * sent, which some of its alerts know already, or had failed, and some say something newer.
 */
export function reopen(group: Group): Notification | null {
  const { open, entries } = group
  const told = open === null ? [] : toldBy(group, open)
  const wasSent = open !== null && [...entries.values()].some(({ said }) => said?.by === open.id)
  if (open !== null && !wasSent && idOf(group, told) === open.id) return notificationOf(group, open)
  if (wasSent) settleSent(group)
  group.open = null
  thaw(group)
  return null
}

/** The receiver has it. */
export function settleSent(group: Group): void {
  const { open } = group
  if (open !== null) for (const entry of toldBy(group, open)) entry.said = saidBy(entry, open)
  Object.assign(group, { open: null, failures: 0, pausedUntilMs: null, trouble: null })
  thaw(group)
}

/** It did not get through: what it said is unsaid again. The group pauses, longer each time, so that a wrong setting does not become a storm. */
export function settleFailed(group: Group, policy: Policy, trouble: Trouble): void {
  const [firstMs, lastMs] =
    policy.resend === null
      ? [Math.max(FIRST_PAUSE_MS, policy.groupIntervalMs), LAST_PAUSE_MS]
      : [FIRST_RESEND_PAUSE_MS, policy.resend.everyMs]
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
  return Math.min(...[...entries.values()].map(({ now }) => rank(now.alert.severity)))
}

function isNews(entry: Entry, policy: Policy): boolean {
  if (isSaid(entry)) return false
  const { alert } = entry.now
  return alert.status === 'firing' || entry.said?.startsAtMs !== alert.startsAtMs || policy.sendResolved
}

/** The receiver knows this episode, how it stands, and how bad it is. */
function isSaid({ now: { alert }, said }: Entry): boolean {
  return (
    said?.startsAtMs === alert.startsAtMs &&
    said.status === alert.status &&
    !(alert.status === 'firing' && isWorse(alert.severity, said.severity))
  )
}

function dueAtMs(group: Group, entry: Entry, policy: Policy): number {
  const pausedUntilMs = group.pausedUntilMs ?? -Infinity
  const { alert, unsaidSinceMs } = entry.now
  if (policy.resend !== null)
    return Math.max(isNews(entry, policy) ? unsaidSinceMs : entry.said!.atMs + policy.resend.everyMs, pausedUntilMs)
  const floor = Math.max(pausedUntilMs, (group.lastOpenedAtMs ?? -Infinity) + policy.groupIntervalMs)
  if (isNews(entry, policy)) return Math.max(unsaidSinceMs + policy.groupWaitMs, floor)
  // What is no news was said.
  return alert.status === 'resolved' ? Infinity : Math.max(entry.said!.atMs + repeatAfterMs(policy, alert, entry.said!.times), floor)
}

/** Whether the mute counts is asked when it would be told, not before: a take-over must not change the answer. */
function isFinished(group: Group, entry: Entry, policy: Policy, suppressionOf: SuppressionOf, nowMs: number): boolean {
  const { alert } = entry.now
  if (alert.status === 'firing') return false
  if (finishedAtMs(entry, policy) <= nowMs) return true
  return !isOwedItsEnd(entry, policy) && dueAtMs(group, entry, policy) <= nowMs && suppressionOf(alert, nowMs) === 'all'
}

function finishedAtMs(entry: Entry, policy: Policy): number {
  const { alert, changedAtMs } = entry.now
  if (alert.status === 'firing') return Infinity
  if (policy.resend !== null) return changedAtMs + policy.resend.afterResolvedMs
  return isNews(entry, policy) ? changedAtMs + FORGET_RESOLVED_MS : changedAtMs
}

function isHeard(entry: Entry, suppression: Suppression, policy: Policy): boolean {
  if (suppression === 'none' || isOwedItsEnd(entry, policy)) return true
  return suppression === 'repeats' && (isNews(entry, policy) || policy.resend !== null)
}

/** The receiver takes it for firing, be it in an earlier episode, and it is over. */
function isOwedItsEnd({ now, said }: Entry, policy: Policy): boolean {
  return now.alert.status === 'resolved' && said?.status === 'firing' && policy.sendResolved
}

function notificationOf(group: Group, open: Open): Notification {
  return {
    id: open.id,
    receiver: group.receiver,
    group: group.label,
    alerts: toldBy(group, open)
      .sort(byUrgency)
      .map(({ now }) => now.alert),
  }
}

function saidBy({ now: { alert }, said }: Entry, { id, atMs }: Open): Notified {
  const times = said?.startsAtMs === alert.startsAtMs ? said.times + 1 : 1
  return { startsAtMs: alert.startsAtMs, status: alert.status, severity: alert.severity, times, by: id, atMs }
}

/** What came in the meantime counts now. */
function thaw(group: Group): void {
  for (const entry of group.entries.values()) {
    if (entry.frozenBy === null) continue
    const { now, next } = entry
    if (next !== null) entry.now = isSaid(entry) ? next : { ...next, unsaidSinceMs: now.unsaidSinceMs }
    entry.next = null
    entry.frozenBy = null
  }
}

/** Of what is said, in an order of its own. */
function idOf({ receiver, label }: Group, told: readonly Entry[]): string {
  const says = told.map(({ now: { alert }, said }) =>
    JSON.stringify([alert.key, alert.startsAtMs, alert.status, alert.severity, said?.startsAtMs === alert.startsAtMs ? said.times : 0]),
  )
  return createHash('sha256')
    .update(JSON.stringify([receiver, label, ...says.sort()]))
    .digest('hex')
    .slice(0, 32)
}

/** Firing ones first, the most severe first, the newest first. */
function byUrgency({ now: { alert: a } }: Entry, { now: { alert: b } }: Entry): number {
  if (a.status !== b.status) return a.status === 'firing' ? -1 : 1
  return rank(a.severity) - rank(b.severity) || b.startsAtMs - a.startsAtMs || (a.key < b.key ? -1 : 1)
}

function isWorse(severity: Severity, than: Severity): boolean {
  return rank(severity) < rank(than)
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}
