/**
 * A small database beside the embedded store, of one format: made where it is missing. In: its file, its tables. Out: the open database, in which a write is on
 * disk when it returns. Throws `store_corrupt` for a file of another format, which is left as it is.
 */
import { TracefoldError } from '../../errors.ts'
import { openDatabase, type Database } from '../sqlite.ts'
import { translated } from './failures.ts'

/** Writes are short, so another process's is over by then. */
const BUSY_TIMEOUT_MS = 1_000

export interface SideFormat {
  readonly number: number
  /** The statements that make it. */
  readonly tables: string
}

export function openSideDatabase(file: string, format: SideFormat): Database {
  return translated(file, () => {
    const db = openDatabase(file, { busyTimeoutMs: BUSY_TIMEOUT_MS })
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
      db.transaction(() => prepare(db, format))
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}

function prepare(db: Database, { number, tables }: SideFormat): void {
  const found = db.prepare('PRAGMA user_version').get<{ user_version: number }>()?.user_version ?? 0
  if (found === 0) db.exec(`${tables}\nPRAGMA user_version = ${number};`)
  else if (found !== number)
    throw new TracefoldError(
      'store_corrupt',
      `${db.path} has format ${found}; this version reads format ${number}. A newer version of Tracefold wrote it: run that one, or give this one another folder (embedded.path).`,
    )
}
