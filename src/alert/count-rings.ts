/**
 * Counts by minute, and by ten minutes where windows are long, for many series in flat memory. A series has a slot; a slot has a ring of cells.
 *
 *   slot 0 | m0 m1 m2 ... |      the cell of minute m is m mod the ring's length; what leaves at one end
 *   slot 1 | m0 m1 m2 ... |      makes room at the other. No object and no list for each count.
 *
 * A cell holds the total of all minutes up to its own, so that a window's sum is the difference of two cells however long it is (benchmark
 * `alerts`: rules ask for millions of windows a minute). Totals wrap around at 2^32, and differences do not mind.
 *
 * A window of at most `SHORT_MINUTES` is summed by minutes. A longer one is summed by cells of ten minutes and so may begin up to nine minutes early;
 * the same for everybody, since cells lie on the clock's tens.
 */

export const SHORT_MINUTES = 120
export const CELL_MINUTES = 10
/** 24 hours, and room for a window's beginning and end that lie within cells. */
export const LONG_CELLS = 160
const FIRST_SLOTS = 256
const MAX_COUNT = 4_294_967_295

export class CountRings {
  readonly minutes: number
  readonly #isLong: boolean
  /** One cell more than there are minutes: the total before the oldest. */
  readonly #length: number
  #totals: Uint32Array
  #longCounts: Uint32Array
  #slots = 0
  readonly #free: number[] = []
  /** The newest minute (number since the epoch) that there is a cell for. */
  #newest = -1

  constructor(minutes: number, isLong: boolean) {
    this.minutes = minutes
    this.#isLong = isLong
    this.#length = minutes + 1
    this.#totals = new Uint32Array(FIRST_SLOTS * this.#length)
    this.#longCounts = new Uint32Array(isLong ? FIRST_SLOTS * LONG_CELLS : 0)
  }

  get newest(): number {
    return this.#newest
  }

  get bytes(): number {
    return this.#totals.byteLength + this.#longCounts.byteLength
  }

