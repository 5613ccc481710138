/**
 * The embedded store's database as those see it who come beside its writer: a folder in, a connection of their own out. Throws `usage` where there is no
 * database, and what `checkFormat` throws for one that is not ours.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TracefoldError } from '../../errors.ts'
import { openDatabase, type Database } from '../sqlite.ts'
import { translated } from './failures.ts'
import { checkFormat } from './schema.ts'

/** Such a wait stops the whole process, so it is short; what is still locked then is tried again by the caller. */
export const BUSY_TIMEOUT_MS = 200

export function databaseFile(folder: string): string {
  return join(folder, 'tracefold.db')
}

export function openExisting(folder: string, { readOnly = false } = {}): Database {
  const file = databaseFile(folder)
  if (!existsSync(file))
    throw new TracefoldError(
      'usage',
      `there is no database ${file}. Expected the folder of an embedded store (embedded.path) that has been running: tracefold run makes it.`,
    )
  return translated(file, () => {
    const db = openDatabase(file, { readOnly, busyTimeoutMs: BUSY_TIMEOUT_MS })
    try {
      checkFormat(db)
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}
