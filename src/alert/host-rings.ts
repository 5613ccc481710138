/**
 * Which hosts had events when, for many series in flat memory. A series has a slot; a slot has an entry for each of its marks (host-marks.ts), and an entry a
 * bit for each minute of the ring, and for each cell of ten minutes where windows are long. So a host that fails every minute takes no more room than one
 * that fails once, and the hosts of a window are those that have one of its bits.
 *
 *   slot 0 -> mark | ..1..1.... | cells      the bit of minute m is m mod the ring's length
 *          -> mark | ....1..... | cells
 *
 * Bounds: past `MAX_OF_SLOT` marks a slot remembers no more of a mark than its register needs; past `maxEntries` no entry is made, and `leftOut` counts: then
 * hosts are at least what is said.
 */
import { cellOf, LONG_CELLS } from './count-rings.ts'
import { registerMark, type HostMarks, type HostUnion } from './host-marks.ts'

const FIRST_ENTRIES = 1_024
/** Of 32 bytes for windows of ten minutes, 64 for a day's: 128 to 256 MB. */
const DEFAULT_MAX_ENTRIES = 4_000_000
const MAX_OF_SLOT = 512
const NONE = -1

/** A window's bits. */
export type Window = Uint32Array

export class HostRings {
  readonly #minutes: number
  readonly #isLong: boolean
  readonly #maxEntries: number
  /** Words of an entry: of minutes, then of cells. */
  readonly #minuteWords: number
  readonly #words: number
  /** By slot: its first entry, and how many. */
  #first = new Int32Array(0)
  #sizes = new Uint32Array(0)
  /** By entry. */
  #next = new Int32Array(FIRST_ENTRIES)
  #marks = new Uint32Array(FIRST_ENTRIES)
  #slots = new Int32Array(FIRST_ENTRIES)
  #bits: Uint32Array
  #entries = 0
  /** Where the entry of a slot and mark is: open addressing, entry + 1, half empty at least. */
  #places = new Int32Array(2 * FIRST_ENTRIES)
  #leftOut = 0
  #newest = NONE
  #sweptAt = NONE
  readonly #asked: { key: number; readonly bits: Uint32Array }

  constructor(minutes: number, isLong: boolean, maxEntries = DEFAULT_MAX_ENTRIES) {
    this.#minutes = minutes
    this.#isLong = isLong
    this.#maxEntries = maxEntries
    this.#minuteWords = Math.ceil(minutes / 32)
    this.#words = this.#minuteWords + (isLong ? LONG_CELLS / 32 : 0)
    this.#bits = new Uint32Array(FIRST_ENTRIES * this.#words)
    this.#asked = { key: NONE, bits: new Uint32Array(this.#words) }
  }

