/**
 * Port: the detail branch's store (Elasticsearch, embedded). One document for each job, fingerprint and window.
 *
 * The merge law, for each contributor's mark {block, n} in the document:
 *
 *   same block as the mark:  count += n - mark.n, if n is greater      newer block:  count += n, mark = {block, n}      older block:  nothing
 *
 * First and last time merge by minimum and maximum; hosts, messages and the other sets keep the k smallest by hash. So a repeat, a
 * late retry or a zombie cannot change a count, and contributors commute. The sample is the first to arrive.
 */
import type { Classification, ErrorEvent, Fingerprint, GroupedEvent, Job, Window } from '../event.ts'
import type { Partition } from '../source/source.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Progress, Resume } from './position.ts'
import type { CommitReport } from './store.ts'

/**
 * The bounded sets that a document keeps, and their sizes. `previous` holds the keys that its events had by the rules before, while a
 * change of rules is under way: several where the new rules join what was apart.
 */
export const KEPT = { hosts: 16, messages: 5, stacks: 8, previous: 8, operators: 16 } as const
export type SetName = keyof typeof KEPT
export type BoundedSets = { readonly [name in SetName]: readonly Hashed[] }

export interface DocumentIdentity {
  readonly job: Job
  readonly fp: Fingerprint
  readonly window: Window
  readonly fpSite: string
  readonly title: string
  readonly culprit: string | null
  readonly exceptionClass: string | null
  readonly rootCauseClass: string | null
  readonly classification: Classification | null
  readonly environment: string | null
  readonly serviceVersion: string | null
  readonly level: string
  readonly logger: string | null
  readonly why: string
}

/** How many of a block's events belong to the document: absolute, never a difference. */
export interface Contribution {
  readonly contributor: string
  readonly block: number
  readonly n: number
}

/** A member of a bounded set, with the hash that decides whether it is kept (8 hex digits of the value's SHA-256). */
export interface Hashed {
  readonly hash: string
  readonly value: string
}

/** One event whole, with the place in its job that it came from. */
export type Sample = ErrorEvent & Pick<GroupedEvent, 'operator' | 'subtask'>

export interface DocumentUpdate extends BoundedSets {
  /** 32 hex digits of the SHA-256 of job, fingerprint and window. */
  readonly id: string
  readonly identity: DocumentIdentity
  /** On the first flush only. */
  readonly sample: Sample | null
  /** In order of blocks for each contributor. */
  readonly contributions: readonly Contribution[]
  readonly firstMs: number
  readonly lastMs: number
}

/** A document that the store will not take, in its own words. */
export interface Refusal {
  readonly id: string
  readonly detail: string
  /** True where the window is older than what the store keeps: counted as expired, no letter. */
  readonly expired: boolean
}

/** What is written after the documents, once it is known which were refused. */
export interface Settlement {
  readonly ledger: readonly LedgerEntry[]
  readonly letters: readonly DeadLetter[]
  readonly progress: readonly Progress[]
}

export interface DetailPart {
  readonly documents: readonly DocumentUpdate[]
  /** Pure: the account of this part, given what was refused. Called once per commit, after the documents. */
  settle(refusals: readonly Refusal[]): Settlement
}

export interface DetailStore {
  open(p: Partition, signal: AbortSignal): Promise<Resume>
  commit(part: DetailPart, signal: AbortSignal): Promise<CommitReport>
  close(): Promise<void>
}
