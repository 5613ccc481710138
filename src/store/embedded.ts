/**
 * The embedded store: both branches, their accounts and their positions in one SQLite database. It is the store without any server, and the
 * one whose transaction holds everything.
 *
 * Delivery: `commit` writes documents, rows, ledger, letters and positions in one transaction, on disk when it resolves. A rejected commit
 * leaves nothing behind. A full disk is a neighbour that is away: the same unit is tried again until there is room or the signal
 * aborts. Opening a partition goes on exactly where the last commit ended, so no block is ever replayed; a repeat of a detail part
 * would be harmless by the merge law all the same.
 */
import { mkdirSync } from 'node:fs'
import type { AlertReader } from '../alert/alert-reader.ts'
import { isTracefoldError, messageOf, TracefoldError } from '../errors.ts'
import { retry } from '../lib/retry.ts'
import type { Partition } from '../source/source.ts'
import type { DeadLetterReader } from './dead-letter.ts'
import type { DetailPart, DetailStore } from './detail-store.ts'
import { accountReader } from './embedded/account-reader.ts'
import { addLedgerEntry, isNewName, mergeLedgerEntry, readPosition, writeLetter, writeName, writePosition } from './embedded/account.ts'
import { alertReader } from './embedded/alert-reader.ts'
import { detailReader, type DocumentReader } from './embedded/detail-reader.ts'
import { Documents } from './embedded/documents.ts'
import { BUSY_TIMEOUT_MS, databaseFile, openExisting } from './embedded/existing.ts'
import { forReading, translated } from './embedded/failures.ts'
import { lockForWriting, type WriterLock } from './embedded/lock.ts'
import { positionReader, type PositionReader } from './embedded/position-reader.ts'
import { prune, type PruneReport } from './embedded/prune.ts'
import type { Retention } from './embedded/retention.ts'
import { rollupReader } from './embedded/rollup-reader.ts'
import { Rollups } from './embedded/rollups.ts'
import { prepareForWriting } from './embedded/schema.ts'
import type { LedgerReader } from './ledger.ts'
import type { RollupPart, RollupReader, RollupStore } from './rollup-store.ts'
import { openDatabase, type Database } from './sqlite.ts'
import type { CommitReport, Opening, Store, Unit } from './store.ts'

export interface EmbeddedOptions {
  /** The folder. It is made where it is missing. */
  readonly path: string
  readonly retention: Retention
  readonly now: () => number
  /** Called before each wait for a disk that is full. */
  readonly onBusy?: (error: unknown, waitMs: number) => void
}

/** Reads beside a running writer, on a connection of its own. */
export interface EmbeddedReader extends RollupReader, AlertReader, LedgerReader, DeadLetterReader, DocumentReader, PositionReader {
  close(): Promise<void>
}

export interface EmbeddedStore extends Store {
  readonly reader: EmbeddedReader
  /** Remembers by which path people know a file. A repeat writes nothing. */
  noteName(p: Partition, path: string, signal: AbortSignal): Promise<void>
  asDetailStore(): DetailStore
  asRollupStore(): RollupStore
  /** Deletes what is past retention, in short steps. To be called now and then; calls must not overlap. Rejects with `aborted` once closed. */
  prune(): Promise<PruneReport>
}

/** Throws `store_locked` where another process writes, `store_corrupt` where the file is not ours, `usage` where it cannot be opened. */
export function openEmbedded(options: EmbeddedOptions): EmbeddedStore {
  makeFolder(options.path)
  const file = databaseFile(options.path)
  return translated(file, () => {
    const lock = lockForWriting(file)
    try {
      return openLocked(file, lock, options)
    } catch (error) {
      lock.release()
      throw error
    }
  })
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    const words = messageOf(cause)
    throw new TracefoldError(
      'usage',
      `the folder ${path} cannot be made (${words}). Expected a folder that this user may write (embedded.path).`,
      { cause },
    )
  }
}

