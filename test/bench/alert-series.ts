/**
 * Synthetic error counts by the minute, of the kinds that jobs have. Honest about what they are: each generator's parameters are its text.
 *
 * A five-minute mean of 0.036 is ten events a day; means and the over-dispersed shape were chosen to lie where the rules that the benchmark `spikes` sets
 * beside ours have their known troubles. All chance comes from a seed.
 */

export const DAY_MINUTES = 1_440
const BUCKET = 5

/** From 0 to below 1. */
export type Chance = () => number

export interface SeriesKind {
  readonly name: string
  /** What it is, for the table. */
  readonly what: string
  /** Events of each minute, and the mean of five minutes. */
  make(chance: Chance, days: number): { readonly counts: Float64Array; readonly mean: number }
}

export const SERIES: readonly SeriesKind[] = [
  { name: 'sparse', what: 'Poisson, 0.036 in 5 min', make: (chance, days) => poissonSeries(chance, days, 0.036, () => 1) },
  { name: 'low', what: 'Poisson, 0.8 in 5 min', make: (chance, days) => poissonSeries(chance, days, 0.8, () => 1) },
  { name: 'mid', what: 'Poisson, 10 in 5 min', make: (chance, days) => poissonSeries(chance, days, 10, () => 1) },
  { name: 'over-dispersed', what: 'negative binomial in 5 min, mean 10, r 1.5', make: overDispersed },
  { name: 'diurnal', what: 'Poisson, 10 in 5 min x (1 + 0.8 sin of the day), any phase', make: diurnal },
  {
    name: 'hourly cron',
    what: 'gamma(10) x 60 an hour over 3 min, starts within 2 min of any minute, else 0.1 in 5 min',
    make: hourlyCron,
  },
]

/** Harder ones: beside the goals, to see where the rule ends. */
export const HARDER: readonly SeriesKind[] = [
  { name: 'bursty', what: 'Poisson, mean 10, rate lognormal(0.6), 5-min autocorrelation 0.8', make: bursty },
  { name: 'wandering cron', what: 'gamma(3) x 60 an hour over 8 min, 1 in 5 left out, start +- 5 min', make: wanderingCron },
  { name: 'rare bursts', what: '40 within 8 min every 1.5 days, nothing else', make: rareBursts },
  { name: 'after an incident', what: 'Poisson, 0.25 in 5 min; one hour of 200 a minute some days ago', make: afterIncident },
  {
    name: 'doubled today',
    what: 'Poisson, 10 in 5 min, 20 on the last day',
    make: (chance, days) => poissonSeries(chance, days, 10, (minute) => (minute >= (days - 1) * DAY_MINUTES ? 2 : 1)),
  },
]

/** mulberry32. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Adds max(6 x mean, 8) events per five minutes for a quarter of an hour, by chance spread evenly. */
export function addSpike(chance: Chance, counts: Float64Array, mean: number, minute: number): void {
  for (let i = minute; i < minute + 15; i++) counts[i]! += poisson(chance, Math.max(6 * mean, 8) / BUCKET)
}

function poissonSeries(chance: Chance, days: number, mean: number, factor: (minute: number) => number) {
  const counts = Float64Array.from({ length: days * DAY_MINUTES }, (_, minute) => poisson(chance, (mean / BUCKET) * factor(minute)))
  return { counts, mean }
}

function overDispersed(chance: Chance, days: number) {
  const counts = new Float64Array(days * DAY_MINUTES)
  for (let start = -Math.floor(chance() * BUCKET); start < counts.length; start += BUCKET) {
    const rate = (10 / BUCKET) * (gamma(chance, 1.5) / 1.5)
    for (let minute = Math.max(0, start); minute < Math.min(counts.length, start + BUCKET); minute++) counts[minute] = poisson(chance, rate)
  }
  return { counts, mean: 10 }
}

function diurnal(chance: Chance, days: number) {
  const phase = chance() * DAY_MINUTES
  return poissonSeries(chance, days, 10, (minute) => 1 + 0.8 * Math.sin((2 * Math.PI * (minute + phase)) / DAY_MINUTES))
}

function hourlyCron(chance: Chance, days: number) {
  const { counts } = poissonSeries(chance, days, 0.1, () => 1)
  const at = Math.floor(chance() * 60)
  for (let hour = -1; hour < days * 24; hour++)
    burst(chance, counts, hour * 60 + at + 2 * chance(), poisson(chance, 60 * (gamma(chance, 10) / 10)), 3)
  return { counts, mean: 5.1 }
}

function wanderingCron(chance: Chance, days: number) {
  const counts = new Float64Array(days * DAY_MINUTES)
  const at = chance() * 60
  for (let hour = -1; hour < days * 24; hour++) {
    if (chance() >= 0.2) burst(chance, counts, hour * 60 + at + 5 * normal(chance), poisson(chance, 60 * (gamma(chance, 3) / 3)), 8)
  }
  return { counts, mean: 4 }
}

function rareBursts(chance: Chance, days: number) {
  const counts = new Float64Array(days * DAY_MINUTES)
  for (let minute = 0; minute < counts.length; minute++)
    if (chance() < 1 / (1.5 * DAY_MINUTES)) burst(chance, counts, minute, 20 + poisson(chance, 20), 8)
  return { counts, mean: 40 / 432 }
}

function bursty(chance: Chance, days: number) {
  let level = normal(chance)
  const counts = Float64Array.from({ length: days * DAY_MINUTES }, (_, minute) => {
    if (minute % BUCKET === 0) level = 0.8 * level + 0.6 * normal(chance)
    return poisson(chance, (10 / BUCKET) * Math.exp(0.6 * level - 0.18))
  })
  return { counts, mean: 10 }
}

function afterIncident(chance: Chance, days: number) {
  const made = poissonSeries(chance, days, 0.25, () => 1)
  const start = Math.floor(chance() * (days - 2) * DAY_MINUTES)
  for (let minute = start; minute < start + 60; minute++) made.counts[minute]! += poisson(chance, 200)
  return made
}

function burst(chance: Chance, counts: Float64Array, start: number, events: number, minutes: number): void {
  for (let i = 0; i < events; i++) {
    const minute = Math.floor(start + minutes * chance())
    if (minute >= 0 && minute < counts.length) counts[minute]! += 1
  }
}

/** Knuth's; above 30 the normal approximation. The mean is above zero. */
function poisson(chance: Chance, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)))
  const limit = Math.exp(-mean)
  let count = -1
  for (let product = 1; product > limit; product *= chance()) count++
  return count
}

/** Box and Muller. */
function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())
}

/** Marsaglia and Tsang; shapes of at least 1. */
function gamma(chance: Chance, shape: number): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(chance)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - chance()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
