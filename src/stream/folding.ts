/** Port: what a stream does with what its loop (runner.ts) gives it. No call waits for anything. */
import type { StreamRules } from '../rules/rules.ts'
import type { Batch, Partition } from '../source/source.ts'
import type { Reached } from '../store/position.ts'
import type { Opening, Unit } from '../store/store.ts'

export interface Opened {
  /** First offset to read. */
  readonly readFrom: number
  /** Up to here every branch has committed. Lies past `readFrom` where an open block is read again. */
  readonly committed: number
}

/** What the stream does with a partition and its batches. All synchronous. */
export interface Folding {
  /** Those in force. */
  readonly rules: { readonly digest: string }
  /** Only where nothing that was folded waits for a commit. What is folded from then on goes by these; null: by the same rules, in new blocks. */
  changeRules(rules: StreamRules | null): void
  open(p: Partition, opening: Opening): Opened
  drop(p: Partition): void
  fold(batch: Batch): void
  /** The log goes up to `end`, though nothing of it comes at the moment. */
  noteEnd(p: Partition, end: number): void
  /** By what the unit in the making is large enough to be committed before its time, or null. */
  fullBy(): 'size' | 'bytes' | null
  /** Whether no more may be taken in until the commit under way is through. */
  isOverBound(): boolean
  /** Milliseconds that the first item may wait. */
  maxAgeMs(): number
  /** What has changed, and how far the partitions that moved will be once it is committed. None has while open blocks are read again. */
  take(): { unit: Unit; reached: readonly Reached[] }
  /** The unit taken last is committed, for the partitions of `kept`. */
  acknowledge(unit: Unit, kept: readonly Reached[]): void
}
