/**
 * What is usual by the last day alone, as long as there are too few days to know times of day.
 *
 * In: the history. Out: a mean for each minute of the hour, with a prior as wide as the history is short; the ceiling is above all that was seen.
 */
import {
  BUCKETS_PER_DAY as DAY,
  BUCKETS_PER_HOUR as HOUR,
  EVIDENCE_BUCKETS,
  HISTORY_BUCKETS,
  type Fit,
  type History,
} from './expectation.ts'
import { above, dispersionOf, scoreOf } from './prior.ts'

/** The mean of all buckets counts as one hour more to each minute of the hour. */
const PRIOR_HOURS = 1
/** Dispersion between one day and the next, which a single day cannot show; a part of a day shows so much less. */
const DAY_TO_DAY = 0.2
/** Weight of a bucket's neighbours: a day has too few hours to show how far a task's start may stray. */
const NEIGHBOUR_WEIGHT = 0.5

export function fitRecent({ counts: all, knownFrom }: History): Fit {
  const counts = all.subarray(Math.max(knownFrom, HISTORY_BUCKETS - DAY))
  const means = meansByMinute(counts)
  const { excess, square } = spreadOf(counts, means)
  const dispersion = dispersionOf(excess, square) + (DAY_TO_DAY * DAY) / counts.length
  const seen = highestScore(counts, means, dispersion)
  return (bucket) => {
    const mean = expected(means, bucket)
    return { mean, dispersion, ceiling: above(seen, mean, dispersion) }
  }
}

function meansByMinute(counts: Float64Array): Float64Array {
  const overall = counts.reduce((a, b) => a + b) / counts.length
  const sums = new Float64Array(HOUR)
  const hours = new Float64Array(HOUR)
  for (let i = 0; i < counts.length; i++) {
    const minute = minuteOf(i - counts.length)
    sums[minute]! += counts[i]!
    hours[minute]! += 1
  }
  const means = sums.map((sum, minute) => (sum + overall * PRIOR_HOURS) / (hours[minute]! + PRIOR_HOURS))
  return means.map(
    (mean, minute) =>
      (mean + NEIGHBOUR_WEIGHT * (means[minuteOf(minute - 1)]! + means[minuteOf(minute + 1)]!)) / (1 + 2 * NEIGHBOUR_WEIGHT),
  )
}

function spreadOf(counts: Float64Array, means: Float64Array): { excess: number; square: number } {
  let excess = 0
  let square = 0
  for (let i = EVIDENCE_BUCKETS - 1; i < counts.length; i++) {
    const mean = expected(means, i - counts.length)
    excess += (found(counts, i) - mean) ** 2 - mean
    square += mean * mean
  }
  return { excess, square }
}

function highestScore(counts: Float64Array, means: Float64Array, dispersion: number): number {
  let highest = 0
  for (let i = EVIDENCE_BUCKETS - 1; i < counts.length; i++)
    highest = Math.max(highest, scoreOf(found(counts, i), expected(means, i - counts.length), dispersion))
  return highest
}

function found(counts: Float64Array, i: number): number {
  let sum = 0
  for (let back = 0; back < EVIDENCE_BUCKETS; back++) sum += counts[i - back]!
  return sum
}

function expected(means: Float64Array, bucket: number): number {
  let sum = 0
  for (let back = 0; back < EVIDENCE_BUCKETS; back++) sum += means[minuteOf(bucket - back)]!
  return sum
}

/** The history ends with an hour. */
function minuteOf(bucket: number): number {
  return ((bucket % HOUR) + HOUR) % HOUR
}
