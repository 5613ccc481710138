/** Conditions on how many: count, ratio, hosts, absence. Each takes its settings and gives a check. Pure. */
import { globTest } from '../../match/glob.ts'
import { MINUTE_MS, type Leaf, type Threshold } from '../condition.ts'
import { counted, duration, exact, number } from '../deliver/words.ts'
import type { Check, Finding, Lapse, Sight } from './sight.ts'

type Of<K extends Leaf['kind']> = Extract<Leaf, { kind: K }>

/** Of the rate that a threshold needs: few events that come one by one reach it together, what is always there does not. */
const BEGINNING_SHARE = 0.5

export function countCheck({ overMs, threshold }: Of<'count'>): Check<Sight> {
  const least = thresholdTest(threshold)
  const minutes = overMs / MINUTE_MS
  return (sight) => {
    const count = sight.table.sum(sight.series, sight.end, minutes)
    const atLeast = sight.subject.job === null ? threshold.atLeast : least(sight.subject.job)
    return count < atLeast
      ? null
      : findingOf(
          sight,
          minutes,
          count,
          `${counted(count, 'event')} in ${duration(overMs)}, the threshold is ${number(atLeast)}`,
          (atLeast / minutes) * BEGINNING_SHARE,
        )
  }
}

export function ratioCheck({ overMs, atLeast, minimum }: Of<'ratio'>): Check<Sight> {
  const minutes = overMs / MINUTE_MS
  return (sight) => {
    const count = sight.table.sum(sight.series, sight.end, minutes)
    if (count < minimum) return null
    const before = sight.table.sum(sight.series, sight.end, minutes, minutes)
    if (count < atLeast * Math.max(1, before)) return null
    const why = `${counted(count, 'event')} in ${duration(overMs)} after ${number(before)} in the ${duration(overMs)} before, at least ${exact(atLeast)} times as many`
    return findingOf(sight, minutes, count, why, betweenRates(before, count, minutes))
  }
}

export function hostsCheck({ overMs, atLeast }: Of<'hosts'>): Check<Sight> {
  const minutes = overMs / MINUTE_MS
  return (sight) => {
    const hosts = sight.table.hosts(sight.series, sight.end, minutes)
    if (hosts < atLeast) return null
    const count = sight.table.sum(sight.series, sight.end, minutes)
    return findingOf(sight, minutes, count, `${counted(hosts, 'host')} in ${duration(overMs)}, the threshold is ${number(atLeast)}`)
  }
}

export function absenceCheck({ overMs, seenWithinMs }: Of<'absence'>): Check<Sight> {
  const minutes = overMs / MINUTE_MS
  const memory = seenWithinMs / MINUTE_MS
  return ({ series, table, end }) => {
    if (table.sum(series, end, minutes) > 0) return null
    const last = table.lastBefore(series, end)
    if (last === null || last >= end - minutes || last < end - minutes - memory) return null
    const why = `no event for ${duration((end - 1 - last) * MINUTE_MS)}, one is expected within ${duration(overMs)}`
    const lapse: Lapse = { atMs: (last + minutes + memory) * MINUTE_MS, ending: 'given_up' }
    return { count: 0, usual: null, hosts: null, windowMs: overMs, sinceMs: (last + 1) * MINUTE_MS, jobs: null, why, lapse }
  }
}

/** What all that count say alike. `perMinute`: more than so many are trouble. */
export function findingOf({ series, table, end }: Sight, minutes: number, count: number, why: string, perMinute = 0): Finding {
  const hosts = table.hosts(series, end, minutes)
  return {
    count,
    usual: null,
    hosts: hosts === 0 ? null : hosts, // logs that name none
    windowMs: minutes * MINUTE_MS,
    sinceMs: table.beginning(series, end, minutes, perMinute) * MINUTE_MS,
    why,
    jobs: null,
  }
}

/** Half-way from what was before to what is now: neither of both is taken for the other. */
export function betweenRates(before: number, now: number, minutes: number): number {
  return (before + now) / 2 / minutes
}

/** Of the first glob that names the job. */
export function thresholdTest({ atLeast, perJob }: Threshold): (job: string) => number {
  const tests = perJob.map((own) => ({ test: globTest([own.job]), atLeast: own.atLeast }))
  return (job) => tests.find(({ test }) => test(job))?.atLeast ?? atLeast
}
