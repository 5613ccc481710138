/**
 * The letter box of embedded mode: the table `letter`, on a connection of its own. Any process may use it, also beside the one that holds the store:
 * its transactions are short, and it takes away nothing that the store keeps in mind.
 *
 * Delivery: a chunk of a replay is one transaction. It holds only if every letter of it is there still and no later chunk is, so two replays at once count
 * nothing twice: the one that comes second is told so.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { refusedOf, REPLAY, type Chunk, type LedgerMove } from '../../dlq/chunk.ts'
import { compare, matches } from '../../dlq/filter.ts'
import type { LetterBox, ReplaySession, SessionQuery } from '../../dlq/letter-box.ts'
import { availably, isTracefoldError, TracefoldError } from '../../errors.ts'
import { NEVER } from '../../lib/never.ts'
import { retry } from '../../lib/retry.ts'
import type { DeadLetter, LetterFilter, LetterHead, LetterQuery } from '../dead-letter.ts'
import type { Database } from '../sqlite.ts'
import { parseCounts, plus, readPosition, writeLetter, writePosition } from './account.ts'
import { Documents } from './documents.ts'
import { openExisting } from './existing.ts'
import { translated } from './failures.ts'
import { Rollups } from './rollups.ts'

/** Letters looked at between two turns of the loop: some milliseconds. */
const STEP = 1_000

export interface EmbeddedLettersOptions {
  /** The store's folder. */
  readonly path: string
  readonly detailDays: number
  /** Of all letters; the oldest go first. */
  readonly maxBytes: number
  readonly now: () => number
}

export interface EmbeddedLetterBox extends LetterBox {
  /** Deletes the oldest letters until the rest has at most `maxBytes`. Resolves with how many. */
  trim(): Promise<number>
}

interface Row {
  readonly place: number
  readonly letter: string
}

/** Throws `usage` where there is no database. */
export function openEmbeddedLetters(options: EmbeddedLettersOptions): EmbeddedLetterBox {
  const db = openExisting(options.path)
  return {
    letters: (query) => availably(() => newest(db, query)),
    letter: (id) => availably(async () => letterOf(db, id)),
    purge: (filter, signal) => purge(db, filter, signal),
    open: async (query) => openSession(db, query, options),
    trim: () => trim(db, options.maxBytes),
    close: async () => db.close(),
  }
}

async function newest(db: Database, { limit, after, ...filter }: LetterQuery): Promise<DeadLetter[]> {
  const found: DeadLetter[] = []
  let place = after ?? { timeMs: filter.toMs ?? Number.MAX_SAFE_INTEGER, id: '' }
  for (;;) {
    const rows = read(db, () =>
      db
        .prepare(
          'SELECT rowid AS place, letter FROM letter WHERE (time_ms, id) < (?, ?) AND time_ms >= ? ORDER BY time_ms DESC, id DESC LIMIT ?',
        )
        .all<Row>(place.timeMs, place.id, filter.fromMs ?? 0, STEP),
    )
    for (const row of rows) {
      const head = headOf(row)
      place = head
      if (!matches(filter, head)) continue
      const letter = letterOf(db, head.id)
      if (letter !== null) found.push(letter)
      if (found.length === limit) return found
    }
    if (rows.length < STEP) return found.toSorted(compare)
    await turn()
  }
}

function letterOf(db: Database, id: string): DeadLetter | null {
  const row = read(db, () => db.prepare('SELECT rowid AS place, letter, body FROM letter WHERE id = ?').get<Row & { body: Uint8Array }>(id))
  return row === undefined ? null : { ...headOf(row), body: Buffer.from(row.body) }
}

async function purge(db: Database, filter: LetterFilter, signal: AbortSignal): Promise<number> {
  let purged = 0
  const last = lastPlace(db)
  for (let from = 0; ;) {
    const rows = rowsFrom(db, from, last)
    const places = rows.filter((row) => matches(filter, headOf(row))).map(({ place }) => place)
    purged += await inTransaction(db, signal, () => remove(db, places))
    if (rows.length < STEP) return purged
    from = (rows.at(-1) as Row).place + 1 // there are some
    await turn()
  }
}

async function trim(db: Database, maxBytes: number): Promise<number> {
  let deleted = 0
  for (let excess = (await usedBytes(db)) - maxBytes; excess > 0;) {
    const oldest = read(db, () =>
      db
        .prepare('SELECT rowid AS place, length(letter) + length(body) AS bytes FROM letter ORDER BY time_ms, id LIMIT ?')
        .all<{ place: number; bytes: number }>(STEP),
    )
    if (oldest.length === 0) break // somebody else has deleted them
    const places: number[] = []
    for (const { place, bytes } of oldest) {
      if (excess <= 0) break
      places.push(place)
      excess -= bytes
    }
    deleted += await inTransaction(db, NEVER, () => remove(db, places))
    await turn()
  }
  return deleted
}

async function usedBytes(db: Database): Promise<number> {
  let used = 0
  for (let from = 0; ;) {
    const step = read(db, () =>
      db
        .prepare(
          'SELECT max(place) AS last, sum(bytes) AS bytes FROM (SELECT rowid AS place, length(letter) + length(body) AS bytes FROM letter WHERE rowid > ? ORDER BY rowid LIMIT ?)',
        )
        .get<{ last: number | null; bytes: number }>(from, STEP),
    )
    if (step?.last === null || step === undefined) return used
    used += step.bytes
    from = step.last
    await turn()
  }
}

