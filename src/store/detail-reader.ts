/**
 * Port: what the detail store has of one error, for people: its newest documents, each with its one event whole. All of it was redacted before it
 * was stored. Reading changes nothing.
 */
import type { TimeRange } from './rollup-store.ts'

export interface ErrorQuery extends TimeRange {
  /** Null for all jobs. */
  readonly job: string | null
  /** Also finds what had this key by the rules before. */
  readonly fingerprint: string
  readonly limit: number
}

/** One error of one job in one minute. */
export interface ErrorDocument {
  readonly id: string
  readonly job: string
  readonly fingerprint: string
  /** Start of the minute. */
  readonly windowMs: number
  readonly title: string
  readonly culprit: string | null
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  /** Those that the document keeps: a bounded number. */
  readonly hosts: readonly string[]
  /** Where its events were read, the newest block of each partition: at most `MAX_PLACES`. */
  readonly places: readonly Place[]
  /** Null where none was kept: the document was lost, and came back with a later flush. */
  readonly event: FullEvent | null
}

export interface Place {
  /** `cluster/topic/incarnation[.epoch]/partition` */
  readonly contributor: string
  /** Offset at which the block begins. */
  readonly block: number
  /** How many of the block's events are in the document. */
  readonly n: number
}

/** The first event of the document to arrive. */
export interface FullEvent {
  /** By its own clock, which may say anything. */
  readonly timeMs: number | null
  readonly level: string
  readonly logger: string | null
  readonly thread: string | null
  readonly host: string | null
  readonly message: string
  readonly messageTemplate: string | null
  readonly exceptionMessage: string | null
  /** The whole chain, as Java prints it. */
  readonly stackTrace: string | null
  readonly context: ReadonlyMap<string, string>
  readonly tags: readonly string[]
  readonly serviceName: string | null
  readonly serviceVersion: string | null
  readonly environment: string | null
  readonly operator: string | null
  readonly subtask: number | null
  readonly layout: string
  readonly envelopes: readonly string[]
  readonly truncated: boolean
}

export const MAX_PLACES = 16

/** Rejects with `not_available` where the store behind it is away. A store with no data yet answers with nothing. */
export interface DetailReader {
  /** The newest window first; within a window in no order that means anything. */
  errors(query: ErrorQuery): Promise<ErrorDocument[]>
}
