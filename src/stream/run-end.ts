/**
 * Where a run that ends by itself (`exitAtEnd`) is content. In: partitions as they are opened. Out: whether all is committed up to where each one's log ended
 * when it was first seen, over all assignments: what comes later is the next run's. A source that ends says so itself; then no log is asked.
 *
 * Delivery: nothing is read or committed here. A neighbour that is away is asked again.
 */
import { isTracefoldError } from '../errors.ts'
import { retry } from '../lib/retry.ts'
import { partitionKey, type Source } from '../source/source.ts'
import type { Assigned, Assignment } from './assignment.ts'

export class RunEnd {
  readonly #source: Source
  readonly #exitAtEnd: boolean
  readonly #ends = new Map<string, number>()

  constructor(source: Source, exitAtEnd: boolean) {
    this.#source = source
    this.#exitAtEnd = exitAtEnd
  }

  /** Resolves once `assigned` knows its end, where it needs one. Rejects with `aborted` where the signal aborts. */
  async note(assigned: Assigned, signal: AbortSignal): Promise<void> {
    if (!this.#exitAtEnd || this.#source.ended() !== null) return
    const key = partitionKey(assigned.partition)
    const end = this.#ends.get(key) ?? (await this.#endOf(assigned, signal))
    this.#ends.set(key, end)
    assigned.end = end
  }

  isReached(assignment: Assignment): boolean {
    return this.#exitAtEnd && assignment.isAtEnd() && (this.#source.ended() ?? !assignment.isEmpty())
  }

  async #endOf({ partition }: Assigned, signal: AbortSignal): Promise<number> {
    const isRetriable = (error: unknown): boolean => isTracefoldError(error, 'neighbour_away')
    return (await retry(() => this.#source.bounds(partition), { signal, isRetriable })).end
  }
}
