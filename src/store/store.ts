/**
 * Port: what the stream writes to. A store owns what is written and the position together, because what is written and
 * how far we are must never come apart.
 *
 *   open(partition)  -> where each branch goes on (and, for rollups, a fenced predecessor)
 *   commit(unit)     -> everything in the unit is durable, then the positions move; or the promise rejects and nothing is known
 *
 * Calls to `commit` never overlap. A repeat of a unit is harmless: documents and ledger entries merge by block marks, rows travel
 * with their offsets in one transaction. A rejected promise with `partition_lost` or `aborted` means: drop what you hold of
 * these partitions and open them again if they are still yours. A neighbour that is away is retried inside until `signal` aborts.
 * Any other rejection is a fault of the program: let it crash, nothing was committed.
 */
import type { Partition } from '../source/source.ts'
import type { DetailPart } from './detail-store.ts'
import type { LostRange, Resume } from './position.ts'
import type { RollupPart } from './rollup-store.ts'

export interface Opening {
  /** Null where this store does not serve the branch. */
  readonly detail: Resume | null
  readonly rollup: Resume | null
}

export interface Unit {
  readonly detail: DetailPart | null
  readonly rollup: readonly RollupPart[]
}

/** Ranges of offsets that will not be counted, of each branch its own. */
export function lostRanges({ detail, rollup }: Opening): LostRange[] {
  return [detail?.lost, rollup?.lost].filter((lost) => lost !== null && lost !== undefined)
}

export function isEmpty({ detail, rollup }: Unit): boolean {
  return (detail === null || detail.documents.length === 0) && rollup.length === 0
}

export interface CommitReport {
  /** Partitions whose part did not go through and must be opened again. The others are committed. */
  readonly lost: readonly Partition[]
  /** Events of documents that the store refused for good, now dead letters. */
  readonly refusedEvents: number
  /** Letters were written for what may be taken when it is read again: the blocks that are open must not be. Not said: no. */
  readonly needsNewBlocks?: boolean
}

export interface Store {
  open(p: Partition, signal: AbortSignal): Promise<Opening>
  commit(unit: Unit, signal: AbortSignal): Promise<CommitReport>
  close(): Promise<void>
}
