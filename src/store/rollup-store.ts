/**
 * Port: the rollup branch's store (Kafka rollup topic and Druid, embedded) and, apart from it, its reader. A row holds partial counts of
 * one window, job and error type; readers sum. Rows, ledger, letters and position of a partition are one transaction.
 */
import type { Partition } from '../source/source.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Progress, Resume } from './position.ts'
import type { CommitReport } from './store.ts'

export interface RollupRow {
  /** Start of the minute, ms since the epoch. */
  readonly windowMs: number
  readonly job: string
  readonly environment: string | null
  readonly serviceVersion: string | null
  readonly exceptionClass: string | null
  readonly rootCauseClass: string | null
  readonly fingerprint: string
  /** While a change of fingerprint rules is under way, the key by the rules before, where it was another. It links the two keys. */
  readonly fingerprintPrevious: string | null
  readonly fpSite: string
  readonly category: string | null
  readonly severity: string | null
  /** Id of the pattern rule that gave category and severity. */
  readonly rule: string | null
  readonly logger: string | null
  readonly level: string
  readonly culprit: string | null
  readonly count: number
  /** Distinct hosts of this row; at most `MAX_HOSTS_PER_ROW`, past that a second row is begun. */
  readonly hosts: readonly string[]
  readonly firstMs: number
  readonly lastMs: number
  readonly title: string
  readonly sampleMessage: string
}

export const MAX_HOSTS_PER_ROW = 256
/** Characters of a message kept as a row's sample. */
export const MAX_SAMPLE_CHARS = 300

export interface RollupPart {
  readonly progress: Progress
  readonly rows: readonly RollupRow[]
  /** Additions, not absolutes: the transaction makes a repeat impossible. `block` is not used. */
  readonly ledger: readonly LedgerEntry[]
  readonly letters: readonly DeadLetter[]
}

export interface RollupStore {
  /** Fences a predecessor and settles what was in flight, then reads the position. In this order. */
  open(p: Partition, signal: AbortSignal): Promise<Resume>
  /** One transaction for each part; those that failed are reported as lost. */
  commit(parts: readonly RollupPart[], signal: AbortSignal): Promise<CommitReport>
  close(): Promise<void>
}

export const TOP_BY = ['fingerprint', 'exception_class', 'root_cause_class', 'category', 'severity', 'rule'] as const
export type TopBy = (typeof TOP_BY)[number]

/** In place of a value, where an event has none. */
export const NO_VALUE = '(none)'

/**
 * Narrows to events with all of these values. A fingerprint means its whole group (see key-groups.ts), asked for by whichever of its keys, and what
 * has it as its previous key.
 */
export type Only = { readonly [by in TopBy]?: string }

/** `fromMs` inclusive, `toMs` exclusive; both are rounded down to the minute by the caller. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

export interface TopQuery extends TimeRange {
  /** Null for all jobs. */
  readonly job: string | null
  readonly by: TopBy
  readonly limit: number
  readonly only?: Only
}

export interface TopRow {
  /** The value grouped by; `(none)` where an event has none. */
  readonly key: string
  /** By fingerprint: the keys that these events had by other rules, in this range or the period before it. Else none. */
  readonly previousKeys: readonly string[]
  readonly title: string
  readonly exceptionClass: string | null
  readonly rootCauseClass: string | null
  readonly category: string | null
  readonly severity: string | null
  /** Id of the pattern rule that gave category and severity. */
  readonly rule: string | null
  readonly culprit: string | null
  readonly level: string | null
  readonly count: number
  /** Count in the period of the same length just before. */
  readonly previousCount: number
  /** No event in that period, under any of its keys, nor under one that it was taken apart from. */
  readonly isNew: boolean
  readonly hosts: number
  /** Number of jobs that had it (1 where the query names a job). */
  readonly jobs: number
  /** In the range, under any of its keys. */
  readonly firstMs: number
  readonly lastMs: number
  readonly sampleMessage: string
}

export interface TopResult {
  readonly rows: readonly TopRow[]
  /** All events of the range that were asked for, whether among the rows or not. */
  readonly total: number
}

export interface TrendQuery extends TimeRange {
  readonly job: string | null
  readonly intervalMs: number
  readonly only?: Only
}

export interface TrendPoint {
  readonly timeMs: number
  readonly count: number
}

export interface JobRow {
  readonly job: string
  readonly count: number
  readonly previousCount: number
  /** Distinct groups: an old and a new key of one error are one. */
  readonly errorTypes: number
  readonly hosts: number
  readonly firstMs: number
  readonly lastMs: number
}

export interface JobsQuery extends TimeRange {
  readonly limit: number
}

/** Rejects with `not_available` where the store behind it is away. A store with no data yet answers with nothing. */
export interface RollupReader {
  jobs(query: JobsQuery): Promise<JobRow[]>
  top(query: TopQuery): Promise<TopResult>
  /** Points in order of time, every interval of the range present (zero where nothing happened). */
  trend(query: TrendQuery): Promise<TrendPoint[]>
  close(): Promise<void>
}
