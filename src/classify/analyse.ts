/**
 * In: an event. Out: its grouping and its category. Both come from one parse of the throwable, done once per distinct trace.
 *
 * Invariant: equals what the fingerprinter and the classifier say of the event without a cache. Never throws: no record is
 * lost here, and a repeat gives the same answer. `use` swaps the whole set of patterns between two events: no answer mixes two
 * sets. It forgets what is cached, so that each distinct trace is parsed once more; groupings do not depend on patterns and stay.
 * Other fingerprint rules take an analyser of their own: one costs some milliseconds and half a megabyte, and is gone when nobody holds it.
 */
import type { Classification, ErrorEvent, Grouping } from '../event.ts'
import { createGrouper, type FingerprintRules } from '../fingerprint/fingerprint.ts'
import { createKnownTraces } from '../fingerprint/known-traces.ts'
import type { PatternSet } from './load.ts'
import { createClassifier, type Classify } from './match.ts'

export interface Analysis {
  readonly grouping: Grouping
  readonly classification: Classification | null
}

export interface AnalysisRules {
  readonly fingerprint: FingerprintRules
  readonly patterns: PatternSet
}

export type Analyse = (event: ErrorEvent, job?: string | null) => Analysis

export interface Analyser extends Analyse {
  use(patterns: PatternSet): void
}

type Known = (event: ErrorEvent) => { readonly grouping: Grouping; readonly classify: Classify }

export function createAnalyser(rules: AnalysisRules): Analyser {
  const group = createGrouper(rules.fingerprint)
  const knownBy = (patterns: PatternSet): Known => {
    const classifierFor = createClassifier(patterns)
    return createKnownTraces((subject) => ({ grouping: group(subject), classify: classifierFor(subject) }))
  }
  let known = knownBy(rules.patterns)
  const analyse = (event: ErrorEvent, job: string | null = null): Analysis => {
    const { grouping, classify } = known(event)
    return { grouping: group.forEvent(grouping, event, job), classification: classify(event.message) }
  }
  const use = (patterns: PatternSet): void => {
    known = knownBy(patterns)
  }
  return Object.assign(analyse, { use })
}
