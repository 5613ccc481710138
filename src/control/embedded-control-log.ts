/**
 * The control log as a table, in a database of its own beside the embedded store: every process may write to it, also while another one holds the
 * store. Writes of this process are told at once, those of others are seen by looking.
 *
 *   entry   seq (grows with every write, never used twice), key, value (null: deleted), written_ms
 *
 * Delivery: a put is on disk when it resolves. Deletions are forgotten after a day; who has not looked for so long begins anew with a new process.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { isTracefoldError, TracefoldError } from '../errors.ts'
import { DAY_MS } from '../lib/durations.ts'
import { translated } from '../store/embedded/failures.ts'
import { openSideDatabase } from '../store/embedded/side-database.ts'
import type { Database } from '../store/sqlite.ts'
import { decodeEntry, encodeEntry, isWanted, type ControlEntry, type ControlLog, type ControlValue, type Following } from './control-log.ts'

/** How soon a write of another process is seen. Looking costs one read of a number in memory. */
const LOOK_MS = 250
const KEEP_DELETED_MS = DAY_MS
/** Entries read in one step. */
const STEP = 1_000

const FORMAT = {
  number: 1,
  tables: `
CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, value TEXT, written_ms INTEGER NOT NULL);
`,
}

export interface EmbeddedControlLogOptions {
  /** The embedded store's folder. It is made where it is missing. */
  readonly path: string
  readonly now: () => number
  /** Told what a handler throws: a fault of the program. */
  readonly onFailed: (error: unknown) => void
}

interface Row {
  readonly seq: number
  readonly key: string
  readonly value: string | null
}

/** One `follow`, and how far it is. */
interface Reading {
  readonly prefixes: readonly string[]
  readonly onEntry: (entry: ControlEntry) => void
  seq: number
}

export class EmbeddedControlLog implements ControlLog {
  readonly #options: EmbeddedControlLogOptions
  readonly #db: Database
  readonly #readings = new Set<Reading>()
  #timer: NodeJS.Timeout | null = null
  /** SQLite's number for what other connections have written. */
  #seen = -1
  #isDelivering = false
  #isDue = false
  #isClosed = false

  constructor(options: EmbeddedControlLogOptions) {
    this.#options = options
    mkdirSync(options.path, { recursive: true })
    this.#db = openSideDatabase(join(options.path, 'control.db'), FORMAT)
  }

  async follow(prefixes: readonly string[], onEntry: (entry: ControlEntry) => void): Promise<Following> {
    this.#checkOpen()
    const reading: Reading = { prefixes, onEntry, seq: 0 }
    this.#deliver(reading, true)
    this.#readings.add(reading)
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref()
    return { stop: async () => void this.#readings.delete(reading) }
  }

  async put(key: string, value: ControlValue | null): Promise<void> {
    this.#checkOpen()
    const text = encodeEntry(key, value)
    const nowMs = this.#options.now()
    translated(this.#db.path, () =>
      this.#db.transaction(() => {
        this.#db.prepare('INSERT OR REPLACE INTO entry (key, value, written_ms) VALUES (?, ?, ?)').run(key, text, nowMs)
        this.#db.prepare('DELETE FROM entry WHERE value IS NULL AND written_ms < ?').run(nowMs - KEEP_DELETED_MS)
      }),
    )
    this.#deliverAll()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#readings.clear()
    this.#db.close()
  }

  /** Looks whether others have written. */
  #look(): void {
    const version = this.#asked(() => this.#db.prepare('PRAGMA data_version').get<{ data_version: number }>()?.data_version ?? 0)
    if (version === null || version === this.#seen) return
    this.#seen = version
    this.#deliverAll()
  }

  /** A handler that writes is told of it after what it is being told now. */
  #deliverAll(): void {
    this.#isDue = true
    if (this.#isDelivering) return
    this.#isDelivering = true
    try {
      while (this.#isDue) {
        this.#isDue = false
        for (const reading of this.#readings) this.#deliver(reading, false)
      }
    } catch (error) {
      this.#options.onFailed(error)
    } finally {
      this.#isDelivering = false
    }
  }

  #deliver(reading: Reading, isFirst: boolean): void {
    for (let rows = this.#next(reading); rows.length > 0; rows = this.#next(reading)) {
      for (const { seq, key, value } of rows) {
        reading.seq = seq
        if (!isWanted(key, reading.prefixes) || (isFirst && value === null)) continue
        const entry = decodeEntry(key, value)
        if (entry !== null) reading.onEntry(entry)
      }
    }
  }

  #next({ seq }: Reading): readonly Row[] {
    return (
      this.#asked(() => this.#db.prepare('SELECT seq, key, value FROM entry WHERE seq > ? ORDER BY seq LIMIT ?').all<Row>(seq, STEP)) ?? []
    )
  }

  /** Null where the database is busy, or closed meanwhile: it is looked at again. */
  #asked<T>(ask: () => T): T | null {
    if (this.#isClosed) return null
    try {
      return translated(this.#db.path, ask)
    } catch (error) {
      if (!isTracefoldError(error, 'neighbour_away')) throw error
      this.#seen = -1
      return null
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TracefoldError('aborted', 'the control log is closed')
  }
}
