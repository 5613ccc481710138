/**
 * A time range as few intervals of the tiers: whole days in the middle, hours towards the ends, minutes at the ends. Pure.
 *
 *   from                                                     to
 *    |minutes| hours |      days       |   hours   | minutes |
 */
import { MINUTE_MS } from '../../lib/durations.ts'
import { startOfTier, TIERS } from './rollups.ts'

/** `from` and `to` are multiples of `tier`. */
export interface Segment {
  readonly tier: number
  readonly from: number
  readonly to: number
}

export function segmentsOf(fromMs: number, toMs: number): Segment[] {
  return split(fromMs, toMs, TIERS)
}

/** For a trend, whose intervals count from `fromMs`: only tiers that each interval is made of whole ones of. */
export function segmentsOfTrend(fromMs: number, toMs: number, intervalMs: number): Segment[] {
  return split(
    fromMs,
    toMs,
    TIERS.filter((tier) => tier === MINUTE_MS || (intervalMs % tier === 0 && fromMs % tier === 0)),
  )
}

function split(from: number, to: number, [tier, ...shorter]: readonly number[]): Segment[] {
  if (tier === undefined || from >= to) return []
  const begin = startOfTier(from + tier - 1, tier)
  const end = startOfTier(to, tier)
  if (begin >= end) return split(from, to, shorter)
  return [...split(from, begin, shorter), { tier, from: begin, to: end }, ...split(end, to, shorter)]
}
