/** Conditions on what is known of a group: new_group, regression. Pure. */
import { MINUTE_MS, type Leaf } from '../condition.ts'
import { counted, duration, time } from '../deliver/words.ts'
import { DAY_MS, type GroupRecord } from '../group-book.ts'
import { findingOf } from './counts.ts'
import type { Check, Finding, Sight } from './sight.ts'

type Of<K extends Leaf['kind']> = Extract<Leaf, { kind: K }>

/** Holds for a window after it appeared: that an error is new is news, not a state. */
export function newGroupCheck({ notSeenMs, minimum, overMs }: Of<'new_group'>): Check<Sight> {
  return (sight) =>
    lately(sight, minimum, overMs, ({ appeared: { atMs, afterMs } }) => {
      if (afterMs !== null && afterMs < notSeenMs) return null
      return {
        sinceMs: atMs,
        why:
          afterMs === null
            ? 'this error was not seen before'
            : `this error was not seen for ${duration(Math.floor(afterMs / DAY_MS) * DAY_MS)}`,
      }
    })
}

export function regressionCheck({ minimum, overMs }: Of<'regression'>): Check<Sight> {
  return (sight) =>
    lately(sight, minimum, overMs, ({ resolvedAtMs, regressedAtMs }) => {
      if (resolvedAtMs === null || regressedAtMs === null) return null
      return { sinceMs: regressedAtMs, why: `this error was resolved at ${time(resolvedAtMs)} and has come back` }
    })
}

interface Came {
  readonly sinceMs: number
  readonly why: string
}

/** The cheap question first: the book is asked only of groups with events enough. */
function lately(sight: Sight, minimum: number, overMs: number, ask: (record: GroupRecord) => Came | null): Finding | null {
  const { job, fingerprint } = sight.subject
  const minutes = overMs / MINUTE_MS
  const count = sight.table.sum(sight.series, sight.end, minutes)
  if (job === null || fingerprint === null || count < minimum) return null
  const record = sight.groups.get(job, fingerprint)
  const came = record === null ? null : ask(record)
  const endMs = sight.end * MINUTE_MS
  if (came === null || came.sinceMs < endMs - overMs || came.sinceMs >= endMs) return null
  return { ...findingOf(sight, minutes, count, `${came.why}; ${counted(count, 'event')} since`), sinceMs: came.sinceMs }
}
