/**
 * Port: what alert rules are evaluated on. Few, wide queries: each is one pass over a range for all jobs, so their number does not grow with
 * the jobs. Reads only.
 *
 * Rejects with `not_available` where the store behind it is away. The same range asked for again gives the same rows, or larger counts, since
 * events come late; rows that agree in everything but the count may come apart, and are summed by whoever reads them.
 */
import type { TimeRange } from '../store/rollup-store.ts'
import type { HostMarks } from './host-marks.ts'

/** What tells error types of a job apart. */
export interface ErrorType {
  readonly job: string
  readonly environment: string | null
  readonly fingerprint: string
  readonly exceptionClass: string | null
  readonly rootCauseClass: string | null
  readonly category: string | null
  readonly severity: string | null
}

/** Counts of one error type in one minute. */
export interface CountRow extends ErrorType {
  /** Start of the minute. */
  readonly windowMs: number
  /** Its key by the fingerprint rules before, where that is another. */
  readonly previousFingerprint: string | null
  /** Id of the pattern rule that gave category and severity. */
  readonly rule: string | null
  readonly title: string
  readonly culprit: string | null
  readonly count: number
  /** Of its distinct hosts. Rows of one series that come apart may name one host twice. */
  readonly hosts: HostMarks
  readonly firstMs: number
  readonly lastMs: number
}

/** What tells error types apart, by name: what a baseline may be asked by. */
export const TYPE_FIELDS = [
  'job',
  'environment',
  'fingerprint',
  'exceptionClass',
  'rootCauseClass',
  'category',
  'severity',
] as const satisfies readonly (keyof ErrorType)[]
export type TypeField = (typeof TYPE_FIELDS)[number]

/** Each of them by `of`: null where it is not known, or was not asked for. */
export function typeBy(of: (field: TypeField) => string | null): Readonly<Record<TypeField, string | null>> {
  return {
    job: of('job'),
    environment: of('environment'),
    fingerprint: of('fingerprint'),
    exceptionClass: of('exceptionClass'),
    rootCauseClass: of('rootCauseClass'),
    category: of('category'),
    severity: of('severity'),
  }
}

/** Counts of a longer interval; fields that were not asked for are null. */
export interface BaselineRow {
  /** Start of the interval. */
  readonly windowMs: number
  readonly job: string | null
  readonly environment: string | null
  readonly fingerprint: string | null
  readonly exceptionClass: string | null
  readonly rootCauseClass: string | null
  readonly category: string | null
  readonly severity: string | null
  readonly count: number
  readonly lastMs: number
  /** Where they were asked for. */
  readonly hosts?: HostMarks
}

export interface BaselineQuery extends TimeRange {
  /** `fromMs` and `toMs` are multiples of it. */
  readonly intervalMs: number
  /** A row for each interval and combination of these. */
  readonly by: readonly TypeField[]
  readonly withHosts?: boolean
}

export interface AlertReader {
  /** Whole minutes, all jobs. One query. */
  counts(range: TimeRange): Promise<CountRow[]>
  /** One query. */
  baseline(query: BaselineQuery): Promise<BaselineRow[]>
}
