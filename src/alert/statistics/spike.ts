/**
 * Is a count of fifteen minutes a spike?
 *
 * In: the series' history, the count, and how sensitive to be. Out: yes or no. The last of the three buckets may be under way: its count only
 * grows, so what is a spike already stays one. Pure: the same history gives the same answer in every process.
 */
import { BUCKETS_PER_DAY, BUCKETS_PER_HOUR, HISTORY_BUCKETS, type Expectation, type Fit, type History } from './expectation.ts'
import { upperTail } from './negative-binomial.ts'
import { fitRecent } from './recent.ts'
import { fitSeasonal } from './seasonal.ts'

/** Fewer tell one odd day from what is usual no more. */
const SEASONAL_DAYS = 3
/** Of less, nothing is said: a count threshold and the rule on new groups speak for a job that has just begun. */
const LEAST_BUCKETS = BUCKETS_PER_HOUR

export interface Sensitivity {
  /** A count that chance brings less often than this is a spike. */
  readonly chance: number
  /** As a multiple of what is usual: what is significant and small interests nobody. */
  readonly times: number
  readonly minimum: number
}

/** Seasonal where there are days enough, else by the last day and with a wide prior. Null: too little is known. */
export function fit(history: History): Fit | null {
  const buckets = HISTORY_BUCKETS - history.knownFrom
  if (buckets < LEAST_BUCKETS) return null
  const days = Math.floor(buckets / BUCKETS_PER_DAY)
  return days >= SEASONAL_DAYS ? fitSeasonal(history.counts, days) : fitRecent(history)
}

export function isSpike(count: number, usual: Expectation, { chance, times, minimum }: Sensitivity): boolean {
  if (count < minimum || count < times * usual.mean || count <= usual.ceiling) return false
  return upperTail(count, usual.mean, usual.dispersion) < chance
}
