/** Quantiles of the newest values: a ring of so many, sorted when asked. */
const KEPT = 1_000

export interface Quantiles {
  readonly samples: number
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
  readonly max: number | null
}

export class RecentQuantiles {
  readonly #values: number[] = []
  #next = 0

  add(value: number): void {
    this.#values[this.#next] = value
    this.#next = (this.#next + 1) % KEPT
  }

  quantiles(): Quantiles {
    const sorted = this.#values.toSorted((a, b) => a - b)
    const at = (share: number): number | null => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
    return { samples: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: sorted.at(-1) ?? null }
  }
}
