/**
 * How far a branch is in a partition, and what a store and a source must agree on. Pure.
 *
 * A contributor is one incarnation of a partition; a block is a range of its offsets, named by its first. Blocks begin at
 * multiples of `blockSize`, and where a branch had to open one (a first start, other rules, a lost range).
 *
 *      from               next                         from: first offset of the open block
 *   ----|=================|--------> offsets           next: first offset not yet committed
 */
import type { Partition } from '../source/source.ts'

export type BranchName = 'detail' | 'rollup'

/** What is committed beside an offset: enough for a successor to name its blocks alike. */
export interface Progress {
  readonly partition: Partition
  readonly incarnation: number
  readonly next: number
  readonly from: number
  /** Digest of all that decides where an event goes. */
  readonly rules: string
}

/** How far a stream is through a partition, over all its branches. */
export interface Reached {
  readonly partition: Partition
  readonly next: number
}

/** Where to go on. `from <= next`: records in between are read again to rebuild the open block, and counted once. */
export interface Resume {
  readonly incarnation: number
  readonly from: number
  readonly next: number
  /** A range of offsets that nobody will count, or null. Goes into the ledger. */
  readonly lost: LostRange | null
}

export interface LostRange {
  readonly from: number
  readonly to: number
  readonly reason: 'expired' | 'skipped'
}

/** `cluster/topic/incarnation/partition`: who contributed to a count. */
export function contributorKey(p: Partition, incarnation: number): string {
  return `${p.cluster}/${p.topic}/${incarnation}/${p.partition}`
}

/** The block that `offset` falls into, when the partition's reading was opened at `openedAt`. */
export function blockOf(offset: number, openedAt: number, blockSize: number): number {
  const regular = offset - (offset % blockSize)
  return regular > openedAt ? regular : openedAt
}
