/** Builders for the tests of the schedule. */
import type { Trouble } from '../../../../src/alert/deliver/group.ts'
import type { Policy } from '../../../../src/alert/deliver/policy.ts'
import { HOUR, MINUTE } from '../../../support/builders.ts'

export const SECOND = 1_000

export function aPolicy(over: Partial<Policy> = {}): Policy {
  return {
    receiver: 'oncall',
    matches: () => true,
    groupBy: ['rule'],
    groupWaitMs: 10 * SECOND,
    groupIntervalMs: MINUTE,
    repeatIntervalMs: 4 * HOUR,
    maxRepeatIntervalMs: 24 * HOUR,
    sendResolved: true,
    resend: null,
    ...over,
  }
}

/** Tells at once: no waiting, no grouping interval. */
export function promptPolicy(over: Partial<Policy> = {}): Policy {
  return aPolicy({ groupWaitMs: 0, groupIntervalMs: 0, ...over })
}

export function forgetfulPolicy(over: Partial<Policy> = {}): Policy {
  return promptPolicy({ groupBy: [], resend: { everyMs: MINUTE, afterResolvedMs: 5 * MINUTE }, ...over })
}

export function aTrouble(over: Partial<Trouble> = {}): Trouble {
  return { reason: 'refused', error: 'HTTP 400, "no"', tries: 1, alerts: 1, atMs: 0, ...over }
}
