/** Somebody asks not to be told of some alerts until a time: who, why, and which. Evaluated all the same. Pure. */
import type { Alert } from './alert.ts'
import { matcher, type Match } from './deliver/policy.ts'

export interface Silence {
  readonly version: 1
  readonly id: string
  /** Fields and labels of alerts; all entries must agree. At least one: a silence for everything would be forgotten. */
  readonly match: Match
  readonly fromMs: number
  readonly untilMs: number
  readonly who: string
  readonly comment: string
}

export type SilenceTest = (alert: Alert, timeMs: number) => boolean

/** Whether one of them is for the alert at that time. */
export function silenceTest(silences: readonly Silence[]): SilenceTest {
  const tests = silences
    .filter(({ match }) => Object.keys(match).length > 0)
    .map(({ match, fromMs, untilMs }) => ({ fromMs, untilMs, test: matcher(match) }))
  return (alert, timeMs) => tests.some(({ fromMs, untilMs, test }) => timeMs >= fromMs && timeMs < untilMs && test(alert))
}
