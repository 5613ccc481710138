/**
 * What is usual at a time of day, learned from the last days.
 *
 * In: counts of five minutes, whole days of them, the oldest first. Out: mean, dispersion and ceiling of any fifteen minutes of the next day.
 *
 * - One day's incident is not usual: what the highest day has above the second highest is cut off, and a day that varies far more than every
 *   other has no say in the dispersion.
 * - A bucket's mean lies between that of its time of day and that of its minute of the hour: the nearer to the first, the less the days differ
 *   among each other compared with the times of day (empirical Bayes). So an hourly task is known by all its runs, a daily one by its own.
 * - A bucket's neighbours count half, unless the bucket alone predicts better: a task that starts to the minute is not blurred.
 * - The dispersion is what each day shows against the others, itself left out. A minute of the hour has its own where it differs much: an hourly
 *   task starts early at times.
 * - The ceiling is above the greatest excess that two days have shown.
 *
 * The constants were chosen with the benchmark `spikes`, which prints what they reach.
 */
import { BUCKETS_PER_DAY as DAY, BUCKETS_PER_HOUR as HOUR, EVIDENCE_BUCKETS, type Fit } from './expectation.ts'
import { above, dispersionOf, scoreOf } from './prior.ts'

const HOURS_PER_DAY = DAY / HOUR
/** Weight of a bucket's neighbours where a bucket is not taken alone. */
const NEIGHBOUR_WEIGHT = 0.5
/** The bucket alone must predict so much better to be believed: squared error, as a share. */
const SHARPER = 0.8
/** The mean of the minute of the hour counts as one day more, at least. */
const PRIOR_DAYS = 1
/** Stands for "days differ only by chance", where the division would give no number. */
const MANY_DAYS = 1e6
/** Events by which the highest day may pass the second highest. */
const CUT_SLACK = 5
/** A day whose squares are so many times those of the next is an incident. */
const INCIDENT = 4
/** A minute of the hour has a dispersion of its own where it is so many times the series'. */
const OWN_DISPERSION = 2

interface Profile {
  /** By bucket of the day. */
  readonly mean: Float64Array
  /** For each count, its mean as the other days tell it. */
  readonly byOthers: Float64Array
  readonly error: number
}

export function fitSeasonal(all: Float64Array, days: number): Fit {
  const counts = all.subarray(all.length - days * DAY)
  const settled = cutIncident(counts, days)
  const blurred = profileOf(settled, days, NEIGHBOUR_WEIGHT)
  const alone = profileOf(settled, days, 0)
  const isSharp = alone.error < SHARPER * blurred.error
  const { mean, byOthers } = isSharp ? alone : blurred
  const { series, byMinute } = dispersions(sums(settled), sums(byOthers), days, isSharp)
  const seen = secondHighest(scoresByDay(sums(counts), sums(byOthers), days, series))
  return (bucket) => {
    const usual = sumEndingAt(mean, bucket)
    return { mean: usual, dispersion: byMinute[place(bucket, HOUR)]!, ceiling: above(seen, usual, series) }
  }
}

function cutIncident(counts: Float64Array, days: number): Float64Array {
  const highest = Float64Array.from({ length: days }, (_, day) =>
    counts.subarray(day * DAY, (day + 1) * DAY).reduce((a, b) => Math.max(a, b)),
  )
  const cut = secondHighest(highest) + CUT_SLACK
  return counts.map((count) => Math.min(count, cut))
}

function profileOf(counts: Float64Array, days: number, weight: number): Profile {
  const values = weight === 0 ? counts : withNeighbours(counts, weight)
  const mean = new Float64Array(DAY)
  const byOthers = new Float64Array(counts.length)
  let error = 0
  for (let minute = 0; minute < HOUR; minute++) {
    const { means, prior, priorDays } = timesOfDay(values, days, minute)
    for (let hour = 0; hour < HOURS_PER_DAY; hour++) {
      const at = hour * HOUR + minute
      const total = means[hour]! * days
      mean[at] = (total + prior * priorDays) / (days + priorDays)
      for (let i = at; i < counts.length; i += DAY) {
        const expected = (total - values[i]! + prior * priorDays) / (days - 1 + priorDays)
        byOthers[i] = expected
        error += (counts[i]! - expected) ** 2
      }
    }
  }
  return { mean, byOthers, error }
}

