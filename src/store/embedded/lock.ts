/**
 * One writer for each database: a lock that dies with its process. It is a reserved lock on a small database of its own, held by an open
 * transaction, so the operating system releases it however the process ends. Readers can still see the owner's pid in it.
 *
 *   <file>.lock   user_version = pid of the newest owner; BEGIN IMMEDIATE held by it
 *
 * The lock file is never read by other means: closing any other handle on it would drop the process's locks (POSIX).
 */
import { TracefoldError } from '../../errors.ts'
import { openDatabase, SQLITE, sqliteCode, type Database } from '../sqlite.ts'

export interface WriterLock {
  release(): void
}

/** Throws `store_locked`, naming the file and the owner's pid, where another writer is alive. */
export function lockForWriting(file: string): WriterLock {
  const db = openDatabase(`${file}.lock`)
  try {
    db.transaction(() => db.exec(`PRAGMA user_version = ${process.pid}`))
    db.exec('BEGIN IMMEDIATE')
  } catch (error) {
    const owner = sqliteCode(error) === SQLITE.BUSY ? ownerOf(db) : null
    db.close()
    if (owner === null) throw error
    throw new TracefoldError(
      'store_locked',
      `${file} is being written by process ${owner}. Expected one writer for each database: stop that process, or give this one another folder (embedded.path). Reading beside it is fine.`,
      { cause: error },
    )
  }
  return { release: () => db.close() }
}

function ownerOf(db: Database): number {
  return db.prepare('PRAGMA user_version').get<{ user_version: number }>()?.user_version ?? 0
}