  get bytes(): number {
    return [this.#first, this.#sizes, this.#next, this.#marks, this.#slots, this.#bits, this.#places].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    )
  }

  /** Marks that there was no room for. */
  get leftOut(): number {
    return this.#leftOut
  }

  /** Makes room up to `to` (exclusive), and empties the minutes from `from` on. Cells keep what they had: events do not become fewer. */
  clear(from: number, to: number): void {
    const cleared = new Uint32Array(this.#words)
    const newest = Math.max(this.#newest, to - 1)
    const oldest = newest - this.#minutes + 1
    for (let minute = Math.max(Math.min(from, this.#newest + 1), oldest); minute < Math.max(from, oldest); minute++)
      this.#setMinute(cleared, minute)
    for (let minute = Math.max(from, oldest); minute < to; minute++) this.#setMinute(cleared, minute)
    const firstCell = Math.max(cellOf(this.#newest) + 1, cellOf(newest) - LONG_CELLS + 1)
    for (let cell = firstCell; this.#newest !== NONE && cell <= cellOf(newest); cell++) this.#setCell(cleared, cell)
    this.#newest = newest
    this.#asked.key = NONE
    this.#clearBits(cleared)
  }

  /** Of a minute that is too old for the ring, only the cell is kept. */
  add(slot: number, minute: number, marks: HostMarks): void {
    const place = minute % this.#minutes
    const isKept = minute > this.#newest - this.#minutes
    for (const mark of marks) {
      const entry = this.#entryOf(slot, mark)
      if (entry !== NONE && isKept) this.#bits[entry * this.#words + (place >>> 5)]! |= 1 << (place & 31)
      if (entry !== NONE && this.#isLong) this.#noteCell(entry, cellOf(minute))
    }
  }

  /** Of ten minutes that lie before the ring's. */
  addCell(slot: number, minute: number, marks: HostMarks): void {
    for (const mark of marks) {
      const entry = this.#isLong ? this.#entryOf(slot, mark) : NONE
      if (entry !== NONE) this.#noteCell(entry, cellOf(minute))
    }
  }

  /** Of `length` minutes that end before `end`; by cells, and so up to nine minutes earlier, where they are more than the ring is for. Good until the next `clear`. */
  window(end: number, length: number, isLong: boolean): Window {
    const { key, bits } = this.#asked
    if (key === end * 2_048 + length) return bits // thousands of subjects in a row ask for the same
    bits.fill(0)
    if (isLong) for (let cell = cellOf(end - length); cell <= cellOf(end - 1); cell++) this.#setCell(bits, cell)
    else {
      const last = Math.min(end - 1, this.#newest)
      for (let minute = Math.max(end - length, this.#newest - this.#minutes + 1); minute <= last; minute++) this.#setMinute(bits, minute)
    }
    this.#asked.key = end * 2_048 + length
    return bits
  }

  collect(slot: number, window: Window, union: HostUnion): void {
    for (let entry = this.#first[slot] ?? NONE; entry !== NONE; entry = this.#next[entry]!) {
      if (this.#hasAny(entry, window)) union.add(this.#marks[entry]!)
    }
  }

  /** The slot has no hosts, for whoever takes it next. Its entries go with the next sweep. */
  release(slot: number): void {
    for (let entry = this.#first[slot] ?? NONE; entry !== NONE; entry = this.#next[entry]!)
      this.#bits.fill(0, entry * this.#words, (entry + 1) * this.#words)
  }

  /** Entries without a bit go. */
  sweep(): void {
    const kept = this.#entries
    this.#entries = 0
    this.#first.fill(NONE)
    this.#sizes.fill(0)
    this.#places.fill(0)
    for (let entry = 0; entry < kept; entry++) {
      const bits = this.#bits.subarray(entry * this.#words, (entry + 1) * this.#words)
      if (!bits.some((word) => word !== 0)) continue
      const [slot, mark] = [this.#slots[entry]!, this.#marks[entry]!]
      this.#bits.copyWithin(this.#entries * this.#words, entry * this.#words, (entry + 1) * this.#words)
      this.#link(slot, mark, this.#placeOf(slot, mark))
    }
  }

  #entryOf(slot: number, mark: number): number {
    if (slot >= this.#first.length) this.#growSlots(slot)
    let wanted = mark
    let place = this.#placeOf(slot, wanted)
    if (this.#places[place] === 0 && this.#sizes[slot]! >= MAX_OF_SLOT) {
      wanted = registerMark(mark)
      place = this.#placeOf(slot, wanted)
    }
    if (this.#places[place] !== 0) return this.#places[place]! - 1
    if (this.#entries < this.#marks.length || this.#makeRoom()) {
      const at = this.#placeOf(slot, wanted) // room may have been made
      const entry = this.#link(slot, wanted, at)
      this.#bits.fill(0, entry * this.#words, (entry + 1) * this.#words)
      return entry
    }
    this.#leftOut++
    return NONE
  }

  #noteCell(entry: number, cell: number): void {
    if (cell <= cellOf(this.#newest) - LONG_CELLS) return
    const place = cell % LONG_CELLS
    this.#bits[entry * this.#words + this.#minuteWords + (place >>> 5)]! |= 1 << (place & 31)
  }

  #link(slot: number, mark: number, place: number): number {
    const entry = this.#entries++
    this.#marks[entry] = mark
    this.#slots[entry] = slot
    this.#next[entry] = this.#first[slot]!
    this.#first[slot] = entry
    this.#sizes[slot]!++
    this.#places[place] = entry + 1
    return entry
  }

  /** Where it is, or may be put. */
  #placeOf(slot: number, mark: number): number {
    const mask = this.#places.length - 1
    let place = (Math.imul(slot, 0x9e37_79b1) ^ Math.imul(mark, 0x85eb_ca6b) ^ (mark >>> 15)) & mask
    for (let found = this.#places[place]!; found !== 0; found = this.#places[place]!) {
      if (this.#marks[found - 1] === mark && this.#slots[found - 1] === slot) break
      place = (place + 1) & mask
    }
    return place
  }

  /** What is full stays full until there is another minute. */
  #makeRoom(): boolean {
    const isLargest = this.#marks.length >= this.#maxEntries
    if (isLargest && this.#sweptAt === this.#newest) return false
    this.#sweptAt = this.#newest
    this.sweep()
    if (isLargest || this.#entries <= this.#marks.length / 2) return this.#entries < this.#marks.length
    const entries = Math.min(this.#maxEntries, this.#marks.length * 2)
    this.#next = copied(this.#next, new Int32Array(entries))
    this.#marks = copied(this.#marks, new Uint32Array(entries))
    this.#slots = copied(this.#slots, new Int32Array(entries))
    this.#bits = copied(this.#bits, new Uint32Array(entries * this.#words))
    this.#places = new Int32Array(this.#places.length * 2)
    this.sweep()
    return true
  }

  #growSlots(slot: number): void {
    const before = this.#first.length
    const size = Math.max(256, before * 2, slot + 1)
    this.#first = copied(this.#first, new Int32Array(size)).fill(NONE, before)
    this.#sizes = copied(this.#sizes, new Uint32Array(size))
  }

  #clearBits(cleared: Uint32Array): void {
    for (let word = 0; word < this.#words; word++) {
      const kept = ~cleared[word]!
      if (kept === NONE) continue
      for (let at = word; at < this.#entries * this.#words; at += this.#words) this.#bits[at]! &= kept
    }
  }

  #hasAny(entry: number, window: Window): boolean {
    const from = entry * this.#words
    for (let word = 0; word < this.#words; word++) if ((this.#bits[from + word]! & window[word]!) !== 0) return true
    return false
  }

  #setMinute(bits: Uint32Array, minute: number): void {
    const place = minute % this.#minutes
    bits[place >>> 5]! |= 1 << (place & 31)
  }

  #setCell(bits: Uint32Array, cell: number): void {
    if (!this.#isLong) return
    const place = cell % LONG_CELLS
    bits[this.#minuteWords + (place >>> 5)]! |= 1 << (place & 31)
  }
}

function copied<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
