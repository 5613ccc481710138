/**
 * What a stream knows of being behind, and of how long an event takes: position and lag of each open partition, and the time from a record's
 * timestamp to its commit. Feeds metrics, `GET /api/v1/pipeline`, and the choice between committing often and committing much.
 *
 * The lag is measured from what the store has acknowledged: a store that is away shows as lag, though folding goes on for a while. The log's end is known
 * from what is read, and, where nothing is, from the source's looks.
 */
import { RecentQuantiles, type Quantiles } from '../lib/recent-quantiles.ts'
import { RecentRate } from '../lib/recent-rate.ts'
import type { Metrics } from '../metrics.ts'
import { partitionKey, type Batch, type Partition } from '../source/source.ts'
import type { BranchName, Reached } from '../store/position.ts'

/** Records behind the end, over all partitions, from which on larger commits pay. */
const BEHIND_RECORDS = 10_000

/** Batches of a partition whose oldest records are known one by one while they wait for a commit; later ones share the last's. */
const MAX_WAITING = 64

/** What was read and not yet committed: up to which offset, and the timestamp of its first record, or when it came where it has none. */
interface Waiting {
  next: number
  readonly firstMs: number
}

interface Place {
  readonly partition: Partition
  position: number
  committed: number
  end: number | null
  /** In order of their offsets. */
  waiting: Waiting[]
  /** About when the first record that is not read yet was written: as the one before it, or else when it was seen to be there. Null where there is none. */
  unreadMs: number | null
  /** More is there to be read, though nobody knows how many records. */
  hasMore: boolean
  /** Time of the last event that was read; null where none has one. */
  lastEventMs: number | null
}

export interface PartitionProgress {
  readonly cluster: string
  readonly topic: string
  readonly partition: number
  /** Offset after the last record that was folded. */
  readonly position: number
  /** Offset up to which the store has acknowledged everything. */
  readonly committed: number
  /** The log's end when it was last seen; null where unknown (a pipe). */
  readonly end: number | null
  /** From `committed` to `end`; 0 where the end is unknown. */
  readonly lagRecords: number
  /** More is there to be read, though nobody knows how many records (a file). */
  readonly hasMore: boolean
  /**
   * Age of the oldest record not committed, in seconds, as far as known; 0 where all is; null where nobody knows. Where nobody knows how much more
   * there is to be read, the age of the last event that was.
   */
  readonly lagSeconds: number | null
}

export interface StreamProgress {
  readonly partitions: readonly PartitionProgress[]
  readonly recordsPerSecond: number
  /** From a record's timestamp, or its coming where it has none, to its commit. */
  readonly latencySeconds: Quantiles
  readonly lastCommitMs: number | null
}

export class LagWatch {
  readonly #branches: readonly BranchName[]
  readonly #metrics: Metrics
  readonly #now: () => number
  readonly #cluster: string
  readonly #places = new Map<string, Place>()
  readonly #rate = new RecentRate()
  readonly #latency = new RecentQuantiles()
  #lastCommitMs: number | null = null

  /** `cluster`: the source's, '' where it has none. */
  constructor(branches: readonly BranchName[], metrics: Metrics, now: () => number, cluster = '') {
    this.#cluster = cluster
    this.#branches = branches
    this.#metrics = metrics
    this.#now = now
  }

