/**
 * A record that could not be processed, kept with the reason, the position and its bytes. The id is a function of the position,
 * so both branches and every replay write the same letter: a repeat is harmless.
 */
import type { DeadReason } from '../event.ts'
import type { Partition } from '../source/source.ts'
import { BRANCHES, contributorKey, type BranchName } from './position.ts'

/** Where a record failed. */
export const STAGES = ['decode', 'store'] as const
export type Stage = (typeof STAGES)[number]

export interface DeadLetter {
  readonly id: string
  readonly stage: Stage
  /** Null for the stage `decode`, which both branches share. */
  readonly branch: BranchName | null
  readonly reason: DeadReason
  /** What a person needs to know: the parser's or the store's own words. */
  readonly detail: string
  readonly partition: Partition
  readonly incarnation: number
  readonly offset: number
  /** Index within the record, for a record that holds several events. */
  readonly index: number
  /** How many events the letter stands for (a refused document stands for many). */
  readonly events: number
  /** When the record was written (its timestamp), or when it was read. */
  readonly timeMs: number
  /** For what could not be decoded: as far as the record's key, headers or topic say. */
  readonly job: string | null
  /** The record's bytes, redacted, cut at `maxLetterBytes`. Base64 in storage where they are not UTF-8. */
  readonly body: Buffer
  readonly bodyTruncated: boolean
  /** The ledger's day in which its events are dead. Not said: the day of `timeMs`. */
  readonly day?: string
  /** Of how many outcomes of its record this is number `index`. Not said: unknown. */
  readonly outOf?: number
  /** The branches whose ledgers call its events dead: both decode, each by itself and in its own time. Not said: all that it can concern. */
  readonly branches?: readonly BranchName[]
}

/** A letter without its bytes. */
export type LetterHead = Omit<DeadLetter, 'body'>

/** `<contributor>@<offset>#<index>:<stage>[:<branch>]` */
export function letterId(
  p: Partition,
  incarnation: number,
  offset: number,
  index: number,
  stage: Stage,
  branch: BranchName | null,
): string {
  return `${contributorKey(p, incarnation)}@${offset}#${index}:${stage}${branch === null ? '' : `:${branch}`}`
}

/** Events of one document, placed where the first of them came from: what a letter is for, should the store refuse the document. */
export interface Share {
  readonly partition: Partition
  readonly incarnation: number
  readonly offset: number
  readonly index: number
  /** The ledger's. */
  readonly day: string
  n: number
}

/** One of the document's events, which stands for them all. */
export interface StandIn {
  readonly timeMs: number
  readonly job: string
  readonly event: Readonly<Record<string, unknown>>
}

/** `detail`: the store's own words. */
export function refusalLetter(share: Share, { timeMs, job, event }: StandIn, detail: string, maxBytes: number): DeadLetter {
  const { partition, incarnation, offset, index, day, n } = share
  const body = Buffer.from(JSON.stringify(event))
  return {
    id: letterId(partition, incarnation, offset, index, 'store', 'detail'),
    stage: 'store',
    branch: 'detail',
    reason: 'refused_by_store',
    detail,
    partition,
    incarnation,
    offset,
    index,
    events: n,
    timeMs,
    job,
    body: body.subarray(0, maxBytes),
    bodyTruncated: body.length > maxBytes,
    day,
  }
}

/** The branches that a replay sends it through. */
export function branchesOf({ stage, branch, branches }: Pick<DeadLetter, 'stage' | 'branch' | 'branches'>): readonly BranchName[] {
  if (stage === 'store' && branch !== null) return [branch]
  return branches ?? BRANCHES
}

/** The ledger's day in which its events are dead. */
export function dayOfLetter({ day, timeMs }: Pick<DeadLetter, 'day' | 'timeMs'>): string {
  return day ?? new Date(timeMs).toISOString().slice(0, 10)
}

/** What is asked for; every part that is named must hold. */
export interface LetterFilter {
  readonly id?: string
  readonly reason?: string
  readonly stage?: Stage
  /** Letters that concern this branch. */
  readonly branch?: BranchName
  readonly job?: string
  readonly topic?: string
  readonly partition?: number
  /** Inclusive, both. */
  readonly fromOffset?: number
  readonly toOffset?: number
  /** Inclusive, exclusive. */
  readonly fromMs?: number
  readonly toMs?: number
}

export interface LetterQuery extends LetterFilter {
  readonly limit: number
  /** Begin behind this one: the last of the page before. */
  readonly after?: Pick<DeadLetter, 'timeMs' | 'id'>
}

export interface DeadLetterReader {
  /** Newest first. Rejects with `not_available` where the store behind it is away. */
  letters(query: LetterQuery): Promise<DeadLetter[]>
}

/** What a replay did. Letters, where nothing else is said. */
export interface ReplayReport {
  /** Looked at. */
  readonly letters: number
  /** Gone: their events are counted or filtered now. */
  readonly replayed: number
  /** Events that are counted now. */
  readonly events: number
  /** Cannot be processed still, as they are or for another reason. */
  readonly failedAgain: number
  /** Left alone: a branch has not committed its account of them yet, or may still read them again. */
  readonly waiting: number
  /** Left alone: what is kept of them does not say which events are meant. */
  readonly unclear: number
  /** Of `replayed`: the source did not have the record any more, so that the redacted copy was used. */
  readonly fromCopy: number
  /** Of `fromCopy`: the copy is only the record's beginning. */
  readonly fromCutCopy: number
  /** Events that the store refused again: they have letters of their own now. */
  readonly refusedEvents: number
  /** Events of a time that the store does not keep any more. */
  readonly expiredEvents: number
  /** Where to go on; null where all has been looked at. */
  readonly next: number | null
}

export interface ReplayOptions {
  /** Letters looked at, at most. */
  readonly limit: number
  /** `next` of the report before. */
  readonly after: number | null
  readonly signal: AbortSignal
}

/**
 * Port: dead letters to look at, to send through their branches again, and to throw away.
 *
 * Delivery: a replay counts each letter once, however often it is asked for, by however many at once, and wherever it is killed. Rejects with
 * `partition_lost` where another replay has taken over: what was done is done, the rest is the other one's. To purge twice is harmless; purged
 * events stay dead in the ledger.
 */
export interface DeadLetterDesk extends DeadLetterReader {
  letter(id: string): Promise<DeadLetter | null>
  replay(filter: LetterFilter, options: ReplayOptions): Promise<ReplayReport>
  /** Resolves with how many letters were thrown away. */
  purge(filter: LetterFilter, signal: AbortSignal): Promise<number>
  close(): Promise<void>
}
