/** Conditions on what is known of a group: new_group, regression. Pure. */
import { MINUTE_MS, type Leaf } from '../condition.ts'
import { CELL_MINUTES, SHORT_MINUTES } from '../count-rings.ts'
import { counted, duration, time } from '../deliver/words.ts'
import { DAY_MS, type GroupRecord } from '../group-book.ts'
import { findingOf } from './counts.ts'
import type { Check, Finding, Sight } from './sight.ts'

type Of<K extends Leaf['kind']> = Extract<Leaf, { kind: K }>

/** Holds for a window after it appeared: that an error is new is news, not a state. Before that it was silent, so the window has no other events. */
export function newGroupCheck({ notSeenMs, minimum, overMs }: Of<'new_group'>): Check<Sight> {
  return (sight) =>
    lately(sight, minimum, overMs, ({ appeared: { atMs, afterMs } }) => {
      if (afterMs !== null && afterMs < notSeenMs) return null
      return {
        sinceMs: atMs,
        minutes: overMs / MINUTE_MS,
        why:
          afterMs === null
            ? 'this error was not seen before'
            : `this error was not seen for ${duration(Math.floor(afterMs / DAY_MS) * DAY_MS)}`,
      }
    })
}

/** Counts from the minute in which it came back: what led to its being resolved is no part of that. */
export function regressionCheck({ minimum, overMs }: Of<'regression'>): Check<Sight> {
  return (sight) =>
    lately(sight, minimum, overMs, ({ resolvedAtMs, regressedAtMs }) => {
      if (resolvedAtMs === null || regressedAtMs === null) return null
      return {
        sinceMs: regressedAtMs,
        minutes: minutesSince(regressedAtMs, sight.end),
        why: `this error was resolved at ${time(resolvedAtMs)} and has come back`,
      }
    })
}

interface Came {
  readonly sinceMs: number
  /** Of the window that has its events. */
  readonly minutes: number
  readonly why: string
}

/** The cheap question first: the book is asked only of groups with events enough. */
function lately(sight: Sight, minimum: number, overMs: number, ask: (record: GroupRecord) => Came | null): Finding | null {
  const { subject, table, series, end } = sight
  const { job, fingerprint } = subject
  if (job === null || fingerprint === null || table.sum(series, end, overMs / MINUTE_MS) < minimum) return null
  const record = sight.groups.get(job, fingerprint)
  const came = record === null ? null : ask(record)
  const endMs = end * MINUTE_MS
  if (came === null || came.sinceMs < endMs - overMs || came.sinceMs >= endMs) return null
  const count = table.sum(series, end, came.minutes)
  if (count < minimum) return null
  return { ...findingOf(sight, came.minutes, count, `${came.why}; ${counted(count, 'event')} since`), sinceMs: came.sinceMs }
}

/** Long windows begin with a whole cell: with the next one, for the one that it lies in has earlier events. */
function minutesSince(timeMs: number, end: number): number {
  const from = Math.floor(timeMs / MINUTE_MS)
  return end - from <= SHORT_MINUTES ? end - from : end - Math.ceil(from / CELL_MINUTES) * CELL_MINUTES
}
