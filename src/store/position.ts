/**
 * How far a branch is in a partition, and what a store and a source must agree on. Pure.
 *
 * A contributor is one incarnation of a partition; a block is a range of its offsets, named by its first. Blocks begin at
 * multiples of `blockSize`, and where a branch had to open one (a first start, other rules, a lost range).
 *
 *      from               next                         from: first offset of the open block
 *   ----|=================|--------> offsets           next: first offset not yet committed
 *
 * Past `next` a process that was killed may have left marks in documents, by blocks of its own. So where a block opens by other rules, an *epoch*
 * begins, which is a contributor of its own: no mark of the epoch before can hide what is counted now. It is named by where it begins and by which
 * rules, so that beginning it twice is the same. Only a store whose documents and position change apart has epochs.
 */
import type { Partition } from '../source/source.ts'

export const BRANCHES = ['detail', 'rollup'] as const
export type BranchName = (typeof BRANCHES)[number]

/** What is committed beside an offset: enough for a successor to name its blocks alike. */
export interface Progress {
  readonly partition: Partition
  readonly incarnation: number
  readonly next: number
  readonly from: number
  /** Digest of all that decides where an event goes. */
  readonly rules: string
  /** '' before the first change of rules; absent in a store without epochs. */
  readonly epoch?: string
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
  /** As in Progress. */
  readonly epoch?: string
}

export interface LostRange {
  readonly from: number
  readonly to: number
  readonly reason: 'expired' | 'skipped'
}

/** `cluster/topic/incarnation[.epoch]/partition`: who contributed to a count. */
export function contributorKey(p: Partition, incarnation: number, epoch = ''): string {
  return `${p.cluster}/${p.topic}/${incarnation}${epoch === '' ? '' : `.${epoch}`}/${p.partition}`
}

export function incarnationOf(contributor: string): number {
  return Number.parseInt(contributor.split('/').at(-2) ?? '', 10)
}

/** The contributor that the epochs of an incarnation have in common. */
export function withoutEpoch(contributor: string): string {
  return contributor.replace(/\/(\d+)\.[^/]+\/(\d+)$/, '/$1/$2')
}

/** Enough of a digest to tell the rules apart that one offset may be opened by. */
const EPOCH_DIGEST_CHARS = 8

export function epochAt(offset: number, rules: string): string {
  return `${offset}-${rules.slice(0, EPOCH_DIGEST_CHARS)}`
}

/** The block that `offset` falls into, when the partition's reading was opened at `openedAt`. */
export function blockOf(offset: number, openedAt: number, blockSize: number): number {
  const regular = offset - (offset % blockSize)
  return regular > openedAt ? regular : openedAt
}
