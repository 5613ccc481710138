/**
 * How far the rollup branch is behind over all processes, in time: by the offsets that its group has committed, and when the log's ends were there.
 *
 * In: committed offsets and ends, look after look. Out: the age of the first end that is not committed yet, which is at most a look too old; null before the
 * first. Positions that lie before all that was seen are as old as the oldest look, at least. No record is read for it. Pure.
 */
/** At a look every five seconds: an hour. */
const MAX_LOOKS = 720

/** By topic and partition. */
export type Offsets = ReadonlyMap<string, number>

interface Look {
  readonly atMs: number
  readonly ends: Offsets
}

export class ClusterLag {
  #looks: Look[] = []

  /** What lies above `committed` at an end of this look came after the look before. */
  note(atMs: number, ends: Offsets): void {
    this.#looks = [...this.#looks, { atMs, ends }].slice(-MAX_LOOKS)
  }

  lagMs(nowMs: number, committed: Offsets): number | null {
    if (this.#looks.length === 0) return null
    const through = this.#looks.findLastIndex(({ ends }) => [...ends].every(([partition, end]) => (committed.get(partition) ?? 0) >= end))
    const oldest = this.#looks[Math.max(0, through)]
    return through === this.#looks.length - 1 || oldest === undefined ? 0 : nowMs - oldest.atMs
  }
}
