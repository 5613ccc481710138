/**
 * Strings stored once: a value in, its number in the table out. Every use notes the day of event time it belongs to, so that a value goes
 * when the last day that uses it has gone. A bounded cache keeps the numbers of what comes again and again.
 *
 * The cache believes what its transaction wrote: after a rollback, and after values were deleted, it must `forget`.
 */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { DAY_MS } from '../../lib/durations.ts'
import type { Database } from '../sqlite.ts'

export type InternedTable = 'contributor' | 'identity' | 'text' | 'job' | 'host' | 'message' | 'series'

interface Known {
  readonly seq: number
  readonly day: number
}

export class Interner {
  readonly #db: Database
  readonly #table: InternedTable
  readonly #known: LRUCache<string, Known>
  readonly #onNew: (seq: number, value: string) => void

  /** `onNew` is called, inside the transaction, for a value that was not there. */
  constructor(db: Database, table: InternedTable, maxCached: number, onNew: (seq: number, value: string) => void = () => {}) {
    this.#db = db
    this.#table = table
    this.#known = new LRUCache({ max: maxCached })
    this.#onNew = onNew
  }

  seqOf(value: string, timeMs: number): number {
    const day = Math.floor(timeMs / DAY_MS)
    const hash = hashOf(value)
    const key = hash.toString('latin1')
    const known = this.#known.get(key)
    if (known !== undefined && known.day >= day) return known.seq
    const written = known === undefined ? this.#write(hash, value, day) : this.#touch(known.seq, day)
    this.#known.set(key, written)
    return written.seq
  }

  forget(): void {
    this.#known.clear()
  }

  #write(hash: Buffer, value: string, day: number): Known {
    const row = this.#db.prepare(`SELECT seq, day FROM ${this.#table} WHERE hash = ?`).get<Known>(hash)
    if (row !== undefined) return row.day >= day ? row : this.#touch(row.seq, day)
    const inserted = this.#db
      .prepare(`INSERT INTO ${this.#table} (hash, value, day) VALUES (?, ?, ?) RETURNING seq`)
      .get<{ seq: number }>(hash, value, day)
    if (inserted === undefined) throw new Error(`no number for a new value of ${this.#table}`)
    this.#onNew(inserted.seq, value)
    return { seq: inserted.seq, day }
  }

  #touch(seq: number, day: number): Known {
    this.#db.prepare(`UPDATE ${this.#table} SET day = ? WHERE seq = ?`).run(day, seq)
    return { seq, day }
  }
}

/** The number of a value, or null where it was never seen. */
export function findSeq(db: Database, table: InternedTable, value: string): number | null {
  return db.prepare(`SELECT seq FROM ${table} WHERE hash = ?`).get<{ seq: number }>(hashOf(value))?.seq ?? null
}

/** 128 bits: no two of a million million values share one. */
function hashOf(value: string): Buffer {
  return createHash('sha256').update(value).digest().subarray(0, 16)
}
