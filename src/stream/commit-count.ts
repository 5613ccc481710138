/**
 * What a stream's commits come to, for the tallies and the metrics. In: what was read for each branch, and the ledger's terms of a unit that was committed.
 * Out: both together, once the store has taken them.
 *
 *   add -> waiting --(take)--> taken --(acknowledge)--> told
 *
 * What must hold: only what a branch's committed position has passed is told, and once: what an open block reads again lies below the position and is left
 * out, and what was read and not committed is dropped with its partition.
 */
import type { Metrics } from '../metrics.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import type { LedgerCounts } from '../store/ledger.ts'
import type { BranchName, Reached, Resume } from '../store/position.ts'
import type { Opening } from '../store/store.ts'
import type { Item } from './item.ts'
import { joined, NO_READ, REFUSED, type Read, type Tallies } from './tally.ts'

interface Place {
  /** Where the branch had committed when the partition was opened: what lies below is counted already. */
  readonly from: number
  waiting: Read
  taken: Read
}

export class CommitCount {
  readonly #metrics: Metrics
  readonly #tallies: Tallies | null
  readonly #places: ReadonlyMap<BranchName, Map<string, Place>>

  constructor(branches: readonly BranchName[], metrics: Metrics, tallies: Tallies | null) {
    this.#metrics = metrics
    this.#tallies = tallies
    this.#places = new Map(branches.map((branch) => [branch, new Map()]))
    for (const branch of branches) tallies?.begin(branch)
  }

  open(p: Partition, opening: Opening): void {
    for (const [branch, places] of this.#places) {
      const resume = opening[branch]
      if (resume !== null) places.set(partitionKey(p), { from: resume.next, waiting: lostBy(resume), taken: NO_READ })
    }
  }

  drop(p: Partition): void {
    for (const places of this.#places.values()) places.delete(partitionKey(p))
  }

  add(p: Partition, items: readonly Item[]): void {
    for (const places of this.#places.values()) {
      const place = places.get(partitionKey(p))
      if (place !== undefined) place.waiting = joined(place.waiting, readOf(items, place.from))
    }
  }

  /** All that was read so far is in the unit that is about to be committed. */
  take(): void {
    for (const places of this.#places.values()) {
      for (const place of places.values()) {
        place.taken = joined(place.taken, place.waiting)
        place.waiting = NO_READ
      }
    }
  }

  /** The unit is committed for these partitions; `terms` are those of the ledger's entries that came to be by it. */
  acknowledge(kept: readonly Reached[], terms: ReadonlyMap<BranchName, LedgerCounts>): void {
    for (const [branch, places] of this.#places) {
      let read = NO_READ
      for (const { partition } of kept) {
        const place = places.get(partitionKey(partition))
        if (place === undefined) continue
        read = joined(read, place.taken)
        place.taken = NO_READ
      }
      this.#tell(branch, read, terms.get(branch) ?? {})
    }
  }

  /** A counter never goes back: where a document was counted before it was refused, the metric stays. */
  #tell(branch: BranchName, read: Read, terms: LedgerCounts): void {
    this.#tallies?.add(branch, read, terms)
    this.#metrics.eventsCounted.inc({ branch }, Math.max(0, terms['counted'] ?? 0))
    const refused = terms[REFUSED] ?? 0
    if (refused > 0) this.#metrics.deadLetters.inc({ stage: 'store', reason: 'refused_by_store' }, refused)
  }
}

function lostBy({ lost }: Resume): Read {
  return lost === null ? NO_READ : { ...NO_READ, consumed: lost.to - lost.from }
}

function readOf(items: readonly Item[], from: number): Read {
  let [consumed, firstMs, lastMs] = [0, Infinity, -Infinity]
  for (const item of items) {
    if (item.offset < from) continue
    consumed++
    if (item.kind !== 'ok') continue
    const { timeMs } = item.value
    if (timeMs < firstMs) firstMs = timeMs
    if (timeMs > lastMs) lastMs = timeMs
  }
  return { consumed, firstMs, lastMs }
}
