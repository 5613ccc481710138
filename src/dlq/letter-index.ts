/**
 * What a process keeps in mind of the letters topic, so that looking at dead letters does not read it: of the newest letters, what is asked for and where
 * each lies. Their words and bytes stay in the topic. Pure; bounded by a number of letters, about 850 bytes each (measured, with a copy of each branch).
 */
import { compare, matches } from './filter.ts'
import { idOfKey, united } from '../kafka/letters.ts'
import { partitionKey } from '../source/source.ts'
import type { LetterHead, LetterQuery } from '../store/dead-letter.ts'

/** What is left out of a letter here: what can be long. */
export type IndexedHead = Omit<LetterHead, 'detail'>

export interface Found {
  readonly head: IndexedHead
  /** Offset of its newest record. */
  readonly place: number
}

/** A letter, and the keys of its records: one, or one of each branch. */
interface Entry {
  head: IndexedHead
  place: number
  keys: readonly string[]
}

export class LetterIndex {
  readonly #max: number
  readonly #letters = new Map<string, Entry>()
  readonly #partitions = new Map<string, LetterHead['partition']>()

  constructor(max: number) {
    this.#max = max
  }

  put(key: string, letter: LetterHead, place: number): void {
    const { detail: _detail, ...rest } = letter
    const head = { ...rest, partition: this.#shared(letter.partition) }
    const entry = this.#letters.get(letter.id)
    const others = entry?.keys.filter((other) => other !== key) ?? []
    this.#letters.set(letter.id, {
      head: entry === undefined || others.length === 0 ? head : united(entry.head, head),
      place,
      keys: [...others, key],
    })
    if (this.#letters.size > this.#max * 1.1) this.#evict()
  }

  delete(key: string): void {
    const id = idOfKey(key)
    const entry = this.#letters.get(id)
    if (entry === undefined || !entry.keys.includes(key)) return
    entry.keys = entry.keys.filter((other) => other !== key)
    if (entry.keys.length === 0) this.#letters.delete(id)
    else if (entry.head.branches !== undefined)
      entry.head = { ...entry.head, branches: entry.head.branches.filter((branch) => key !== `${id}|${branch}`) }
  }

  clear(): void {
    this.#letters.clear()
    this.#partitions.clear()
  }

  size(): number {
    return this.#letters.size
  }

  get(id: string): Found | null {
    return this.#letters.get(id) ?? null
  }

  /** Newest first. The best so far are kept in order: of many letters, few get so far. */
  page({ limit, after, ...filter }: LetterQuery): Found[] {
    const best: Found[] = []
    for (const entry of this.#letters.values()) {
      const last = best[limit - 1]
      if (last !== undefined && compare(entry.head, last.head) > 0) continue
      if ((after !== undefined && compare(after, entry.head) >= 0) || !matches(filter, entry.head)) continue
      best.splice(placeIn(best, entry.head), 0, entry)
      if (best.length > limit) best.pop()
    }
    return best
  }

  /** The oldest go, a tenth at once. */
  #evict(): void {
    const byAge = [...this.#letters.values()].toSorted((a, b) => compare(b.head, a.head))
    for (const { head } of byAge.slice(0, byAge.length - this.#max)) this.#letters.delete(head.id)
  }

  /** Few partitions, many letters. */
  #shared(partition: LetterHead['partition']): LetterHead['partition'] {
    const key = partitionKey(partition)
    const known = this.#partitions.get(key)
    if (known !== undefined) return known
    this.#partitions.set(key, partition)
    return partition
  }
}

/** Where a letter belongs in a list that is in order. */
function placeIn(list: readonly Found[], head: IndexedHead): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare((list[middle] as Found).head, head) < 0)
      low = middle + 1 // middle < high
    else high = middle
  }
  return low
}
