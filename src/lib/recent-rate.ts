/** How many a second, over the last minute: a ring of one count for each second. The clock is the caller's. */
const SECONDS = 60

export class RecentRate {
  readonly #counts = new Float64Array(SECONDS)
  #second = 0
  #firstSecond: number | null = null

  add(n: number, nowMs: number): void {
    this.#firstSecond ??= Math.floor(nowMs / 1_000)
    this.#moveTo(nowMs)
    this.#counts[this.#second % SECONDS] = (this.#counts[this.#second % SECONDS] ?? 0) + n
  }

  /** Per second, over the time since the first count if that is less than a minute. */
  perSecond(nowMs: number): number {
    this.#moveTo(nowMs)
    if (this.#firstSecond === null) return 0
    const sum = this.#counts.reduce((total, n) => total + n, 0)
    return sum / Math.min(SECONDS, this.#second - this.#firstSecond + 1)
  }

  #moveTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000)
    if (second <= this.#second) return // a clock that went back counts into the newest second
    for (let at = Math.max(this.#second + 1, second - SECONDS + 1); at <= second; at++) this.#counts[at % SECONDS] = 0
    this.#second = second
  }
}
