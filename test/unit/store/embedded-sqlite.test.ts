/** The port over SQLite. The first test needs a process in which nothing has loaded `node:sqlite` yet. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { translated } from '../../../src/store/embedded/failures.ts'
import { openDatabase, SQLITE, sqliteCode, type Database } from '../../../src/store/sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'tracefold-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function aDatabase(): Database {
  const db = openDatabase(join(folder, `${files++}.db`))
  db.exec('CREATE TABLE t (x)')
  return db
}

function rows(db: Database): unknown[] {
  return db
    .prepare('SELECT x FROM t')
    .all<{ x: unknown }>()
    .map(({ x }) => x)
}

test('opening a database warns of nothing, and other warnings still come through', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  openDatabase(':memory:').close()
  process.emitWarning('something else')
  expect(warned.mock.calls.map(([warning]) => String(warning))).toEqual(['something else'])
  warned.mockRestore()
})

test('values come back as they went in', () => {
  const db = aDatabase()
  const values = [null, 1, -1.5, Number.MAX_SAFE_INTEGER, 'text 訂單 😀', '', new Uint8Array([0, 255])]
  for (const value of values) db.prepare('INSERT INTO t VALUES (?)').run(value)
  expect(rows(db)).toEqual(values)
})

test('a NUL becomes the sign for it, and what comes after it is kept, in values and in conditions alike', () => {
  const db = aDatabase()
  db.prepare('INSERT INTO t VALUES (?)').run('before\0after')
  expect(rows(db)).toEqual(['before␀after'])
  expect(db.prepare('SELECT 1 AS found FROM t WHERE x = ?').get('before\0after')).toMatchObject({ found: 1 })
})

test('a statement is prepared once for each text', () => {
  const db = aDatabase()
  expect(db.prepare('SELECT 1')).toBe(db.prepare('SELECT 1'))
})

describe('a transaction', () => {
  test('commits as a whole, and returns what its work returned', () => {
    const db = aDatabase()
    expect(db.transaction(() => db.prepare('INSERT INTO t VALUES (?)').run('a'))).toBe(1)
    expect(rows(db)).toEqual(['a'])
  })

  test('that throws leaves nothing, and the next one works', () => {
    const db = aDatabase()
    const fail = () => {
      db.prepare('INSERT INTO t VALUES (?)').run('a')
      throw new Error('no')
    }
    expect(() => db.transaction(fail)).toThrow('no')
    db.transaction(() => db.prepare('INSERT INTO t VALUES (?)').run('b'))
    expect(rows(db)).toEqual(['b'])
  })

  test('without room on the disk is a neighbour that is away, leaves nothing, and works when there is room', () => {
    const db = aDatabase()
    db.exec('PRAGMA max_page_count = 8')
    const fill = () => translated(db.path, () => db.transaction(() => db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(100_000))))
    expect(fill).toThrow(expect.objectContaining({ code: 'neighbour_away', retriable: true, message: expect.stringContaining(db.path) }))
    expect(rows(db)).toEqual([])

    db.exec('PRAGMA max_page_count = 1000')
    fill()
    expect(rows(db)).toHaveLength(1)
  })
})

test('an error of SQLite is told by its primary code, any other error by none', () => {
  const db = aDatabase()
  const other = openDatabase(db.path)
  other.exec('BEGIN IMMEDIATE')
  const caught = (work: () => void) => {
    try {
      work()
    } catch (error) {
      return sqliteCode(error)
    }
    return undefined
  }
  expect(caught(() => db.exec('BEGIN IMMEDIATE'))).toBe(SQLITE.BUSY)
  expect(caught(() => openDatabase(join(folder, 'no', 'such', 'folder')))).toBe(SQLITE.CANTOPEN)
  expect(sqliteCode(new Error('x'))).toBe(null)
  other.close()
})
