/**
 * Port: what alerting must remember whatever process goes on with it, in shards. A shard is a share of the rules: how far they are evaluated, their alerts, and how far
 * these are told. Whoever owns a shard evaluates it; all processes read all shards, for people ask any of them.
 *
 *   start   -> what is there is told, then each change; and which shards are ours, whenever that changes
 *   open    -> whoever had the shard before is fenced: what it writes from now on is refused; then what it had kept, to go on from
 *   save    -> all of it or nothing, in the order of calls
 *
 * Delivery: a `save` that rejects may still have happened. After any rejection the shard is not ours any more (`partition_lost`) until it is opened again, which
 * tells what became of it. So a process that lost a shard without knowing cannot overwrite its successor's state, and hears of it at its first try.
 */
import { createHash } from 'node:crypto'
import type { SavedRecord } from '../deliver/records.ts'

export type { SavedRecord }
export type StateValue = NonNullable<SavedRecord['value']>

export interface StateHandler {
  /** Own writes come back here, too. Must not throw. */
  onRecord(shard: number, record: SavedRecord): void
  /** What was told of the shard is void: it is told anew. */
  onReset(shard: number): void
  /** The whole set that is ours from now on. */
  onOwned(shards: readonly number[]): void
}

export interface OpenShard {
  /** By key, as its predecessor left it. */
  readonly restored: ReadonlyMap<string, StateValue>
  save(records: readonly SavedRecord[]): Promise<void>
  close(): Promise<void>
}

export interface StateLog {
  /** Resolves with the number of shards once all that was there has been told. Waits, for ever, for a log that is away; rejects with `aborted` at a close. */
  start(handler: StateHandler): Promise<number>
  /** Rejects with `partition_lost` where the shard is not ours, with `neighbour_away` where the log is away. */
  open(shard: number): Promise<OpenShard>
  /** What is open is no longer ours; nothing is told after this resolves. */
  close(): Promise<void>
}

/** Which shard a rule is of: the same in every process. */
export function shardOf(ruleId: string, shards: number): number {
  return createHash('sha256').update(ruleId).digest().readUInt32BE(0) % shards
}
