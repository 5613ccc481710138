/**
 * Distinct hosts as marks that can be put together: of an error type in a minute, of a window of minutes, of a job's types, of all jobs.
 *
 * A mark is what a HyperLogLog sketch remembers of one host, in the layout of DataSketches, which Druid's hosts are kept in:
 *
 *   bits 31..26   how many zeros a second hash begins with, plus one: half of all hosts have 1, a quarter 2, ...      never 0
 *   bits 25..0    a hash; its last ten bits are the mark's register
 *
 * In: marks. Out: how many hosts they are of. Up to `EXACT` the marks are counted (that two of 64 hosts share one happens once in a hundred thousand times); past
 * that only each register's highest number counts, which is 2 to 3 % off. So a sketch of which no more is left than its registers can be put together with
 * marks, too. Pure.
 */

/** At least one for each host of few; for many, at least what each register needs. */
export type HostMarks = readonly number[]

export const REGISTERS = 1_024
export const HASH_BITS = 26
const REGISTER_MASK = REGISTERS - 1
const LEVEL_MASK = 0xfc00_0000
/** A sketch gives registers alone past 96 hosts, which have more than 64 registers with near certainty: below it no host is two marks. */
const EXACT = 64
const SEEN_SIZE = 256
/** Of the estimate, for 1,024 registers. */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)

/** Of a host that has a number: the numbers' bits are mixed, so that neighbours share nothing. */
export function markOf(host: number): number {
  const hash = mixed(host ^ 0x9e37_79b9)
  const zeros = Math.clz32(mixed(hash ^ 0x85eb_ca6b))
  return (((zeros + 1) << HASH_BITS) | (hash & ((1 << HASH_BITS) - 1))) >>> 0
}

/** What the mark's register needs of it: of very many hosts no more than this is remembered. */
export function registerMark(mark: number): number {
  return ((mark & LEVEL_MASK) | (mark & REGISTER_MASK)) >>> 0
}

export function hostCount(marks: Iterable<number>): number {
  const union = new HostUnion()
  for (const mark of marks) union.add(mark)
  return union.size()
}

/** To be used again and again: a look at a window makes nothing new. */
export class HostUnion {
  /** Open addressing: a free place is 0, which no mark is. */
  readonly #seen = new Int32Array(SEEN_SIZE)
  readonly #registers = new Uint8Array(REGISTERS)
  #distinct = 0

  clear(): this {
    if (this.#distinct > EXACT) this.#registers.fill(0)
    if (this.#distinct > 0) this.#seen.fill(0)
    this.#distinct = 0
    return this
  }

  add(mark: number): void {
    if (this.#distinct > EXACT) return this.#raise(mark)
    if (mark === registerMark(mark)) this.#countRegisters() // of many hosts nothing else is left: full marks of the same ones would count beside it
    if (this.#distinct > EXACT) return this.#raise(mark)
    const bits = mark | 0
    let place = mixed(bits) & (SEEN_SIZE - 1)
    while (this.#seen[place] !== 0) {
      if (this.#seen[place] === bits) return
      place = (place + 1) & (SEEN_SIZE - 1)
    }
    this.#seen[place] = bits
    this.#distinct++
    if (this.#distinct > EXACT) this.#countRegisters()
  }

  size(): number {
    return this.#distinct > EXACT ? estimate(this.#registers) : this.#distinct
  }

  #countRegisters(): void {
    this.#distinct = EXACT + 1
    for (const one of this.#seen) if (one !== 0) this.#raise(one)
  }

  #raise(mark: number): void {
    const at = mark & REGISTER_MASK
    const level = mark >>> HASH_BITS
    if (level > this.#registers[at]!) this.#registers[at] = level
  }
}

/** HyperLogLog's: by empty registers while there are many of these. */
function estimate(registers: Uint8Array): number {
  let empty = 0
  let sum = 0
  for (const level of registers) {
    if (level === 0) empty++
    sum += 2 ** -level
  }
  const raw = (ALPHA * REGISTERS * REGISTERS) / sum
  return Math.round(raw <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : raw)
}

/** Murmur3's finalizer: each bit of 32 depends on all. */
function mixed(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return hash ^ (hash >>> 16)
}
