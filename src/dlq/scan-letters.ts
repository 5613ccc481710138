/**
 * Reads the letters topic from its beginning to its end of now: the letters that are there and are asked for, at most so many, in the order of the log.
 * A letter whose newest record lies behind that end was written anew meanwhile, and is not among them. Memory is bounded by the number asked for.
 */
import { TracefoldError } from '../errors.ts'
import { idOfKey, parseLetter } from '../kafka/letters.ts'
import type { PartitionReader } from '../kafka/partition-reader.ts'
import type { LetterFilter, LetterHead } from '../store/dead-letter.ts'
import { matches } from './filter.ts'

/** A record of the topic: a letter, or one branch's copy of it. */
export interface LetterRecord {
  readonly key: string
  readonly head: LetterHead
  readonly place: number
}

export interface ScanQuery {
  readonly filter: LetterFilter
  /** Letters at most; each may have a record for each branch. */
  readonly limit: number
  /** The first place to look at. */
  readonly from: number
}

export interface Scanned {
  readonly letters: readonly LetterRecord[]
  /** The first place that was not looked at, or null. */
  readonly next: number | null
}

/** What is open is waited for. */
const MAX_WAIT_MS = 500

/** `onOther` is told of every record that is no letter. Rejects with `neighbour_away`, or `aborted`. */
export async function scanLetters(
  reader: PartitionReader,
  query: ScanQuery,
  onOther: (key: string, value: Buffer | null) => void,
  signal: AbortSignal,
): Promise<Scanned> {
  const found = new Collection(query)
  const { begin, end } = await reader.bounds()
  for (let at = begin; at < end;) {
    if (signal.aborted) throw new TracefoldError('aborted', 'a stop ended the reading of dead letters')
    const { records, next } = await reader.read(at, { maxWaitMs: MAX_WAIT_MS })
    for (const { key, value, offset } of records) {
      if (key === null || offset >= end) continue
      const name = key.toString()
      if (name.startsWith('~')) onOther(name, value)
      else found.take(name, value, offset)
    }
    at = next
  }
  return found.result()
}

class Collection {
  readonly #query: ScanQuery
  /** By id; then by key: a letter comes with the copies of both branches, wherever they lie. */
  readonly #letters = new Map<string, Map<string, LetterRecord>>()
  /** Where there was no room for one more letter. */
  #next: number | null = null

  constructor(query: ScanQuery) {
    this.#query = query
  }

  take(key: string, value: Buffer | null, place: number): void {
    const id = idOfKey(key)
    this.#remove(id, key)
    const { filter, limit, from } = this.#query
    if (value === null || place < from) return
    const letter = parseLetter(value)
    if (letter === null) return
    const { body: _body, ...head } = letter
    if (!matches(filter, head)) return
    const copies = this.#letters.get(id) ?? new Map<string, LetterRecord>()
    if (copies.size === 0 && (this.#next !== null || this.#letters.size >= limit)) this.#next ??= place
    else this.#letters.set(id, copies.set(key, { key, head, place }))
  }

  result(): Scanned {
    return { letters: [...this.#letters.values()].flatMap((copies) => [...copies.values()]), next: this.#next }
  }

  #remove(id: string, key: string): void {
    const copies = this.#letters.get(id)
    if (copies?.delete(key) === true && copies.size === 0) this.#letters.delete(id)
  }
}
