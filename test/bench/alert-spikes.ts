/**
 * What the spike condition takes for spikes, beside rules that others use, on synthetic counts (alert-series.ts): false episodes on days without a spike, and how
 * many injected spikes are seen. Our rule sees counts as evaluation does: at every minute, the last five minutes under way; the others see whole
 * buckets of five minutes. A spike counts as seen from its first minute to five minutes after its last. An episode ends when nothing is said for 15 minutes.
 */
import { BUCKETS_PER_DAY, BUCKETS_PER_HOUR, HISTORY_BUCKETS, HISTORY_DAYS, type Fit } from '../../src/alert/statistics/expectation.ts'
import { fit, isSpike } from '../../src/alert/statistics/spike.ts'
import { addSpike, chanceOf, DAY_MINUTES, HARDER, SERIES, type SeriesKind } from './alert-series.ts'
import { machine, say } from './support.ts'

const SEEDS = [11, 23, 42, 77, 1_234]
/** Series of each kind and seed, a day of each looked at; and as many more with a spike. */
const SERIES_DAYS = 60
const DAYS = HISTORY_DAYS + 1
const BUCKET = 5
const SPIKE_MINUTES = 15
const QUIET_MINUTES = 15
/** The default rule job-spike. The smallest spike of the figures has 24 events on the average, so a minimum near that would miss many. */
const SENSITIVITY = { chance: 1e-6, times: 3, minimum: 10 }
const LEAST_IN_RATIO = 10
const EWMA_WEIGHT = 0.1
const GOALS: Readonly<Record<string, number>> = { sparse: 98, low: 85, mid: 100, 'over-dispersed': 75, diurnal: 100, 'hourly cron': 90 }

/** Counts of all minutes in, those of the last day out at which the rule says something. */
type Alarms = (counts: Float64Array, buckets: Float64Array) => number[]

const RULES: readonly { readonly name: string; readonly alarms: Alarms }[] = [
  { name: 'spike', alarms: (counts, buckets) => ours(counts, buckets, 0) },
  { name: 'one day known', alarms: (counts, buckets) => ours(counts, buckets, HISTORY_BUCKETS - BUCKETS_PER_DAY) },
  {
    name: 'ratio 3x',
    alarms: (_, buckets) => onBuckets(buckets, (i) => sum(buckets, i - 2, i) >= Math.max(LEAST_IN_RATIO, 3 * sum(buckets, i - 5, i - 3))),
  },
  { name: 'z > 3', alarms: (_, buckets) => onBuckets(buckets, (i) => buckets[i]! > zLimit(buckets.subarray(i - BUCKETS_PER_DAY, i))) },
  { name: 'MAD 5', alarms: (_, buckets) => onBuckets(buckets, (i) => buckets[i]! > madLimit(buckets.subarray(i - BUCKETS_PER_DAY, i))) },
  { name: 'EWMA 4 sd', alarms: (_, buckets) => ewmaAlarms(buckets) },
]

export async function benchSpikes(): Promise<void> {
  say('machine', machine())
  say('seeds', SEEDS.join(' '))
  say('series-days without, spikes with, each', String(SEEDS.length * SERIES_DAYS))
  console.log('\n  false episodes per series-day · spikes seen in %')
  console.log(`  ${''.padEnd(18)}${RULES.map(({ name }) => name.padStart(16)).join('')}   goal`)
  for (const kind of SERIES) row(kind, `0 · ${GOALS[kind.name] ?? ''}`)
  console.log('  harder ones, without a goal')
  for (const kind of HARDER) row(kind, '')
  console.log()
  for (const { name, what } of [...SERIES, ...HARDER]) console.log(`  ${name}: ${what}`)
}

