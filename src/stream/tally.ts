/**
 * What a stream has folded since it began: events by what became of them, ranges that nobody will count, and the time that the counted events span. For
 * people; the ledger is the account.
 */
import type { Item } from './intake.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import type { LostRange } from '../store/position.ts'

export interface Tally {
  readonly counted: number
  readonly filtered: number
  readonly dead: number
  /** Offsets that the log did not have any more, and those that were skipped. */
  readonly expired: number
  readonly skipped: number
  /** Event times of the first and last counted event, or null without any. */
  readonly firstMs: number | null
  readonly lastMs: number | null
}

export const NOTHING: Tally = { counted: 0, filtered: 0, dead: 0, expired: 0, skipped: 0, firstMs: null, lastMs: null }

export class TallyKeeper {
  #counts = { ok: 0, drop: 0, dead: 0, expired: 0, skipped: 0 }
  /** The last range of each partition: one that is opened again before the range is committed says it again. */
  readonly #lost = new Map<string, LostRange>()
  #firstMs = Infinity
  #lastMs = -Infinity

  add(items: readonly Item[]): void {
    for (const item of items) {
      this.#counts[item.kind]++
      if (item.kind !== 'ok') continue
      const { timeMs } = item.value
      if (timeMs < this.#firstMs) this.#firstMs = timeMs
      if (timeMs > this.#lastMs) this.#lastMs = timeMs
    }
  }

  addLost(p: Partition, range: LostRange): void {
    const key = partitionKey(p)
    const known = this.#lost.get(key)
    const from = known?.from === range.from && known.reason === range.reason ? Math.min(known.to, range.to) : range.from
    this.#counts[range.reason] += range.to - from
    this.#lost.set(key, range)
  }

  tally(): Tally {
    const { ok, drop, dead, expired, skipped } = this.#counts
    const isEmpty = ok === 0
    return {
      counted: ok,
      filtered: drop,
      dead,
      expired,
      skipped,
      firstMs: isEmpty ? null : this.#firstMs,
      lastMs: isEmpty ? null : this.#lastMs,
    }
  }
}
