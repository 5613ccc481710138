/**
 * Notices a consumer that stands still without a word. In: now and then, for each partition that is ours, where we are and whether more is due. Out:
 * whether the consumer is to be made anew, or, where that was in vain so many times, the process to end. Pure; the caller has the clock.
 *
 * More is due where the log goes on behind our position, and nothing of ours holds it back (the stream has opened the partition and has not paused
 * it: a store that is away is back-pressure, no stall). Only records that come, from a position further on, are progress: to open a partition again is none.
 *
 *   moving --(due for stallMs)--> made anew --(due for stallMs)--> made anew ... --(so many times)--> given up
 *      ^-----------------------------(progress)-------|-------------------|
 */

export interface Sight {
  readonly key: string
  /** Null while the stream has not opened it. */
  readonly position: number | null
  /** `due`: there is more, and nothing holds it back. `held`: the stream does, or nobody knows what there is. `end`: there is nothing more. */
  readonly state: 'due' | 'held' | 'end'
}

export type Verdict =
  | { readonly kind: 'fine' }
  /** What had stalled has moved. */
  | { readonly kind: 'recovered' }
  /** `times`: how many times it was made anew without progress, this one included; of one that is given up, without. */
  | { readonly kind: 'restart' | 'give_up'; readonly key: string; readonly stillMs: number; readonly times: number }

export interface StallLimits {
  readonly stallMs: number
  readonly restarts: number
}

interface Watched {
  position: number
  /** Since when more is due and none has come. */
  dueSinceMs: number | null
  restarts: number
}

export class StallWatch {
  readonly #limits: StallLimits
  readonly #watched = new Map<string, Watched>()

  constructor(limits: StallLimits) {
    this.#limits = limits
  }

  /** `sights`: of all partitions that are ours; to be called while some are, or it is sure that none is. The others are forgotten. */
  look(nowMs: number, sights: readonly Sight[]): Verdict {
    const { stallMs, restarts } = this.#limits
    const hadStalled = this.#hasStalled()
    const ours = new Set(sights.map(({ key }) => key))
    for (const key of this.#watched.keys()) if (!ours.has(key)) this.#watched.delete(key)
    for (const sight of sights) this.#note(nowMs, sight)
    for (const { key } of sights) {
      const watched = this.#watched.get(key)
      const stillMs = watched === undefined || watched.dueSinceMs === null ? 0 : nowMs - watched.dueSinceMs
      if (watched === undefined || stillMs < stallMs) continue
      watched.dueSinceMs = null
      if (watched.restarts >= restarts) return { kind: 'give_up', key, stillMs, times: watched.restarts }
      watched.restarts++
      for (const { key: other } of sights) this.#restartClock(other)
      return { kind: 'restart', key, stillMs, times: watched.restarts }
    }
    return { kind: hadStalled && !this.#hasStalled() ? 'recovered' : 'fine' }
  }

  #note(nowMs: number, { key, position, state }: Sight): void {
    const watched = this.#watched.get(key) ?? { position: position ?? 0, dueSinceMs: null, restarts: 0 }
    this.#watched.set(key, watched)
    const hasMoved = position !== null && position > watched.position
    watched.position = position ?? watched.position
    if (hasMoved || state === 'end') watched.restarts = 0
    if (state !== 'due') watched.dueSinceMs = null
    else if (hasMoved || watched.dueSinceMs === null) watched.dueSinceMs = nowMs
  }

  #restartClock(key: string): void {
    const watched = this.#watched.get(key)
    if (watched !== undefined) watched.dueSinceMs = null
  }

  #hasStalled(): boolean {
    return [...this.#watched.values()].some(({ restarts }) => restarts > 0)
  }
}