function row(kind: SeriesKind, goal: string): void {
  const falseEpisodes = RULES.map(() => 0)
  const seen = RULES.map(() => 0)
  for (const seed of SEEDS) {
    const chance = chanceOf(seed)
    for (let i = 0; i < SERIES_DAYS; i++) {
      const quiet = kind.make(chance, DAYS)
      const spiky = kind.make(chance, DAYS)
      const start = HISTORY_DAYS * DAY_MINUTES + Math.floor(chance() * (DAY_MINUTES - SPIKE_MINUTES - BUCKET))
      addSpike(chance, spiky.counts, spiky.mean, start)
      for (const [r, { alarms }] of RULES.entries()) {
        falseEpisodes[r]! += episodes(alarms(quiet.counts, bucketsOf(quiet.counts)))
        if (alarms(spiky.counts, bucketsOf(spiky.counts)).some((minute) => minute >= start && minute < start + SPIKE_MINUTES + BUCKET))
          seen[r]! += 1
      }
    }
  }
  const all = SEEDS.length * SERIES_DAYS
  const cells = RULES.map((_, r) => `${short(falseEpisodes[r]! / all)} · ${((100 * seen[r]!) / all).toFixed(1)}`.padStart(16))
  console.log(`  ${kind.name.padEnd(18)}${cells.join('')}   ${goal}`)
}

function short(rate: number): string {
  return rate === 0 ? '0' : rate < 0.1 ? rate.toFixed(3) : rate.toFixed(1)
}

function bucketsOf(counts: Float64Array): Float64Array {
  return Float64Array.from({ length: counts.length / BUCKET }, (_, i) =>
    counts.subarray(i * BUCKET, (i + 1) * BUCKET).reduce((a, b) => a + b),
  )
}

function episodes(alarms: readonly number[]): number {
  return alarms.filter((minute, i) => i === 0 || minute - alarms[i - 1]! > QUIET_MINUTES).length
}

/** As Baseline does: a fit for each hour, half an hour behind. */
function ours(counts: Float64Array, buckets: Float64Array, knownFrom: number): number[] {
  const alarms: number[] = []
  let fitted: { readonly hour: number; readonly usual: Fit | null } = { hour: -1, usual: null }
  for (let minute = HISTORY_DAYS * DAY_MINUTES; minute < counts.length; minute++) {
    const bucket = Math.floor(minute / BUCKET)
    const hour = Math.max(HISTORY_BUCKETS, Math.floor((bucket - BUCKETS_PER_HOUR / 2) / BUCKETS_PER_HOUR) * BUCKETS_PER_HOUR)
    if (hour !== fitted.hour) fitted = { hour, usual: fit({ counts: buckets.slice(hour - HISTORY_BUCKETS, hour), knownFrom }) }
    const usual = fitted.usual?.(bucket - hour)
    if (usual !== undefined && isSpike(sum(counts, (bucket - 2) * BUCKET, minute), usual, SENSITIVITY)) alarms.push(minute)
  }
  return alarms
}

/** At the last minute of each bucket of the last day that is over a limit. */
function onBuckets(buckets: Float64Array, isOver: (i: number) => boolean): number[] {
  const alarms: number[] = []
  for (let i = HISTORY_BUCKETS; i < buckets.length; i++) if (isOver(i)) alarms.push((i + 1) * BUCKET - 1)
  return alarms
}

function zLimit(day: Float64Array): number {
  const mean = day.reduce((a, b) => a + b) / day.length
  return mean + 3 * Math.sqrt(day.reduce((square, count) => square + (count - mean) ** 2, 0) / day.length)
}

/** A deviation of less than one event is taken for one. */
function madLimit(day: Float64Array): number {
  const middle = median(day)
  return middle + 5 * Math.max(1, 1.4826 * median(day.map((count) => Math.abs(count - middle))))
}

function median(values: Float64Array): number {
  return values.toSorted()[values.length >> 1]!
}

function ewmaAlarms(buckets: Float64Array): number[] {
  let mean = buckets[0]!
  let variance = 1
  const limits = buckets.map((count) => {
    const limit = mean + 4 * Math.sqrt(Math.max(1, variance))
    variance = (1 - EWMA_WEIGHT) * (variance + EWMA_WEIGHT * (count - mean) ** 2)
    mean += EWMA_WEIGHT * (count - mean)
    return limit
  })
  return onBuckets(buckets, (i) => buckets[i]! > limits[i]!)
}

/** `last` included. */
function sum(values: Float64Array, first: number, last: number): number {
  let total = 0
  for (let i = first; i <= last; i++) total += values[i]!
  return total
}
