/**
 * What a stream knows of being behind, and of how long an event takes: position and lag of each partition, and the time from a record's
 * timestamp to its commit. Feeds metrics, `GET /api/v1/pipeline`, and the choice between committing often and committing much.
 */
import type { Item } from './intake.ts'
import { RecentQuantiles, type Quantiles } from './lib/recent-quantiles.ts'
import { RecentRate } from './lib/recent-rate.ts'
import type { Metrics } from './metrics.ts'
import { partitionKey, type Batch, type Partition } from './source/source.ts'
import type { BranchName, Reached } from './store/position.ts'

/** Records behind the end, over all partitions, from which on larger commits pay. */
const BEHIND_RECORDS = 10_000

interface Place {
  readonly partition: Partition
  position: number
  committed: number | null
  end: number | null
  lag: number
  /** Timestamp of the newest record that was read. */
  newestMs: number | null
  /** Timestamp of the oldest record not yet committed. */
  oldestMs: number | null
}

export interface PartitionProgress {
  readonly cluster: string
  readonly topic: string
  readonly partition: number
  /** Offset after the last record that was folded. */
  readonly position: number
  /** Offset after the last record that was committed; null before the first commit. */
  readonly committed: number | null
  /** The log's end at the last fetch; null where unknown (a pipe). */
  readonly end: number | null
  readonly lagRecords: number
  /** Age of the last record that was read, in seconds, while there is more to read; 0 at the end; null where records have no time. */
  readonly lagSeconds: number | null
}

export interface StreamProgress {
  readonly partitions: readonly PartitionProgress[]
  readonly recordsPerSecond: number
  /** From a record's timestamp to its commit. */
  readonly latencySeconds: Quantiles
  readonly lastCommitMs: number | null
}

export class LagWatch {
  readonly #branches: readonly BranchName[]
  readonly #metrics: Metrics
  readonly #now: () => number
  readonly #places = new Map<string, Place>()
  readonly #rate = new RecentRate()
  readonly #latency = new RecentQuantiles()
  #lastCommitMs: number | null = null

  constructor(branches: readonly BranchName[], metrics: Metrics, now: () => number) {
    this.#branches = branches
    this.#metrics = metrics
    this.#now = now
  }

  note(batch: Batch, items: readonly Item[]): void {
    const place = this.#placeOf(batch.partition)
    place.position = batch.next
    place.end = batch.end
    place.lag = batch.end === null ? 0 : Math.max(0, batch.end - batch.next)
    place.newestMs = batch.records.at(-1)?.timestampMs ?? place.newestMs
    place.oldestMs ??= batch.records[0]?.timestampMs ?? null
    this.#rate.add(batch.records.length, this.#now())
    const { cluster, topic, partition } = batch.partition
    const counted = items.reduce((sum, { kind }) => (kind === 'ok' ? sum + 1 : sum), 0)
    for (const branch of this.#branches) {
      this.#metrics.recordsConsumed.inc({ branch }, batch.records.length)
      this.#metrics.eventsCounted.inc({ branch }, counted)
      this.#metrics.consumerLag.set({ branch, cluster, topic, partition: String(partition) }, place.lag)
    }
  }

  noteCommitted(progress: readonly Reached[]): void {
    const nowMs = this.#now()
    this.#lastCommitMs = nowMs
    for (const { partition, next } of progress) {
      const place = this.#places.get(partitionKey(partition))
      if (place === undefined) continue
      place.committed = next
      if (place.oldestMs === null) continue
      const seconds = Math.max(0, nowMs - place.oldestMs) / 1_000
      this.#latency.add(seconds)
      for (const branch of this.#branches) this.#metrics.endToEndLatency.observe({ branch }, seconds)
      place.oldestMs = null
    }
    for (const branch of this.#branches) this.#metrics.lastCommit.set({ branch }, nowMs / 1_000)
  }

  drop(p: Partition): void {
    this.#places.delete(partitionKey(p))
    for (const branch of this.#branches) this.#metrics.consumerLag.remove({ branch, cluster: p.cluster, topic: p.topic, partition: String(p.partition) })
  }

  isBehind(): boolean {
    let sum = 0
    for (const { lag } of this.#places.values()) sum += lag
    return sum > BEHIND_RECORDS
  }

  progress(): StreamProgress {
    const nowMs = this.#now()
    const partitions = [...this.#places.values()].map(({ partition, position, committed, end, lag, newestMs }): PartitionProgress => {
      const behindSeconds = newestMs === null ? null : Math.max(0, nowMs - newestMs) / 1_000
      return { ...partition, position, committed, end, lagRecords: lag, lagSeconds: lag === 0 ? 0 : behindSeconds }
    })
    return { partitions, recordsPerSecond: this.#rate.perSecond(nowMs), latencySeconds: this.#latency.quantiles(), lastCommitMs: this.#lastCommitMs }
  }

  #placeOf(partition: Partition): Place {
    const key = partitionKey(partition)
    const place = this.#places.get(key) ?? { partition, position: 0, committed: null, end: null, lag: 0, newestMs: null, oldestMs: null }
    this.#places.set(key, place)
    return place
  }
}