function openLocked(file: string, lock: WriterLock, options: EmbeddedOptions): EmbeddedStore {
  const db = openDatabase(file, { busyTimeoutMs: BUSY_TIMEOUT_MS })
  try {
    prepareForWriting(db)
    return new SqliteStore(db, lock, options)
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens for reading, beside a writer or without one. Throws `usage` where there is no database. */
export function openEmbeddedReader(path: string): EmbeddedReader {
  const db = openExisting(path, { readOnly: true })
  const reads = forReading(db)
  return {
    ...rollupReader(reads),
    ...alertReader(reads),
    ...accountReader(reads),
    ...detailReader(reads),
    ...positionReader(reads),
    close: async () => db.close(),
  }
}

class SqliteStore implements EmbeddedStore {
  readonly reader: EmbeddedReader
  readonly #db: Database
  readonly #lock: WriterLock
  readonly #options: EmbeddedOptions
  readonly #documents: Documents
  readonly #rollups: Rollups
  #closed = false

  constructor(db: Database, lock: WriterLock, options: EmbeddedOptions) {
    this.#db = db
    this.#lock = lock
    this.#options = options
    this.#documents = new Documents(db)
    this.#rollups = new Rollups(db)
    this.reader = openEmbeddedReader(options.path)
  }

  async open(p: Partition): Promise<Opening> {
    return translated(this.#db.path, () => ({ detail: readPosition(this.#db, 'detail', p), rollup: readPosition(this.#db, 'rollup', p) }))
  }

  async commit(unit: Unit, signal: AbortSignal): Promise<CommitReport> {
    return this.#written(() => this.#write(unit), signal)
  }

  async noteName(p: Partition, path: string, signal: AbortSignal): Promise<void> {
    if (translated(this.#db.path, () => isNewName(this.#db, p, path))) await this.#written(() => writeName(this.#db, p, path), signal)
  }

  #written<T>(write: () => T, signal: AbortSignal): Promise<T> {
    return retry(async () => this.#inTransaction(write), {
      signal,
      isRetriable: (error) => isTracefoldError(error, 'neighbour_away'),
      onRetry: (error, _attempt, waitMs) => this.#options.onBusy?.(error, waitMs),
    })
  }

  async prune(): Promise<PruneReport> {
    const { retention, now } = this.#options
    const step = <T>(work: () => T) =>
      this.#inTransaction(() => {
        const result = work()
        this.#forget()
        return result
      })
    return prune(this.#db, { retention, nowMs: now(), inTransaction: step })
  }

  asDetailStore(): DetailStore {
    return {
      open: async (p) => readPosition(this.#db, 'detail', p),
      commit: (part, signal) => this.commit({ detail: part, rollup: [] }, signal),
      close: () => this.close(),
    }
  }

  asRollupStore(): RollupStore {
    return {
      open: async (p) => readPosition(this.#db, 'rollup', p),
      commit: (parts, signal) => this.commit({ detail: null, rollup: parts }, signal),
      close: () => this.close(),
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.reader.close()
    this.#db.close()
    this.#lock.release()
  }

  #inTransaction<T>(work: () => T): T {
    if (this.#closed) throw new TracefoldError('aborted', 'the embedded store is closed')
    return translated(this.#db.path, () => {
      try {
        return this.#db.transaction(work)
      } catch (error) {
        this.#forget()
        throw error
      }
    })
  }

  /** The caches hold numbers that a rollback, or a deletion, has taken away. */
  #forget(): void {
    this.#documents.forget()
    this.#rollups.forget()
  }

  #write(unit: Unit): CommitReport {
    const refusedEvents = unit.detail === null ? 0 : this.#writeDetail(unit.detail)
    for (const part of unit.rollup) this.#writeRollup(part)
    return { lost: [], refusedEvents }
  }

  #writeDetail(part: DetailPart): number {
    const { retention, now } = this.#options
    const refusals = this.#documents.merge(part.documents, retention.detailDays, now())
    const { ledger, letters, progress } = part.settle(refusals)
    for (const entry of ledger) mergeLedgerEntry(this.#db, entry)
    for (const letter of letters) writeLetter(this.#db, letter)
    for (const one of progress) writePosition(this.#db, 'detail', one, now())
    return 0 // expired documents are no dead letters, and nothing else is refused
  }

  #writeRollup(part: RollupPart): void {
    this.#rollups.add(part.rows)
    for (const entry of part.ledger) addLedgerEntry(this.#db, entry)
    for (const letter of part.letters) writeLetter(this.#db, letter)
    writePosition(this.#db, 'rollup', part.progress, this.#options.now())
  }
}