function withNeighbours(counts: Float64Array, weight: number): Float64Array {
  const last = counts.length - 1
  return counts.map(
    (count, i) => (count + weight * (counts[i === 0 ? DAY - 1 : i - 1]! + counts[i === last ? last + 1 - DAY : i + 1]!)) / (1 + 2 * weight),
  )
}

/** One minute of the hour: its mean at each hour of the day, its mean over all, and how many days' worth the latter is. */
function timesOfDay(values: Float64Array, days: number, minute: number): { means: Float64Array; prior: number; priorDays: number } {
  const means = new Float64Array(HOURS_PER_DAY)
  for (let hour = 0; hour < HOURS_PER_DAY; hour++) {
    for (let i = hour * HOUR + minute; i < values.length; i += DAY) means[hour]! += values[i]! / days
  }
  const prior = means.reduce((a, b) => a + b) / HOURS_PER_DAY
  let between = 0
  let within = 0
  for (let hour = 0; hour < HOURS_PER_DAY; hour++) {
    between += (means[hour]! - prior) ** 2 / (HOURS_PER_DAY - 1)
    for (let i = hour * HOUR + minute; i < values.length; i += DAY) within += (values[i]! - means[hour]!) ** 2 / (days - 1) / HOURS_PER_DAY
  }
  const surely = between - within / days // what days alone would make the hours differ
  return { means, prior, priorDays: PRIOR_DAYS + (surely <= within / MANY_DAYS ? MANY_DAYS : within / surely) }
}

function dispersions(
  found: Float64Array,
  expected: Float64Array,
  days: number,
  isSharp: boolean,
): { series: number; byMinute: Float64Array } {
  const incident = incidentDay(found, expected, days)
  const excess = new Float64Array(HOUR)
  const square = new Float64Array(HOUR)
  for (let i = EVIDENCE_BUCKETS - 1; i < found.length; i++) {
    if (Math.floor(i / DAY) === incident) continue
    excess[i % HOUR]! += (found[i]! - expected[i]!) ** 2 - expected[i]!
    square[i % HOUR]! += expected[i]! ** 2
  }
  const series = dispersionOf(
    excess.reduce((a, b) => a + b),
    square.reduce((a, b) => a + b),
  )
  const own = excess.map((sum, minute) => dispersionOf(sum, square[minute]!))
  return { series, byMinute: own.map((one) => (isSharp || one > OWN_DISPERSION * series ? one : series)) }
}

/** -1: none. */
function incidentDay(found: Float64Array, expected: Float64Array, days: number): number {
  const squares = new Float64Array(days)
  for (let i = EVIDENCE_BUCKETS - 1; i < found.length; i++) squares[Math.floor(i / DAY)]! += (found[i]! - expected[i]!) ** 2
  const worst = squares.indexOf(Math.max(...squares))
  return squares[worst]! > INCIDENT * secondHighest(squares) ? worst : -1
}

/** The highest of each day. */
function scoresByDay(found: Float64Array, expected: Float64Array, days: number, dispersion: number): Float64Array {
  const highest = new Float64Array(days)
  for (let i = EVIDENCE_BUCKETS - 1; i < found.length; i++) {
    const day = Math.floor(i / DAY)
    highest[day] = Math.max(highest[day]!, scoreOf(found[i]!, expected[i]!, dispersion))
  }
  return highest
}

/** Of the fifteen minutes that end with each bucket. The first two have no such, and are not looked at. */
function sums(values: Float64Array): Float64Array {
  return values.map((value, i) => value + (values[i - 1] ?? 0) + (values[i - 2] ?? 0))
}

function sumEndingAt(mean: Float64Array, bucket: number): number {
  let sum = 0
  for (let back = 0; back < EVIDENCE_BUCKETS; back++) sum += mean[place(bucket - back, DAY)]!
  return sum
}

/** Whole days lie before it, so places of the day and of the hour count from it, forwards and back. */
function place(bucket: number, length: number): number {
  return ((bucket % length) + length) % length
}

function secondHighest(values: Float64Array): number {
  return values.toSorted()[values.length - 2]!
}
