/**
 * How far Druid is behind the rollup topic, in time. In: the topic's ends, and how far Druid says that it has read. Out: the age of the first row that it has
 * not read. Pure.
 *
 * Druid names the offset behind the last row that it read, and a topic of transactions ends in markers, which are no rows: one behind each transaction, more
 * where some were aborted. So an end that is one ahead is reached, and so is one that stands still together with Druid for a minute. A partition that
 * Druid says nothing of, as between two tasks, counts as read.
 */
import { ClusterLag, type Offsets } from './cluster-lag.ts'

const STILL_MS = 60_000

export class IngestionLag {
  readonly #lag = new ClusterLag()
  readonly #still = new Map<string, { readonly end: number; readonly offset: number; readonly sinceMs: number }>()

  /** The ends as they were: what was written before the first look is as old as that. */
  note(atMs: number, ends: Offsets): void {
    this.#lag.note(atMs, ends)
  }

  lagMs(nowMs: number, ends: Offsets, read: Offsets): number {
    this.note(nowMs, ends)
    const reached = [...ends].map(([partition, end]) => [partition, this.#reached(partition, end, read.get(partition), nowMs)] as const)
    return this.#lag.lagMs(nowMs, new Map(reached)) ?? 0
  }

  #reached(partition: string, end: number, offset: number | undefined, nowMs: number): number {
    if (offset === undefined || offset >= end - 1) return end
    const before = this.#still.get(partition)
    if (before?.end === end && before.offset === offset) return nowMs - before.sinceMs >= STILL_MS ? end : offset
    this.#still.set(partition, { end, offset, sinceMs: nowMs })
    return offset
  }
}
