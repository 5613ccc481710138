/**
 * What is known of groups: since when, whether anybody has dealt with them, and who. So nothing scans history to learn that an error is new.
 *
 *               ┌────────────────────────── reopen ──────────────────────────┐
 *   new ──7 days──> ongoing ──resolve──> resolved ──an event after it──> regressed ──resolve──> resolved
 *    └── mute ──────┴───────────────────────┴──> muted ──unmute, its end, its count──> new, ongoing or regressed as before
 *
 * In: rows as they are read, and what somebody decides. Out: records that have changed, to be stored by the caller (control log, table). Pure:
 * a record is replaced, never changed. Reading the same rows again changes nothing.
 *
 * - A group appears when its first event comes, or one after a silence of a day or more: `appeared` says when and after how long. How long a silence
 *   makes an error new again is for each rule to say.
 * - A group that comes under a new key after a change of fingerprint rules takes over what is known under the key before.
 * - While the book is young everything would be new: what appears in its first day counts as known. So does what appears in the first day after a time in
 *   which nobody watched: whether it was silent then, nobody knows.
 */
import { MINUTE_MS } from './condition.ts'

const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** A group is called new for so long. */
const NEW_MS = 7 * DAY_MS
const LEARNING_MS = DAY_MS
/** Shorter silences are not remembered. */
const LEAST_GAP_MS = DAY_MS
/** `lastSeenMs` is written no more often: each change is a record to be stored. A shorter time in which nobody watched is no gap, either. */
export const LAST_SEEN_STEP_MS = HOUR_MS
const MAX_CHANGES = 20

export type GroupState = 'new' | 'ongoing' | 'resolved' | 'regressed' | 'muted'

/** Who did what and when; the last twenty are kept. `who` is null where it came by itself. */
export interface GroupChange {
  readonly to: 'resolved' | 'regressed' | 'muted' | 'reopened' | 'unmuted'
  readonly who: string | null
  readonly atMs: number
  readonly comment: string | null
}

/** All null: until somebody says otherwise. */
export interface Mute {
  readonly untilMs: number | null
  /** Until so many events have come. */
  readonly untilCount: number | null
}

export interface GroupRecord {
  readonly version: 1
  readonly job: string
  readonly fingerprint: string
  readonly firstSeenMs: number
  /** To the hour. */
  readonly lastSeenMs: number
  /** The first event of the present appearance, and the silence before it; null: never seen before. */
  readonly appeared: { readonly atMs: number; readonly afterMs: number | null }
  readonly resolvedAtMs: number | null
  readonly regressedAtMs: number | null
  readonly mute: (Mute & { readonly sinceMs: number; readonly counted: number; readonly countedUntilMs: number }) | null
  readonly changes: readonly GroupChange[]
}

export type GroupAction = { readonly kind: 'resolve' | 'reopen' | 'unmute' } | ({ readonly kind: 'mute' } & Mute)

export interface By {
  readonly who: string
  readonly atMs: number
  readonly comment?: string | null
}

/** What evaluation asks. Stored elsewhere. */
export interface GroupBook {
  get(job: string, fingerprint: string): GroupRecord | null
  /** Groups with a mute, ended ones among them. */
  muted(): Iterable<GroupRecord>
}

export function groupKeyOf(job: string, fingerprint: string): string {
  return `${job}\0${fingerprint}`
}

export function stateAt(record: GroupRecord, timeMs: number): GroupState {
  if (isMutedAt(record, timeMs)) return 'muted'
  if (record.regressedAtMs !== null) return 'regressed'
  if (record.resolvedAtMs !== null) return 'resolved'
  return isNewAt(record, timeMs) ? 'new' : 'ongoing'
}

export function isMutedAt({ mute }: GroupRecord, timeMs: number): boolean {
  if (mute === null || timeMs < mute.sinceMs) return false
  if (mute.untilMs !== null && timeMs >= mute.untilMs) return false
  return mute.untilCount === null || mute.counted < mute.untilCount
}

/** First seen within the last days, and not merely among the first things that we saw. */
export function isNewAt({ appeared, firstSeenMs }: GroupRecord, timeMs: number): boolean {
  return appeared.afterMs === null && appeared.atMs === firstSeenMs && timeMs - firstSeenMs < NEW_MS
}

