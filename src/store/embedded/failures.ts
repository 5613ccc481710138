/**
 * What SQLite throws, in our words: errors of SQLite in, `TracefoldError` out; anything else passes as it is. Every message names the
 * file and says what to do.
 */
import { asUnavailable, messageOf, TracefoldError } from '../../errors.ts'
import { SQLITE, sqliteCode, type Database } from '../sqlite.ts'

/** Runs `work`, and throws what it throws in our words. */
export function translated<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw inOurWords(error, path)
  }
}

/** The read connection: what reads find busy is `not_available`, which the API answers with 503. */
export function forReading(db: Database): Database {
  return { ...db, snapshot: (work) => availably(() => translated(db.path, () => db.snapshot(work))) }
}

function availably<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asUnavailable(error)
  }
}

function inOurWords(cause: unknown, path: string): unknown {
  const code = sqliteCode(cause)
  if (code === null) return cause
  const words = messageOf(cause)
  switch (code) {
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return new TracefoldError(
        'store_corrupt',
        `${path} is not a sound Tracefold database (SQLite: ${words}). Move it away together with its -wal and -shm files: a new one is begun at the next start, and log files are read again. ` +
          'What can be saved is saved with: sqlite3 <file> .recover',
        { cause },
      )
    case SQLITE.FULL:
      return new TracefoldError(
        'neighbour_away',
        `no room left on the disk of ${path} (SQLite: ${words}). Nothing is lost: the write is tried again until there is room. Free some space, or lower embedded.maxBytes.`,
        { cause },
      )
    case SQLITE.BUSY:
    case SQLITE.LOCKED:
      return new TracefoldError('neighbour_away', `${path} is held by another program (SQLite: ${words}). The write is tried again.`, {
        cause,
      })
    case SQLITE.CANTOPEN:
      return new TracefoldError(
        'usage',
        `${path} cannot be opened (SQLite: ${words}). Expected a file in a folder that this user may read and write.`,
        { cause },
      )
    default:
      return new TracefoldError('store_refused', `SQLite failed on ${path}: ${words}. The write was undone as a whole.`, { cause })
  }
}
