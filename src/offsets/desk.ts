/**
 * Port: where operators look at positions and move them. In cluster mode positions are committed offsets of the branches' groups; embedded they are those
 * of files, which can only be looked at.
 *
 *   show  -> how far each branch is in each partition, what was skipped, and what of that has been backfilled
 *   skip  -> asks for positions of at least an offset. Who has the partition applies it, once, when what it has in hand is committed; where nobody has, the
 *            next to open it does
 *
 *   reset -> sets the position of a branch that is stopped
 *
 * Delivery: a skip that rejects may have been asked for in part; to ask again is harmless, for a position never goes back.
 */
import { BRANCHES, type BranchName, type LostRange } from '../store/position.ts'

/**
 * `lost`: no offset is committed, or one that somebody set back, although the store holds our data. `by_hand`: set ahead with Kafka's own tools. `unknown`: no offset is committed, and the
 * store, which may know, cannot be asked.
 */
export type PositionState = 'committed' | 'none' | 'lost' | 'by_hand' | 'unknown'

/** What a row or an answer is about, where there are several Kafka clusters: the name that the settings give it. */
export interface InCluster {
  readonly clusterName?: string
}

export interface OffsetRow extends InCluster {
  readonly branch: BranchName
  readonly cluster: string
  readonly topic: string
  readonly partition: number
  readonly state: PositionState
  readonly incarnation: number
  /** Where the branch goes on. */
  readonly committed: number
  /** First offset of the open block, which a restart reads again; null where none is known. */
  readonly openBlock: number | null
  /** The log's, or null where nobody knows it. */
  readonly end: number | null
  readonly lagRecords: number | null
  /** Age of the record at the position, in seconds; 0 at the end, null where records have no time. */
  readonly lagSeconds: number | null
  /** What a skip asked for and nobody has applied yet. */
  readonly skipTo: number | null
}

export interface SkippedRow extends InCluster {
  readonly id: string
  readonly branch: BranchName
  readonly cluster: string
  readonly topic: string
  readonly partition: number
  readonly incarnation: number
  readonly from: number
  readonly to: number
  /** On which the ledger says so. */
  readonly day: string
  readonly backfilled: number
}

export interface OffsetsReport {
  readonly offsets: readonly OffsetRow[]
  /** Ranges that were skipped, also those that were backfilled since. */
  readonly skipped: readonly SkippedRow[]
  /** Names of the clusters that are left out, for they are away. */
  readonly away?: readonly string[]
}

export type SkipTarget =
  { readonly kind: 'end' } | { readonly kind: 'offset'; readonly offset: number } | { readonly kind: 'time'; readonly timeMs: number }

export interface SkipQuery {
  /** All clusters without it. */
  readonly cluster?: string
  readonly branches: readonly BranchName[]
  /** All topics without it. */
  readonly topic?: string
  /** All partitions without it. */
  readonly partition?: number
  readonly to: SkipTarget
}

export interface SkipAnswer extends InCluster {
  readonly branch: BranchName
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  /** False where the position is there already, or somebody asked for that before: nothing is done. */
  readonly isAsked: boolean
}

export interface SkipReport {
  readonly skips: readonly SkipAnswer[]
  /** As in OffsetsReport: there nothing was asked for. */
  readonly away?: readonly string[]
}

export interface OffsetsReader {
  show(): Promise<OffsetsReport>
}

/** `recorded`: where the branch's own store says that it was. */
export type ResetTarget = 'recorded' | 'earliest' | 'latest' | number

export interface ResetQuery {
  readonly branches: readonly BranchName[]
  /** Of several Kafka clusters this one: it must be named. */
  readonly cluster?: string
  readonly topic?: string
  readonly partition?: number
  readonly to: ResetTarget
}

export interface ResetAnswer extends InCluster {
  readonly branch: BranchName
  readonly topic: string
  readonly partition: number
  /** Null where nothing was committed. */
  readonly from: number | null
  readonly to: number
  readonly lost: LostRange | null
}

export interface OffsetsDesk extends OffsetsReader {
  /** Rejects with `bad_request` for a partition, an offset or a cluster that is not there. */
  skip(query: SkipQuery): Promise<SkipReport>
  /** Of a branch that is stopped. Rejects with `bad_request` where its group runs, or something would be counted twice. */
  reset(query: ResetQuery): Promise<ResetAnswer[]>
  close(): Promise<void>
}

/** `end`, an offset, or a time as `parseTime` takes it. */
export function targetOf(text: string, timeMs: (text: string) => number): SkipTarget {
  if (text === 'end') return { kind: 'end' }
  return /^\d{1,15}$/.test(text) ? { kind: 'offset', offset: Number(text) } : { kind: 'time', timeMs: timeMs(text) }
}

/** Null for what is none. */
export function resetTargetOf(text: string): ResetTarget | null {
  if (text === 'recorded' || text === 'earliest' || text === 'latest') return text
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}

export interface LagTotal {
  readonly branch: BranchName
  readonly partitions: number
  readonly lagRecords: number
  /** Of the partition that is furthest behind; null where no record has a time. */
  readonly lagSeconds: number | null
}

export function totalsByBranch(rows: readonly OffsetRow[]): LagTotal[] {
  return BRANCHES.flatMap((branch) => {
    const own = rows.filter((row) => row.branch === branch)
    const ages = own.flatMap(({ lagSeconds }) => (lagSeconds === null ? [] : [lagSeconds]))
    const lagRecords = own.reduce((sum, row) => sum + (row.lagRecords ?? 0), 0)
    return own.length === 0
      ? []
      : [{ branch, partitions: own.length, lagRecords, lagSeconds: ages.length === 0 ? null : Math.max(...ages) }]
  })
}
