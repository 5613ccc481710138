/** Accounts all the time of a stream's loop to what it was spent on: waiting for records, decoding, writing, or held back by the store. */
import type { LoopState, Metrics } from './metrics.ts'
import type { BranchName } from './store/position.ts'

export class LoopClock {
  readonly #metrics: Metrics
  readonly #branches: readonly BranchName[]
  #state: LoopState = 'waiting'
  #sinceMs = performance.now()

  constructor(metrics: Metrics, branches: readonly BranchName[]) {
    this.#metrics = metrics
    this.#branches = branches
  }

  enter(state: LoopState): void {
    if (state === this.#state) return
    const nowMs = performance.now()
    const seconds = (nowMs - this.#sinceMs) / 1_000
    for (const branch of this.#branches) {
      this.#metrics.timeSeconds.inc({ branch, state: this.#state }, seconds)
      if (this.#state === 'backpressure') this.#metrics.backpressureSeconds.inc({ branch }, seconds)
    }
    this.#state = state
    this.#sinceMs = nowMs
  }
}