  take(): number {
    const slot = this.#free.pop() ?? this.#slots++
    if (slot * this.#length >= this.#totals.length) this.#grow()
    return slot
  }

  /** The slot's cells are empty for whoever takes it next. */
  release(slot: number): void {
    this.#totals.fill(0, slot * this.#length, (slot + 1) * this.#length)
    this.#longCounts.fill(0, slot * LONG_CELLS, (slot + 1) * LONG_CELLS)
    this.#free.push(slot)
  }

  /** Makes room up to `to` (exclusive), and empties the minutes from `from` on. */
  clear(from: number, to: number): void {
    const last = to - 1
    if (last > this.#newest) this.#advance(last)
    const first = Math.max(from, this.#oldest())
    for (let slot = 0; slot < this.#slots; slot++) this.#empty(slot, first, to)
  }

  /** Of a minute that is too old for the ring, nothing is kept. */
  add(slot: number, minute: number, count: number): void {
    if (!this.#has(minute)) return
    const base = slot * this.#length
    for (let later = minute; later <= this.#newest; later++) this.#totals[base + (later % this.#length)]! += count
  }

  /** Brings the cells of ten minutes up to the minutes that have changed, where all ten are there. */
  settle(from: number, to: number): void {
    if (!this.#isLong) return
    for (let cell = cellOf(from); cell <= cellOf(to - 1); cell++) {
      if (!this.#has(cell * CELL_MINUTES)) continue
      for (let slot = 0; slot < this.#slots; slot++) this.#settleCell(slot, cell)
    }
  }

  clearCells(from: number, to: number): void {
    for (let cell = Math.max(cellOf(from), cellOf(this.#newest) - LONG_CELLS + 1); cell < cellOf(to); cell++) this.#clearCell(cell)
  }

  /** Adds what was counted in ten minutes that lie before all that the minutes tell. */
  addCell(slot: number, minute: number, count: number): void {
    const cell = cellOf(minute)
    if (!this.#isLong || cell <= cellOf(this.#newest) - LONG_CELLS || cell > cellOf(this.#newest)) return
    const at = slot * LONG_CELLS + (cell % LONG_CELLS)
    this.#longCounts[at] = Math.min(MAX_COUNT, this.#longCounts[at]! + count)
  }

  at(slot: number, minute: number): number {
    return this.#has(minute) ? this.#between(slot, minute, minute + 1) : 0
  }

  /** Of `length` minutes that end `ago` minutes before `end` (exclusive). */
  sum(slot: number, end: number, length: number, ago = 0): number {
    if (length + ago > SHORT_MINUTES) return this.#longSum(slot, end, length, ago)
    const from = Math.max(end - ago - length, this.#oldest())
    const to = Math.min(end - ago, this.#newest + 1)
    return from < to ? this.#between(slot, from, to) : 0
  }

  /** Of every slot. */
  sums(end: number, length: number): Uint32Array {
    return Uint32Array.from({ length: this.#slots }, (_, slot) => this.sum(slot, end, length))
  }

  /** Of some minutes, or of a whole cell, which may be older than the minutes are. */
  piece(slot: number, from: number, to: number): number {
    return to - from === CELL_MINUTES && this.#isLong
      ? this.#longCounts[slot * LONG_CELLS + (cellOf(from) % LONG_CELLS)]!
      : this.sum(slot, to, to - from)
  }

  /** The minutes of the last cell count only where the window ends with them: earlier ones may have left the ring. */
  #longSum(slot: number, end: number, length: number, ago: number): number {
    const last = cellOf(end - ago)
    let sum = 0
    for (let cell = cellOf(end - ago - length); cell < last; cell++) sum += this.#longCounts[slot * LONG_CELLS + (cell % LONG_CELLS)]!
    return ago === 0 ? sum + this.sum(slot, end, end - last * CELL_MINUTES) : sum
  }

  /** Both within the ring, `from` below `to`. */
  #between(slot: number, from: number, to: number): number {
    const base = slot * this.#length
    return (this.#totals[base + ((to - 1) % this.#length)]! - this.#totals[base + ((from - 1) % this.#length)]!) >>> 0
  }

  #oldest(): number {
    return Math.max(1, this.#newest - this.minutes + 1)
  }

  #has(minute: number): boolean {
    return minute <= this.#newest && minute > this.#newest - this.minutes
  }

  /** The new minutes have nothing yet: their totals are the newest's. */
  #advance(last: number): void {
    const first = Math.max(this.#newest + 1, last - this.#length + 1)
    const firstCell = Math.max(cellOf(this.#newest) + 1, cellOf(last) - LONG_CELLS + 1)
    for (let slot = 0; slot < this.#slots; slot++) {
      const base = slot * this.#length
      const total = this.#newest < 0 ? 0 : this.#totals[base + (this.#newest % this.#length)]!
      for (let minute = first; minute <= last; minute++) this.#totals[base + (minute % this.#length)] = total
    }
    this.#newest = last
    for (let cell = firstCell; cell <= cellOf(last); cell++) this.#clearCell(cell)
  }

  /** What was counted in these minutes is taken off all totals since. */
  #empty(slot: number, from: number, to: number): void {
    if (from >= to) return
    const counted = this.#between(slot, from, to)
    if (counted === 0) return
    const base = slot * this.#length
    const before = this.#totals[base + ((from - 1) % this.#length)]!
    for (let minute = from; minute <= this.#newest; minute++) {
      const at = base + (minute % this.#length)
      this.#totals[at] = minute < to ? before : this.#totals[at]! - counted
    }
  }

  #clearCell(cell: number): void {
    for (let at = cell % LONG_CELLS; this.#isLong && at < this.#slots * LONG_CELLS; at += LONG_CELLS) this.#longCounts[at] = 0
  }

  #settleCell(slot: number, cell: number): void {
    const end = (cell + 1) * CELL_MINUTES
    this.#longCounts[slot * LONG_CELLS + (cell % LONG_CELLS)] = Math.min(MAX_COUNT, this.sum(slot, end, CELL_MINUTES))
  }

  #grow(): void {
    this.#totals = larger(this.#totals)
    this.#longCounts = larger(this.#longCounts)
  }
}

export function cellOf(minute: number): number {
  return Math.floor(minute / CELL_MINUTES)
}

function larger(from: Uint32Array): Uint32Array {
  const to = new Uint32Array(from.length * 2)
  to.set(from)
  return to
}
