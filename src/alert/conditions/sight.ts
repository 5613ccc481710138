/** What a condition sees, and what it finds: the words of conditions/. */
import type { Ending, Subject } from '../alert.ts'
import type { Baseline } from '../baseline.ts'
import type { CountTable, Series } from '../count-table.ts'
import type { GroupBook } from '../group-book.ts'

/** A subject at the end of a minute. */
export interface Sight {
  readonly subject: Subject
  /** The subject's error types that the rule is for. */
  readonly series: readonly Series[]
  /** The minute's end, in minutes since the epoch: windows end here. */
  readonly end: number
  /** False while more of the minute's events may come. */
  readonly isComplete: boolean
  /** An alert fires on the subject already: the question is whether its trouble goes on. */
  readonly isFiring: boolean
  readonly table: CountTable
  readonly baseline: Baseline
  /** The rule's views of the baseline: its subjects, and their jobs. */
  readonly view: string
  readonly jobView: string
  readonly groups: GroupBook
}

export interface ConsumedMinute {
  readonly windowMs: number
  readonly consumed: number
  readonly dead: number
  /** How many of the dead by reason; absent where nobody said. */
  readonly reasons?: Readonly<Record<string, number>>
}

/** The pipeline's own numbers, as the process that evaluates has them. */
export interface PipelineReading {
  readonly nowMs: number
  /** Records by the minute in which they were read. */
  readonly minutes: readonly ConsumedMinute[]
  /** How far behind the newest record the stream is; null where nobody knows. */
  readonly lagMs: number | null
  /** Since when the rollups cannot be read, or are not written; null while they are. */
  readonly blindSinceMs: number | null
  /** Why, in words. */
  readonly blindWhy: string | null
}

/** The condition holds. */
export interface Finding {
  readonly count: number | null
  readonly usual: number | null
  readonly hosts: number | null
  readonly windowMs: number
  /** When the trouble began. */
  readonly sinceMs: number
  /** With its numbers: `120 events in 10 min, the threshold is 100`. */
  readonly why: string
  /** The worst first, where the condition tells jobs apart. */
  readonly jobs: readonly string[] | null
  /** What is counted, where that is not events. */
  readonly noun?: 'dead letter'
  /** What to do, where the condition itself knows. */
  readonly advice?: string
  /** Where it would end by itself while the trouble goes on. */
  readonly lapse?: Lapse
}

/** From `atMs` on the trouble may be there, and is no matter of an alert any more. */
export interface Lapse {
  readonly atMs: number
  readonly ending: Ending
}

/** Null: it does not hold, or cannot be told yet. */
export type Check<T> = (seen: T) => Finding | null