/** Throws a RangeError for what does not go from the state that it is in. */
export function changeGroup(record: GroupRecord, action: GroupAction, { who, atMs, comment = null }: By): GroupRecord {
  const noted = (to: GroupChange['to']): Pick<GroupRecord, 'changes'> => ({
    changes: [...record.changes, { to, who, atMs, comment }].slice(-MAX_CHANGES),
  })
  const isMuted = isMutedAt(record, atMs)
  const isResolved = record.resolvedAtMs !== null && record.regressedAtMs === null
  if (action.kind === 'mute') {
    const { untilMs, untilCount } = action
    if (untilMs !== null && untilMs <= atMs) throw new RangeError('the end of the mute is past')
    return { ...record, ...noted('muted'), mute: { untilMs, untilCount, sinceMs: atMs, counted: 0, countedUntilMs: nextMinute(atMs) } }
  }
  if (action.kind === 'unmute') {
    if (!isMuted) throw new RangeError('the group is not muted')
    return { ...record, ...noted('unmuted'), mute: null }
  }
  if (action.kind === 'reopen') {
    if (!isResolved) throw new RangeError('the group is not resolved')
    return { ...record, ...noted('reopened'), resolvedAtMs: null }
  }
  if (isResolved) throw new RangeError('the group is resolved already')
  return { ...record, ...noted('resolved'), resolvedAtMs: atMs, regressedAtMs: null, mute: null }
}

/** A group's events of one minute, all rows of it together. */
export interface GroupMinute {
  readonly windowMs: number
  readonly job: string
  readonly fingerprint: string
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
}

export interface Observing {
  /** Since when groups are watched without a gap. */
  readonly sinceMs: number
  /** Up to here minutes are complete: mutes until a count count them once. */
  readonly completeUntilMs: number
}

/** What is known after a minute was read; minutes come in order. `previous`: what is known under the key before. The same object where nothing has changed. */
export function observeGroup(
  record: GroupRecord | null,
  previous: GroupRecord | null,
  minute: GroupMinute,
  observing: Observing,
): GroupRecord {
  const known = record ?? (previous === null ? newGroupRecord(minute, observing) : { ...previous, fingerprint: minute.fingerprint })
  return counted(regressed(seen(known, minute, observing), minute), minute, observing)
}

/** Most rows tell nothing that is not known; the others are worth the trouble of being put in order. */
export function tells(
  { firstSeenMs, lastSeenMs, resolvedAtMs, mute }: GroupRecord,
  { firstMs, lastMs }: Pick<GroupMinute, 'firstMs' | 'lastMs'>,
): boolean {
  return mute !== null || resolvedAtMs !== null || firstMs < firstSeenMs || lastMs - lastSeenMs >= LAST_SEEN_STEP_MS
}

function newGroupRecord({ job, fingerprint, firstMs, lastMs }: GroupMinute, observing: Observing): GroupRecord {
  return {
    version: 1,
    job,
    fingerprint,
    firstSeenMs: firstMs,
    lastSeenMs: lastMs,
    appeared: { atMs: firstMs, afterMs: isLearning(firstMs, observing) ? 0 : null },
    resolvedAtMs: null,
    regressedAtMs: null,
    mute: null,
    changes: [],
  }
}

function isLearning(timeMs: number, { sinceMs }: Observing): boolean {
  return timeMs < sinceMs + LEARNING_MS
}

/** Events that come late may be older than what is known. */
function seen(record: GroupRecord, { firstMs, lastMs }: GroupMinute, observing: Observing): GroupRecord {
  const { firstSeenMs, lastSeenMs, appeared } = record
  const gapMs = firstMs - lastSeenMs
  if (gapMs >= LEAST_GAP_MS)
    return { ...record, lastSeenMs: lastMs, appeared: { atMs: firstMs, afterMs: isLearning(firstMs, observing) ? 0 : gapMs } }
  const first = Math.min(firstSeenMs, firstMs)
  const last = lastMs - lastSeenMs >= LAST_SEEN_STEP_MS ? lastMs : lastSeenMs
  if (first === firstSeenMs && last === lastSeenMs) return record
  const isSameAppearance = appeared.atMs === firstSeenMs
  return { ...record, firstSeenMs: first, lastSeenMs: last, appeared: isSameAppearance ? { ...appeared, atMs: first } : appeared }
}

function regressed(record: GroupRecord, { lastMs }: GroupMinute): GroupRecord {
  if (record.resolvedAtMs === null || record.regressedAtMs !== null || lastMs <= record.resolvedAtMs) return record
  const change: GroupChange = { to: 'regressed', who: null, atMs: lastMs, comment: null }
  return { ...record, regressedAtMs: lastMs, changes: [...record.changes, change].slice(-MAX_CHANGES) }
}

/** A minute counts with the first complete reading of it; of that in which the group was muted, nobody knows which events came before. */
function counted(record: GroupRecord, { windowMs, count }: GroupMinute, { completeUntilMs }: Observing): GroupRecord {
  const { mute } = record
  const endMs = windowMs + MINUTE_MS
  if (mute === null || mute.untilCount === null || windowMs < mute.countedUntilMs || endMs > completeUntilMs) return record
  return { ...record, mute: { ...mute, counted: mute.counted + count, countedUntilMs: endMs } }
}

function nextMinute(timeMs: number): number {
  return Math.ceil(timeMs / MINUTE_MS) * MINUTE_MS
}
