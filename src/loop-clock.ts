/** Accounts all the time of a stream's loop to what it was spent on: waiting for records, decoding, writing, or held back (by the store, or for rules or a skip). */
import type { LoopState, Metrics } from './metrics.ts'
import type { BranchName } from './store/position.ts'

/** How long in all, and how often. */
export interface Spent {
  readonly seconds: number
  readonly times: number
}

export class LoopClock {
  readonly #metrics: Metrics
  readonly #branches: readonly BranchName[]
  readonly #spent: Record<LoopState, { seconds: number; times: number }> = { waiting: { seconds: 0, times: 1 }, decoding: nothing(), writing: nothing(), backpressure: nothing() }
  #state: LoopState = 'waiting'
  #sinceMs = performance.now()

  constructor(metrics: Metrics, branches: readonly BranchName[]) {
    this.#metrics = metrics
    this.#branches = branches
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

  #countEntry(): void {
    for (const branch of this.#branches) this.#metrics.loopEntries.inc({ branch, state: this.#state })
  }

  #settle(): void {
    const nowMs = performance.now()
    const seconds = (nowMs - this.#sinceMs) / 1_000
    this.#sinceMs = nowMs
    this.#spent[this.#state].seconds += seconds
    for (const branch of this.#branches) {
      this.#metrics.timeSeconds.inc({ branch, state: this.#state }, seconds)
      if (this.#state === 'backpressure') this.#metrics.backpressureSeconds.inc({ branch }, seconds)
    }
  }
}

function nothing(): { seconds: number; times: number } {
  return { seconds: 0, times: 0 }
}