/** By place, not by id: one that was written anew meanwhile has another place, and stays. */
function remove(db: Database, places: readonly number[]): number {
  return places.reduce((sum, place) => sum + db.prepare('DELETE FROM letter WHERE rowid = ?').run(place), 0)
}

async function openSession(db: Database, { filter, limit, after }: SessionQuery, options: EmbeddedLettersOptions): Promise<ReplaySession> {
  const { letters, places, next } = await collect(db, filter, limit, after ?? 0)
  let seq = read(db, () => readPosition(db, 'detail', REPLAY).next)
  return {
    letters,
    next,
    contributor: REPLAY,
    isSettled: async () => true, // a letter is written in the transaction that counts it dead
    record: async () => null, // files and requests cannot be asked for a record
    body: async ({ id }) => letterOf(db, id)?.body ?? null,
    nextSeq: () => (seq = Math.max(options.now(), seq + 1)),
    commit: (chunk) => inTransaction(db, NEVER, () => write(db, chunk, places, options)),
    close: async () => {},
  }
}

async function collect(
  db: Database,
  filter: LetterFilter,
  limit: number,
  after: number,
): Promise<{ letters: LetterHead[]; places: Map<string, number>; next: number | null }> {
  const letters: LetterHead[] = []
  const places = new Map<string, number>()
  const last = lastPlace(db)
  for (let from = after; ;) {
    const rows = rowsFrom(db, from, last)
    for (const row of rows) {
      const head = headOf(row)
      if (!matches(filter, head)) continue
      if (letters.length === limit) return { letters, places, next: row.place }
      letters.push(head)
      places.set(head.id, row.place)
    }
    if (rows.length < STEP) return { letters, places, next: null }
    from = (rows.at(-1) as Row).place + 1 // there are some
    await turn()
  }
}

function write(
  db: Database,
  chunk: Chunk,
  places: ReadonlyMap<string, number>,
  { detailDays, now }: EmbeddedLettersOptions,
): { refused: number; expired: number } {
  const nowMs = now()
  if (readPosition(db, 'detail', REPLAY).next >= chunk.seq) throw takenOver()
  for (const { id } of [...chunk.gone, ...chunk.written]) {
    const place = places.get(id)
    if (place !== undefined && db.prepare('SELECT 1 FROM letter WHERE rowid = ? AND id = ?').get(place, id) === undefined) throw takenOver()
  }
  const refusals = new Documents(db).merge(
    chunk.documents.map(({ update }) => update),
    detailDays,
    nowMs,
  )
  new Rollups(db).add(chunk.rows)
  const { letters, moves, refused, expired } = refusedOf(chunk.documents, refusals, Infinity)
  for (const move of [...chunk.moves, ...moves]) moveInLedger(db, move)
  for (const { id } of chunk.gone) db.prepare('DELETE FROM letter WHERE id = ?').run(id)
  for (const letter of [...chunk.written, ...letters]) writeLetter(db, letter)
  writePosition(db, 'detail', { partition: REPLAY, incarnation: 0, next: chunk.seq, from: chunk.seq, rules: '' }, nowMs)
  return { refused, expired }
}

/** The line's block mark stays as it is: the stream that writes it goes on from there. A line that was deleted with its day has no balance to keep. */
function moveInLedger(db: Database, { day, branch, contributor, counts }: LedgerMove): void {
  for (const name of contributor.startsWith('http/') ? [contributor, 'http'] : [contributor]) {
    const row = db
      .prepare('SELECT counts FROM ledger WHERE day = ? AND branch = ? AND contributor = ?')
      .get<{ counts: string }>(day, branch, name)
    if (row === undefined) continue
    db.prepare('UPDATE ledger SET counts = ? WHERE day = ? AND branch = ? AND contributor = ?').run(
      JSON.stringify(plus(parseCounts(row.counts), counts)),
      day,
      branch,
      name,
    )
    return
  }
}

function takenOver(): TracefoldError {
  return new TracefoldError('partition_lost', 'another replay has taken these letters; what was counted before is counted')
}

function rowsFrom(db: Database, from: number, last: number): Row[] {
  return read(db, () =>
    db.prepare('SELECT rowid AS place, letter FROM letter WHERE rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?').all<Row>(from, last, STEP),
  )
}

function lastPlace(db: Database): number {
  return read(db, () => db.prepare('SELECT max(rowid) AS place FROM letter').get<{ place: number | null }>()?.place ?? 0)
}

/** Both branches count a record dead in one transaction, so a letter concerns both, whichever wrote it last. */
function headOf({ letter }: Row): LetterHead {
  const { branches: _branches, ...head } = JSON.parse(letter) as LetterHead // written by writeLetter only
  return head
}

function read<T>(db: Database, work: () => T): T {
  return translated(db.path, work)
}

function inTransaction<T>(db: Database, signal: AbortSignal, work: () => T): Promise<T> {
  return retry(async () => translated(db.path, () => db.transaction(work)), {
    signal,
    isRetriable: (error) => isTracefoldError(error, 'neighbour_away'),
  })
}
