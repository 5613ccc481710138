/**
 * The share of dead events among all that came in over the last minutes: past some share the deploy is bad, not the data. In: the sums since the
 * start, now and then. Out: the share over the window, or null where nothing came in. Bounded by the window and how often it is told. Pure.
 */
export interface Sums {
  /** Events of every outcome. */
  readonly events: number
  readonly dead: number
}

interface Sample extends Sums {
  readonly atMs: number
}

export class DeadLetterRatio {
  readonly #windowMs: number
  #samples: Sample[] = []

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Keeps what the window reaches back to: the last sample before it, and all in it. */
  note(atMs: number, { events, dead }: Sums): void {
    this.#samples.push({ atMs, events, dead })
    const before = this.#samples.findLastIndex((sample) => sample.atMs <= atMs - this.#windowMs)
    if (before > 0) this.#samples = this.#samples.slice(before)
  }

  /** 0 to 1. */
  ratio(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.events === first.events) return null
    return (last.dead - first.dead) / (last.events - first.events)
  }
}
