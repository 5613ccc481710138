/**
 * What a process keeps in mind of the letters topic, so that looking at dead letters does not read it: of the newest letters, what is asked for and where
 * each lies. Their words and bytes stay in the topic. Pure; bounded by a number of letters, about 500 bytes each.
 */
import { compare, matches } from './filter.ts'
import { united } from '../kafka/letters.ts'
import type { LetterHead, LetterQuery } from '../store/dead-letter.ts'

/** What is left out of a letter here: what can be long. */
export type IndexedHead = Omit<LetterHead, 'detail'>

/** One record of the topic: a letter, or one branch's copy of it. */
interface Copy {
  readonly head: IndexedHead
  readonly place: number
}

export interface Found {
  readonly head: IndexedHead
  /** Offset of its newest copy. */
  readonly place: number
}

export class LetterIndex {
  readonly #max: number
  /** By id; then by key. */
  readonly #letters = new Map<string, Map<string, Copy>>()
  readonly #topics = new Map<string, LetterHead['partition']>()

  constructor(max: number) {
    this.#max = max
  }

  put(key: string, letter: LetterHead, place: number): void {
    const { detail: _detail, ...rest } = letter
    const copies = this.#letters.get(letter.id) ?? new Map<string, Copy>()
    copies.delete(key)
    copies.set(key, { head: { ...rest, partition: this.#shared(letter.partition) }, place })
    this.#letters.set(letter.id, copies)
    if (this.#letters.size > this.#max * 1.1) this.#evict()
  }

  delete(key: string): void {
    const id = key.replace(/\|(detail|rollup)$/, '')
    const copies = this.#letters.get(id)
    if (copies?.delete(key) === true && copies.size === 0) this.#letters.delete(id)
  }

  clear(): void {
    this.#letters.clear()
    this.#topics.clear()
  }

  size(): number {
    return this.#letters.size
  }

  get(id: string): Found | null {
    const copies = this.#letters.get(id)
    return copies === undefined ? null : foundOf(copies)
  }

  /** Newest first. */
  page({ limit, after, ...filter }: LetterQuery): Found[] {
    const found: Found[] = []
    for (const copies of this.#letters.values()) {
      const one = foundOf(copies)
      if (matches(filter, { ...one.head, detail: '' }) && (after === undefined || compare(after, one.head) < 0)) found.push(one)
    }
    return found.toSorted((a, b) => compare(a.head, b.head)).slice(0, limit)
  }

  /** The oldest go, a tenth at once. */
  #evict(): void {
    const byAge = [...this.#letters].map(([id, copies]) => ({ id, timeMs: foundOf(copies).head.timeMs })).toSorted((a, b) => compare(b, a))
    for (const { id } of byAge.slice(0, byAge.length - this.#max)) this.#letters.delete(id)
  }

  #shared(partition: LetterHead['partition']): LetterHead['partition'] {
    const key = `${partition.topic}/${partition.partition}/${partition.cluster}`
    const known = this.#topics.get(key)
    if (known !== undefined) return known
    this.#topics.set(key, partition)
    return partition
  }
}

function foundOf(copies: ReadonlyMap<string, Copy>): Found {
  const [first, ...rest] = copies.values()
  return rest.reduce<Copy>((one, newer) => ({ head: united(one.head, newer.head), place: newer.place }), first as Copy) // none is empty
}
