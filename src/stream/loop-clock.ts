/** Accounts all the time of a stream's loop to what it was spent on: waiting for records, decoding, writing, or held back (by the store, or for rules or a skip). */
import { LOOP_STATES, type LoopState, type Metrics } from '../metrics.ts'
import type { BranchName } from '../store/position.ts'

/** How long in all, and how often. */
export interface Spent {
  readonly seconds: number
  readonly times: number
}

export class LoopClock {
  readonly #metrics: Metrics
  readonly #series: readonly { readonly branch: BranchName; readonly cluster: string }[]
  readonly #spent: Record<LoopState, { seconds: number; times: number }> = {
    waiting: { seconds: 0, times: 1 },
    decoding: nothing(),
    writing: nothing(),
    backpressure: nothing(),
  }
  #state: LoopState = 'waiting'
  #sinceMs = performance.now()

  /** `cluster`: the source's, '' where it has none. */
  constructor(metrics: Metrics, branches: readonly BranchName[], cluster = '') {
    this.#metrics = metrics
    this.#series = branches.map((branch) => ({ branch, cluster }))
    this.#startAtZero()
    this.#countEntry()
  }

  enter(state: LoopState): void {
    if (state === this.#state) return
    this.#settle()
    this.#state = state
    this.#spent[state].times++
    this.#countEntry()
  }

  /** Up to this moment. */
  spent(): Readonly<Record<LoopState, Spent>> {
    this.#settle()
    return structuredClone(this.#spent)
  }

  #startAtZero(): void {
    for (const series of this.#series) {
      this.#metrics.backpressureSeconds.inc(series, 0)
      for (const state of LOOP_STATES)
        for (const metric of [this.#metrics.timeSeconds, this.#metrics.loopEntries]) metric.inc({ ...series, state }, 0)
    }
  }

  #countEntry(): void {
    for (const series of this.#series) this.#metrics.loopEntries.inc({ ...series, state: this.#state })
  }

  #settle(): void {
    const nowMs = performance.now()
    const seconds = (nowMs - this.#sinceMs) / 1_000
    this.#sinceMs = nowMs
    this.#spent[this.#state].seconds += seconds
    for (const series of this.#series) {
      this.#metrics.timeSeconds.inc({ ...series, state: this.#state }, seconds)
      if (this.#state === 'backpressure') this.#metrics.backpressureSeconds.inc(series, seconds)
    }
  }
}

function nothing(): { seconds: number; times: number } {
  return { seconds: 0, times: 0 }
}
