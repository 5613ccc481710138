/**
 * Conditions as data: when is a subject in trouble? A rule has one, or several joined by `all` or `any`.
 *
 * Each is a function of the counts up to the end of a minute (the pipeline's: of its own readings), evaluated in conditions/. `NEEDS` says what of.
 */

export const MINUTE_MS = 60_000
/** The longest window that counts are kept for. */
export const MAX_WINDOW_MS = 1_440 * MINUTE_MS
/** What a spike is judged on. */
export const EVIDENCE_MS = 15 * MINUTE_MS

/** Of the first glob that names the job; else `atLeast`. */
export interface Threshold {
  readonly atLeast: number
  readonly perJob: readonly { readonly job: string; readonly atLeast: number }[]
}

export type SensitivityName = 'low' | 'normal' | 'high'

/** One condition by itself. */
export type Leaf =
  /** So many events within `overMs`. */
  | { readonly kind: 'count'; readonly overMs: number; readonly threshold: Threshold }
  /** So many times the events of the window before, and at least `minimum`. */
  | { readonly kind: 'ratio'; readonly overMs: number; readonly atLeast: number; readonly minimum: number }
  /** More in 15 minutes than chance explains, by the same time of day of the last `days`; at least `minimum` and so many `times` the usual. */
  | {
      readonly kind: 'spike'
      readonly days: number
      readonly minimum: number
      readonly times: number
      readonly sensitivity: SensitivityName
    }
  /** A group that was not seen for `notSeenMs` has come up, with at least `minimum` events within `overMs` since. */
  | { readonly kind: 'new_group'; readonly notSeenMs: number; readonly minimum: number; readonly overMs: number }
  /** A group that somebody called resolved has come back within `overMs`. */
  | { readonly kind: 'regression'; readonly minimum: number; readonly overMs: number }
  /** Nothing for `overMs` from what had events within `seenWithinMs` before. */
  | { readonly kind: 'absence'; readonly overMs: number; readonly seenWithinMs: number }
  /** So many distinct hosts within `overMs`. */
  | { readonly kind: 'hosts'; readonly atLeast: number; readonly overMs: number }
  /** Jobs with so many events, and so many times their usual. */
  | {
      readonly kind: 'jobs_in_trouble'
      readonly atLeast: number
      readonly overMs: number
      readonly threshold: Threshold
      readonly times: number
    }
  | { readonly kind: 'dead_letter_ratio'; readonly above: number; readonly overMs: number; readonly minimum: number }
  | { readonly kind: 'pipeline_lag'; readonly aboveMs: number }
  /** The rollups could not be read for so long. */
  | { readonly kind: 'blind'; readonly overMs: number }

export type Condition = Leaf | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }

/**
 * What a condition is read from.
 *
 * counts: the table; what holds on part of a minute's counts holds on all of them, so it may be looked at before the minute is complete.
 * complete: the table, once the minute is complete, since more events may undo it.
 * pipeline: readings of the pipeline itself, at the clock's time.
 */
const NEEDS: Readonly<Record<Leaf['kind'], 'counts' | 'complete' | 'pipeline'>> = {
  count: 'counts',
  ratio: 'complete',
  spike: 'counts',
  new_group: 'counts',
  regression: 'counts',
  absence: 'complete',
  hosts: 'counts',
  jobs_in_trouble: 'counts',
  dead_letter_ratio: 'pipeline',
  pipeline_lag: 'pipeline',
  blind: 'pipeline',
}

export function leavesOf(condition: Condition): readonly Leaf[] {
  return 'of' in condition ? condition.of.flatMap(leavesOf) : [condition]
}

export function readsPipeline(condition: Condition): boolean {
  return leavesOf(condition).some(({ kind }) => NEEDS[kind] === 'pipeline')
}

export function needsComplete(kind: Leaf['kind']): boolean {
  return NEEDS[kind] === 'complete'
}

/** How far back counts are looked at, in ms before the minute's end. */
export function spanMs(condition: Condition): number {
  return Math.max(0, ...leavesOf(condition).map(spanOfLeaf))
}

function spanOfLeaf(leaf: Leaf): number {
  if (leaf.kind === 'spike') return EVIDENCE_MS
  if (leaf.kind === 'ratio') return 2 * leaf.overMs
  return NEEDS[leaf.kind] === 'pipeline' || !('overMs' in leaf) ? 0 : leaf.overMs
}

/** How long a subject that is silent is remembered. */
export function memoryMs(condition: Condition): number {
  return Math.max(0, ...leavesOf(condition).map((leaf) => (leaf.kind === 'absence' ? leaf.seenWithinMs + leaf.overMs : 0)))
}
