/** A condition as data becomes a check; `all` and `any` join checks. Pure. */
import { needsComplete, readsPipeline, type Condition, type Leaf } from '../condition.ts'
import { absenceCheck, countCheck, hostsCheck, ratioCheck } from './counts.ts'
import { newGroupCheck, regressionCheck } from './groups.ts'
import { blindCheck, deadLetterCheck, lagCheck } from './pipeline.ts'
import type { Check, Finding, Lapse, PipelineReading, Sight } from './sight.ts'
import { jobsInTroubleCheck, spikeCheck } from './spikes.ts'

export type Compiled =
  { readonly of: 'counts'; readonly check: Check<Sight> } | { readonly of: 'pipeline'; readonly check: Check<PipelineReading> }

/** A rule file cannot join the two kinds (see rule-file.ts). */
export function compile(condition: Condition): Compiled {
  return readsPipeline(condition)
    ? { of: 'pipeline', check: joined(condition, pipelineCheck) }
    : { of: 'counts', check: joined(condition, countsCheck) }
}

function joined<T>(condition: Condition, checkOf: (leaf: Leaf) => Check<T>): Check<T> {
  if (!('of' in condition)) return checkOf(condition)
  const checks = condition.of.map((part) => joined(part, checkOf))
  return condition.kind === 'all' ? (seen) => allOf(checks, seen) : (seen) => anyOf(checks, seen)
}

function allOf<T>(checks: readonly Check<T>[], seen: T): Finding | null {
  const findings: Finding[] = []
  for (const check of checks) {
    const finding = check(seen)
    if (finding === null) return null
    findings.push(finding)
  }
  return findings.reduce(together)
}

function anyOf<T>(checks: readonly Check<T>[], seen: T): Finding | null {
  for (const check of checks) {
    const finding = check(seen)
    if (finding !== null) return finding
  }
  return null
}

/** The first that knows a number says it; the reasons follow each other. */
function together(a: Finding, b: Finding): Finding {
  return {
    ...a,
    usual: a.usual ?? b.usual,
    hosts: a.hosts ?? b.hosts,
    sinceMs: Math.min(a.sinceMs, b.sinceMs),
    jobs: a.jobs ?? b.jobs,
    ...earlierLapse(a.lapse, b.lapse),
    why: `${a.why}; and ${b.why}`,
  }
}

/** Where one lapses, all do. */
function earlierLapse(a: Lapse | undefined, b: Lapse | undefined): { readonly lapse?: Lapse } {
  const lapse = a === undefined || b === undefined ? (a ?? b) : a.atMs <= b.atMs ? a : b
  return lapse === undefined ? {} : { lapse }
}

function countsCheck(leaf: Leaf): Check<Sight> {
  const check = checkOfCounts(leaf)
  return needsComplete(leaf.kind) ? (sight) => (sight.isComplete ? check(sight) : null) : check
}

function checkOfCounts(leaf: Leaf): Check<Sight> {
  switch (leaf.kind) {
    case 'count':
      return countCheck(leaf)
    case 'ratio':
      return ratioCheck(leaf)
    case 'hosts':
      return hostsCheck(leaf)
    case 'absence':
      return absenceCheck(leaf)
    case 'spike':
      return spikeCheck(leaf)
    case 'jobs_in_trouble':
      return jobsInTroubleCheck(leaf)
    case 'new_group':
      return newGroupCheck(leaf)
    case 'regression':
      return regressionCheck(leaf)
    default:
      return () => null
  }
}

function pipelineCheck(leaf: Leaf): Check<PipelineReading> {
  switch (leaf.kind) {
    case 'dead_letter_ratio':
      return deadLetterCheck(leaf)
    case 'pipeline_lag':
      return lagCheck(leaf)
    case 'blind':
      return blindCheck(leaf)
    default:
      return () => null
  }
}
