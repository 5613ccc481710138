/**
 * What a stream knows of being behind, and of how long an event takes: lag in records for each partition, and the time from a record's
 * timestamp to its commit. Feeds metrics, and the choice between committing often and committing much.
 */
import type { Item } from './intake.ts'
import type { Metrics } from './metrics.ts'
import { partitionKey, type Batch, type Partition } from './source/source.ts'
import type { BranchName, Reached } from './store/position.ts'

/** Records behind the end, over all partitions, from which on larger commits pay. */
const BEHIND_RECORDS = 10_000

interface Place {
  readonly partition: Partition
  lag: number
  /** Timestamp of the oldest record not yet committed. */
  oldestMs: number | null
}

export class LagWatch {
  readonly #branches: readonly BranchName[]
  readonly #metrics: Metrics
  readonly #places = new Map<string, Place>()

  constructor(branches: readonly BranchName[], metrics: Metrics) {
    this.#branches = branches
    this.#metrics = metrics
  }

  note(batch: Batch, items: readonly Item[]): void {
    const key = partitionKey(batch.partition)
    const place = this.#places.get(key) ?? { partition: batch.partition, lag: 0, oldestMs: null }
    this.#places.set(key, place)
    place.lag = batch.end === null ? 0 : Math.max(0, batch.end - batch.next)
    place.oldestMs ??= batch.records[0]?.timestampMs ?? null
    const { topic, partition } = batch.partition
    const counted = items.reduce((sum, { kind }) => (kind === 'ok' ? sum + 1 : sum), 0)
    for (const branch of this.#branches) {
      this.#metrics.recordsConsumed.inc({ branch }, batch.records.length)
      this.#metrics.eventsCounted.inc({ branch }, counted)
      this.#metrics.consumerLag.set({ branch, topic, partition: String(partition) }, place.lag)
    }
  }

  noteCommitted(progress: readonly Reached[]): void {
    const nowMs = Date.now()
    for (const { partition } of progress) {
      const place = this.#places.get(partitionKey(partition))
      if (place === undefined || place.oldestMs === null) continue
      for (const branch of this.#branches) this.#metrics.endToEndLatency.observe({ branch }, Math.max(0, nowMs - place.oldestMs) / 1_000)
      place.oldestMs = null
    }
    for (const branch of this.#branches) this.#metrics.lastCommit.set({ branch }, nowMs / 1_000)
  }

  drop(p: Partition): void {
    this.#places.delete(partitionKey(p))
    for (const branch of this.#branches) this.#metrics.consumerLag.remove({ branch, topic: p.topic, partition: String(p.partition) })
  }

  isBehind(): boolean {
    let sum = 0
    for (const { lag } of this.#places.values()) sum += lag
    return sum > BEHIND_RECORDS
  }
}
