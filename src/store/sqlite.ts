/**
 * A thin port over the `node:sqlite` API: SQL in, rows out, synchronous. It is `node:sqlite` where Node.js has it (22 and 24),
 * and `@photostructure/sqlite`, which has the same API, where it has not (20). Statements are prepared once per text and kept, so
 * texts must come from a closed set. A NUL within a string becomes U+2400, the sign for it: SQLite's own functions and two of the three
 * bindings end a string there.
 *
 * Delivery: `transaction` commits whole or not at all; whatever its function or the commit throws, nothing of it is stored.
 */
import { createRequire } from 'node:module'
import type * as NodeSqlite from 'node:sqlite'
import { TracefoldError } from '../errors.ts'

export type SqlValue = null | number | string | Uint8Array

export interface Statement {
  /** Number of rows changed. */
  run(...values: SqlValue[]): number
  /** The caller names the shape of a row, which the query's text decides. */
  get<Row>(...values: SqlValue[]): Row | undefined
  all<Row>(...values: SqlValue[]): Row[]
}

export interface Database {
  readonly path: string
  exec(sql: string): void
  prepare(sql: string): Statement
  /** Runs `work` between BEGIN IMMEDIATE and COMMIT. Not to be nested. */
  transaction<T>(work: () => T): T
  /** Runs `work`, which only reads, on one state of the database. Not to be nested. */
  snapshot<T>(work: () => T): T
  close(): void
}

export interface DatabaseOptions {
  readonly readOnly?: boolean
  /** How long a statement waits for another connection's lock. */
  readonly busyTimeoutMs?: number
}

/** Primary result codes of SQLite that callers tell apart. */
export const SQLITE = { BUSY: 5, LOCKED: 6, CORRUPT: 11, FULL: 13, CANTOPEN: 14, NOTADB: 26 } as const

/** The primary result code of an error that SQLite threw, or null for any other error. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  return error.errcode & 0xff
}

export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  const { DatabaseSync } = library()
  const handle = new DatabaseSync(path, { readOnly: options.readOnly ?? false })
  handle.exec(`PRAGMA busy_timeout = ${options.busyTimeoutMs ?? 0}`)
  const statements = new Map<string, Statement>()
  return {
    path,
    exec: (sql) => handle.exec(sql),
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known !== undefined) return known
      const made = prepareLazily(handle, sql)
      statements.set(sql, made)
      return made
    },
    transaction: (work) => transact(handle, 'BEGIN IMMEDIATE', work),
    snapshot: (work) => transact(handle, 'BEGIN', work),
    close: () => handle.close(),
  }
}

let loaded: typeof NodeSqlite | null = null

function library(): typeof NodeSqlite {
  loaded ??= withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite') as typeof NodeSqlite | undefined) ?? fallback()
  return loaded
}

function fallback(): typeof NodeSqlite {
  try {
    // The package follows the API of node:sqlite, so its types stand for both.
    return createRequire(import.meta.url)('@photostructure/sqlite') as typeof NodeSqlite
  } catch (cause) {
    throw new TracefoldError(
      'usage',
      'the embedded store needs Node.js 22.13 or later, or the package @photostructure/sqlite, whose binary did not load on this machine',
      { cause },
    )
  }
}

/** Loading `node:sqlite` warns that it is experimental, into every user's terminal. Only that warning is held back. */
function withoutSqliteWarning<T>(load: () => T): T {
  const emitWarning = process.emitWarning
  const quiet = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite is an experimental feature')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  process.emitWarning = quiet
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}

/**
 * Two statements for one text, made when first used. `run` must take big integers: it reads the last row id too, in which the
 * full-text index leaves numbers past what a JavaScript number holds.
 */
function prepareLazily(handle: NodeSqlite.DatabaseSync, sql: string): Statement {
  let writes: NodeSqlite.StatementSync | null = null
  let reads: NodeSqlite.StatementSync | null = null
  const writing = () => {
    writes = handle.prepare(sql)
    writes.setReadBigInts(true)
    return writes
  }
  const reading = () => (reads = handle.prepare(sql))
  return {
    run: (...values) => Number((writes ?? writing()).run(...values.map(withoutNul)).changes),
    get: <Row>(...values: SqlValue[]) => (reads ?? reading()).get(...values.map(withoutNul)) as Row | undefined,
    all: <Row>(...values: SqlValue[]) => (reads ?? reading()).all(...values.map(withoutNul)) as Row[],
  }
}

function withoutNul(value: SqlValue): SqlValue {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\u2400') : value
}

function transact<T>(handle: NodeSqlite.DatabaseSync, begin: string, work: () => T): T {
  handle.exec(begin)
  try {
    const result = work()
    handle.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk ends the transaction by itself; then there is nothing left to roll back.
    if (handle.isTransaction) handle.exec('ROLLBACK')
    throw error
  }
}
