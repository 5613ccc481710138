/**
 * Port: where records come from. Kafka, files, standard input and HTTP are sources.
 *
 * A source pushes; it never waits for a handler. Back-pressure is `pause`: a source that is told to pause stops
 * delivering for that partition soon (what it has fetched already may still arrive). It delivers the records of a
 * partition in order of their offsets, each once between two seeks. It says nothing about what is committed:
 * positions belong to the store.
 *
 *   start -> onAssigned(all partitions) -> [stream opens each: seek, resume] -> onBatch ... -> onAssigned(other set) ...
 *
 * Where partitions come and go without voiding the others (files, HTTP), they are announced one by one:
 *
 *   onAdded(p) -> [stream opens it] -> onBatch ... -> committed up to the last batch's `next` -> onRemoved(p)
 *
 * A source that ends removes each of its partitions in this way. `onAssigned` comes once before the first `onAdded`. A source calls its handler on its own turn of the event loop, never from
 * inside a call of `seek`, `pause`, `resume`, `committed` or `bounds`, so that a handler needs no guard against re-entry.
 */

/** One ordered log. For a file: cluster `file`, topic its identity, partition 0. */
export interface Partition {
  readonly cluster: string
  readonly topic: string
  readonly partition: number
}

/** `cluster/topic/partition`: a key for maps and logs. */
export function partitionKey(p: Partition): string {
  return `${p.cluster}/${p.topic}/${p.partition}`
}

export interface SourceRecord {
  readonly offset: number
  /** The record's own timestamp (Kafka), or null where the source has none: then the event's own time counts. */
  readonly timestampMs: number | null
  readonly key: Buffer | null
  /** Null is a tombstone. */
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export interface Batch {
  readonly partition: Partition
  /** The offset that was asked for: equals the position after the batch before, unless the log jumped. */
  readonly fetchedFrom: number
  readonly records: readonly SourceRecord[]
  /** Position after this batch. Larger than the last record's offset + 1 where the log has gaps. */
  readonly next: number
  /** The log's end when this was fetched: `end - next` is the lag in records. Null where unknown (a pipe). */
  readonly end: number | null
  /** True where more is there already, though nobody knows how many records (a file). */
  readonly hasMore?: boolean
}

export interface SourceHandler {
  /** The whole set that is ours from now on. What was held of any partition before is void. All start out paused. */
  onAssigned(partitions: readonly Partition[]): void
  /** One more partition is ours (a new file, an HTTP request). It starts out paused. Nothing changes for the others. */
  onAdded(p: Partition): void
  /** `p` is through: all that was delivered of it is committed, and nothing more will come. Forget it. Nothing changes for the others. */
  onRemoved(p: Partition): void
  /** The log does not continue where we are (expired, or made anew): drop what is held of it and open it again. */
  onReopen(partition: Partition): void
  /** Called on the source's own loop; must return at once. */
  onBatch(batch: Batch): void
  /** A look found the log's end there, while nothing of the partition comes (it is paused, say). Batches tell their own. */
  onEnd?(p: Partition, end: number): void
  /** The source cannot go on by itself. */
  onFailed(error: unknown): void
}

export interface Bounds {
  /** First offset that the log still has. */
  readonly begin: number
  /** Offset after the last record. */
  readonly end: number
}

export interface Source {
  start(handler: SourceHandler): Promise<void>
  /** The next record delivered is the first at or after `offset`. Only for an assigned partition. */
  seek(p: Partition, offset: number): void
  pause(p: Partition): void
  resume(p: Partition): void
  /** What the log holds now. Rejects with `neighbour_away`. */
  bounds(p: Partition): Promise<Bounds>
  /** Called after the store has committed up to `next`: HTTP answers its client now, a file that is through is removed. */
  committed(p: Partition, next: number): void
  /**
   * True once a source that ends (files, a pipe) has delivered everything, false before. Null where a source does not end by itself (Kafka,
   * HTTP): then the bounds decide what the end is. A change to true is followed by the `onRemoved` of the last partition.
   */
  ended(): boolean | null
  /** The path of the file behind it, for people; null where it is not known. */
  nameOf?(p: Partition): string | null
  /** No batch is delivered after this resolves. */
  stop(): Promise<void>
}
