/**
 * How far the rollup branch is behind over all processes, in time: by the offsets that its group has committed, and when the log's ends were there.
 *
 * In: committed offsets and ends, look after look. Out: the age of the first end that is not committed yet, which is at most a look too old; null before the
 * first. Positions that lie before all that was seen are as old as the oldest look, at least. No record is read for it. Pure.
 *
 * Bounds: past `MAX_LOOKS` every second one of the older half goes, so looks reach back for ever, the less exactly the older they are. What was forgotten
 * would make a stream that is hours behind look as if it were an hour behind, and minutes that nobody has counted complete.
 */
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
    this.#looks.push({ atMs, ends })
    if (this.#looks.length > MAX_LOOKS) this.#looks = this.#looks.filter((_, i) => i % 2 === 0 || i >= MAX_LOOKS / 2)
  }

  lagMs(nowMs: number, committed: Offsets): number | null {
    if (this.#looks.length === 0) return null
    const through = this.#looks.findLastIndex(({ ends }) => [...ends].every(([partition, end]) => (committed.get(partition) ?? 0) >= end))
    const oldest = this.#looks[Math.max(0, through)]
    return through === this.#looks.length - 1 || oldest === undefined ? 0 : nowMs - oldest.atMs
  }
}
