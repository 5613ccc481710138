/**
 * The partitions that are a stream's own between two assignments, and how far each is. A new assignment is a new value; this one's signal then
 * aborts all that is under way for it.
 */
import { partitionKey, type Partition, type Source } from '../source/source.ts'

export interface Assigned {
  readonly partition: Partition
  isOpen: boolean
  isPaused: boolean
  /** Position after what was folded. */
  next: number
  committed: number
  /** Where `--exit-at-end` is content: the log's end when the partition was first seen. */
  end: number | null
}

export class Assignment {
  readonly #abort = new AbortController()
  readonly #partitions = new Map<string, Assigned>()

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  abort(): void {
    this.#abort.abort()
  }

  add(partition: Partition): Assigned {
    const assigned: Assigned = { partition, isOpen: false, isPaused: false, next: 0, committed: -1, end: null }
    this.#partitions.set(partitionKey(partition), assigned)
    return assigned
  }

  remove(partition: Partition): void {
    this.#partitions.delete(partitionKey(partition))
  }

  of(partition: Partition): Assigned | undefined {
    return this.#partitions.get(partitionKey(partition))
  }

  noteCommitted(partition: Partition, next: number): void {
    const assigned = this.of(partition)
    if (assigned !== undefined) assigned.committed = next
  }

  partitions(): Partition[] {
    return [...this.#partitions.values()].map(({ partition }) => partition)
  }

  isEmpty(): boolean {
    return this.#partitions.size === 0
  }

  isPaused(): boolean {
    return [...this.#partitions.values()].some((assigned) => assigned.isPaused)
  }

  /** All is folded and committed up to the ends that were noted. */
  isAtEnd(): boolean {
    return [...this.#partitions.values()].every(
      ({ isOpen, committed, next, end }) => isOpen && committed >= next && (end === null || committed >= end),
    )
  }

  pauseAll(source: Source): void {
    for (const assigned of this.#partitions.values()) {
      if (!assigned.isOpen || assigned.isPaused) continue
      assigned.isPaused = true
      source.pause(assigned.partition)
    }
  }

  resumeAll(source: Source): void {
    for (const assigned of this.#partitions.values()) {
      if (!assigned.isOpen || !assigned.isPaused) continue
      assigned.isPaused = false
      source.resume(assigned.partition)
    }
  }
}