  /** `position`: where reading begins; past it, up to `committed`, an open block is read again. */
  open(partition: Partition, { position, committed }: Pick<Place, 'position' | 'committed'>): void {
    this.#places.set(partitionKey(partition), {
      partition,
      position,
      committed,
      end: null,
      waiting: [],
      unreadMs: null,
      hasMore: false,
      lastEventMs: null,
    })
  }

  /** Of an open partition. `lastEventMs`: of the last event read that tells its time. */
  note(batch: Batch, lastEventMs: number | null): void {
    const place = this.#places.get(partitionKey(batch.partition))
    if (place === undefined) return
    place.position = batch.next
    place.end = batch.end ?? place.end
    place.hasMore = batch.hasMore ?? false
    place.lastEventMs = lastEventMs
    noteWaiting(place, batch, this.#now())
    const lastMs = batch.records.at(-1)?.timestampMs ?? null
    place.unreadMs = unread(place) === 0 ? null : (lastMs ?? place.unreadMs)
    this.#rate.add(batch.records.length, this.#now())
    for (const branch of this.#branches) this.#metrics.recordsConsumed.inc({ branch }, batch.records.length)
    this.#showLag(place)
  }

  /** The log goes up to `end`, whether it is being read or not. */
  noteEnd(p: Partition, end: number): void {
    const place = this.#places.get(partitionKey(p))
    if (place === undefined) return
    place.end = Math.max(end, place.end ?? 0)
    if (unread(place) > 0) place.unreadMs ??= this.#now()
    this.#showLag(place)
  }

  noteCommitted(progress: readonly Reached[]): void {
    const nowMs = this.#now()
    this.#lastCommitMs = nowMs
    for (const { partition, next } of progress) {
      const place = this.#places.get(partitionKey(partition))
      if (place === undefined) continue
      place.committed = next
      const [oldest] = place.waiting
      place.waiting = place.waiting.filter((one) => one.next > next)
      this.#showLag(place)
      if (oldest === undefined || oldest === place.waiting[0]) continue
      const seconds = Math.max(0, nowMs - oldest.firstMs) / 1_000
      this.#latency.add(seconds)
      for (const branch of this.#branches) this.#metrics.endToEndLatency.observe({ branch, cluster: this.#cluster }, seconds)
    }
    for (const branch of this.#branches) this.#metrics.lastCommit.set({ branch, cluster: this.#cluster }, nowMs / 1_000)
  }

  drop(p: Partition): void {
    this.#places.delete(partitionKey(p))
    for (const branch of this.#branches)
      this.#metrics.consumerLag.remove({ branch, cluster: p.cluster, topic: p.topic, partition: String(p.partition) })
  }

  /** By what is not read yet: what waits for a commit is no reason to commit later. */
  isBehind(): boolean {
    let sum = 0
    for (const place of this.#places.values()) sum += unread(place)
    return sum > BEHIND_RECORDS
  }

  progress(): StreamProgress {
    const nowMs = this.#now()
    const partitions = [...this.#places.values()].map((place): PartitionProgress => {
      const { partition, position, committed, end, hasMore } = place
      return { ...partition, position, committed, end, hasMore, lagRecords: lagOf(place), lagSeconds: lagSecondsOf(place, nowMs) }
    })
    return {
      partitions,
      recordsPerSecond: this.#rate.perSecond(nowMs),
      latencySeconds: this.#latency.quantiles(),
      lastCommitMs: this.#lastCommitMs,
    }
  }

  /** Not where the end is unknown. */
  #showLag(place: Place): void {
    if (place.end === null) return
    const { cluster, topic, partition } = place.partition
    for (const branch of this.#branches)
      this.#metrics.consumerLag.set({ branch, cluster, topic, partition: String(partition) }, lagOf(place))
  }
}

function noteWaiting({ committed, waiting }: Place, { records, next }: Batch, nowMs: number): void {
  const first = records.find(({ offset }) => offset >= committed) // what lies before is counted already
  const last = waiting.at(-1)
  if (first === undefined) return
  if (last !== undefined && waiting.length >= MAX_WAITING) last.next = next
  else waiting.push({ next, firstMs: first.timestampMs ?? nowMs })
}

function lagOf({ committed, end }: Place): number {
  return end === null ? 0 : Math.max(0, end - committed)
}

function unread({ position, end }: Place): number {
  return end === null ? 0 : Math.max(0, end - position)
}

function lagSecondsOf(place: Place, nowMs: number): number | null {
  const { hasMore, lastEventMs, waiting, end, unreadMs } = place
  if (!hasMore && waiting.length === 0 && (end === null || lagOf(place) === 0)) return end === null ? null : 0
  const oldestMs = hasMore ? lastEventMs : (waiting[0]?.firstMs ?? unreadMs)
  return oldestMs === null ? null : Math.max(0, nowMs - oldestMs) / 1_000
}
