/** Conditions on what is known of a group: new_group, regression. Pure. */
import { MINUTE_MS, type Leaf } from '../condition.ts'
import { CELL_MINUTES, SHORT_MINUTES } from '../count-rings.ts'
import { counted, duration, time } from '../deliver/words.ts'
import { DAY_MS, type GroupRecord } from '../group-book.ts'
import { findingOf } from './counts.ts'
import type { Check, Finding, Lapse, Sight } from './sight.ts'

type Of<K extends Leaf['kind']> = Extract<Leaf, { kind: K }>

/** An error that goes on is news for so long; then it is known. An alert of it does not go on for ever. */
const NEWS_MS = 7 * DAY_MS

/** Begins within a window after the error appeared. Before that it was silent, so the window has no other events. */
export function newGroupCheck({ notSeenMs, minimum, overMs }: Of<'new_group'>): Check<Sight> {
  return (sight) =>
    lately(sight, minimum, overMs, ({ appeared: { atMs, afterMs } }) => {
      if (afterMs !== null && afterMs < notSeenMs) return null
      const minutes = overMs / MINUTE_MS
      return {
        sinceMs: atMs,
        minutes,
        count: sight.table.sum(sight.series, sight.end, minutes),
        why:
          afterMs === null
            ? 'this error was not seen before'
            : `this error was not seen for ${duration(Math.floor(afterMs / DAY_MS) * DAY_MS)}`,
      }
    })
}

/**
 * Counts from the minute in which it came back: what led to its being resolved is no part of that. In the very minute in which it was resolved, nobody knows
 * how many came after: one did.
 */
export function regressionCheck({ minimum, overMs }: Of<'regression'>): Check<Sight> {
  return (sight) =>
    lately(sight, minimum, overMs, ({ resolvedAtMs, regressedAtMs }) => {
      if (resolvedAtMs === null || regressedAtMs === null) return null
      const { table, series, end } = sight
      const isMixed = minuteOf(regressedAtMs) === minuteOf(resolvedAtMs)
      return {
        sinceMs: regressedAtMs,
        minutes: minutesSince(minuteOf(regressedAtMs), end),
        count: isMixed
          ? 1 + table.sum(series, end, minutesSince(minuteOf(regressedAtMs) + 1, end))
          : table.sum(series, end, minutesSince(minuteOf(regressedAtMs), end)),
        why: `this error was resolved at ${time(resolvedAtMs)} and has come back`,
      }
    })
}

interface Came {
  readonly sinceMs: number
  /** Of the window that has its events. */
  readonly minutes: number
  /** Events since. */
  readonly count: number
  readonly why: string
}

/**
 * It begins with events enough within a window since the error came, and goes on while any come within a window: an error that has become no more seldom
 * than that is not over. The cheap question first: the book is asked only of groups with events enough.
 */
function lately(sight: Sight, minimum: number, overMs: number, ask: (record: GroupRecord) => Came | null): Finding | null {
  const { subject, table, series, end, isFiring } = sight
  const { job, fingerprint } = subject
  const enough = isFiring ? 1 : minimum
  const within = overMs / MINUTE_MS
  const happened = table.sum(series, end, within)
  if (job === null || fingerprint === null || happened < enough) return null
  const record = sight.groups.get(job, fingerprint)
  const came = record === null ? null : ask(record)
  const endMs = end * MINUTE_MS
  if (came === null || came.sinceMs >= endMs) return null
  const { sinceMs, minutes, count, why } = came
  const lapse: Lapse = { atMs: Math.ceil((sinceMs + NEWS_MS) / MINUTE_MS) * MINUTE_MS, ending: 'no_news' }
  if (sinceMs >= endMs - overMs)
    return count < enough ? null : { ...findingOf(sight, minutes, count, `${why}; ${counted(count, 'event')} since`), sinceMs, lapse }
  if (!isFiring || endMs > lapse.atMs) return null
  return { ...findingOf(sight, within, happened, `${why}; ${counted(happened, 'event')} in ${duration(overMs)}`), sinceMs, lapse }
}

/** Long windows begin with a whole cell: with the next one, for the one that it lies in has earlier events. */
function minutesSince(minute: number, end: number): number {
  return end - minute <= SHORT_MINUTES ? end - minute : end - Math.ceil(minute / CELL_MINUTES) * CELL_MINUTES
}

function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS)
}
