/** What a stream has folded since it began: events by what became of them, and the time that the counted ones span. For people; the ledger is the account. */
import type { Item } from './intake.ts'

export interface Tally {
  readonly counted: number
  readonly filtered: number
  readonly dead: number
  /** Event times of the first and last counted event, or null without any. */
  readonly firstMs: number | null
  readonly lastMs: number | null
}

export const NOTHING: Tally = { counted: 0, filtered: 0, dead: 0, firstMs: null, lastMs: null }

export class TallyKeeper {
  #counts = { ok: 0, drop: 0, dead: 0 }
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

  tally(): Tally {
    const { ok, drop, dead } = this.#counts
    const isEmpty = ok === 0
    return { counted: ok, filtered: drop, dead, firstMs: isEmpty ? null : this.#firstMs, lastMs: isEmpty ? null : this.#lastMs }
  }
}
