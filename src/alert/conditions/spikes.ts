/** Conditions that compare with what is usual: spike, jobs_in_trouble. Pure. */
import { EVIDENCE_MS, MINUTE_MS, type Leaf, type SensitivityName } from '../condition.ts'
import { subjectKey, type Entry, type Series } from '../count-table.ts'
import { counted, duration, number, numberBeside } from '../deliver/words.ts'
import { EVIDENCE_BUCKETS, HISTORY_DAYS } from '../statistics/expectation.ts'
import { isSpike } from '../statistics/spike.ts'
import { betweenRates, findingOf, thresholdTest } from './counts.ts'
import type { Check, Sight } from './sight.ts'

type Of<K extends Leaf['kind']> = Extract<Leaf, { kind: K }>

/** How seldom chance may bring what is called a spike, for one subject and quarter of an hour. */
const CHANCE: Readonly<Record<SensitivityName, number>> = { low: 1e-9, normal: 1e-6, high: 1e-4 }
const BUCKET_MINUTES = EVIDENCE_MS / MINUTE_MS / EVIDENCE_BUCKETS

/** Buckets lie on the clock's fives, as the baseline's do: the last one may be under way, and its count only grows. */
export function spikeCheck({ days, minimum, times, sensitivity }: Of<'spike'>): Check<Sight> {
  const wanted = { chance: CHANCE[sensitivity], minimum, times }
  return (sight) => {
    const { table, series, end } = sight
    const minutes = evidenceMinutes(end)
    const count = table.sum(series, end, minutes)
    if (count < minimum) return null
    const usual = sight.baseline.usual(sight.view, keysOf(sight), (end - 1) * MINUTE_MS, days)
    if (usual === null || !isSpike(count, usual, wanted)) return null
    return {
      ...findingOf(
        sight,
        minutes,
        count,
        `${counted(count, 'event')} in ${duration(EVIDENCE_MS)}, usually ${numberBeside(usual.mean, count)} at this time of day`,
        betweenRates(usual.mean * (minutes / (EVIDENCE_MS / MINUTE_MS)), count, minutes),
      ),
      usual: usual.mean,
      windowMs: EVIDENCE_MS,
    }
  }
}

export function jobsInTroubleCheck({ overMs, atLeast, threshold, times }: Of<'jobs_in_trouble'>): Check<Sight> {
  const least = thresholdTest(threshold)
  const minutes = overMs / MINUTE_MS
  return (sight) => {
    const { table, end } = sight
    const troubled: { job: string; count: number }[] = []
    for (const [{ key, subject }, series] of byJob(sight.series)) {
      const job = subject.job ?? ''
      const count = table.sum(series, end, minutes)
      if (count < least(job)) continue
      const usual = sight.baseline.usual(sight.jobView, [key], (end - 1) * MINUTE_MS, HISTORY_DAYS)
      if (usual === null || count >= times * usual.mean * (overMs / EVIDENCE_MS)) troubled.push({ job, count })
    }
    const jobs = [...new Set(troubled.sort((a, b) => b.count - a.count || (a.job < b.job ? -1 : 1)).map(({ job }) => job))]
    if (jobs.length < atLeast) return null
    const count = troubled.reduce((sum, one) => sum + one.count, 0)
    return {
      ...findingOf(
        sight,
        minutes,
        count,
        `${counted(jobs.length, 'job')} in trouble within ${duration(overMs)}, the threshold is ${number(atLeast)}`,
      ),
      jobs,
    }
  }
}

function evidenceMinutes(end: number): number {
  const underWay = ((end - 1) % BUCKET_MINUTES) + 1
  return underWay + (EVIDENCE_BUCKETS - 1) * BUCKET_MINUTES
}

/** A group's past lies partly under the key that it had before a change of fingerprint rules. */
function keysOf({ subject, series }: Sight): string[] {
  const before =
    subject.fingerprint === null
      ? []
      : series.flatMap(({ previousFingerprint }) =>
          previousFingerprint === null ? [] : [subjectKey({ ...subject, fingerprint: previousFingerprint })],
        )
  return [...new Set([subjectKey(subject), ...before])]
}

function byJob(series: readonly Series[]): Map<Entry, Series[]> {
  const jobs = new Map<Entry, Series[]>()
  for (const one of series) {
    const list = jobs.get(one.entries.job)
    if (list === undefined) jobs.set(one.entries.job, [one])
    else list.push(one)
  }
  return jobs
}
