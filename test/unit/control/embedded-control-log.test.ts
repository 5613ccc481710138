/** What the embedded control log has of its own: a file that several processes write, and deletions that are forgotten. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EmbeddedControlLog } from '../../../src/control/embedded-control-log.ts'
import { openDatabase } from '../../../src/store/sqlite.ts'
import { DAY, T0 } from '../../support/builders.ts'

let path: string
const logs: EmbeddedControlLog[] = []

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tracefold-control-'))
})
afterEach(async () => {
  for (const log of logs.splice(0)) await log.close()
  rmSync(path, { recursive: true, force: true })
})

function open(now: () => number = () => T0): EmbeddedControlLog {
  const log = new EmbeddedControlLog({
    path: join(path, 'made', 'when-missing'),
    now,
    onFailed: (error) => expect.unreachable(String(error)),
  })
  logs.push(log)
  return log
}

const rows = (): unknown[] => {
  const db = openDatabase(join(path, 'made', 'when-missing', 'control.db'))
  try {
    return db.prepare('SELECT key, value FROM entry ORDER BY seq').all()
  } finally {
    db.close()
  }
}

test('a value that is overwritten takes no room, and a deletion is forgotten after a day', async () => {
  let nowMs = T0
  const log = open(() => nowMs)
  for (let i = 0; i < 50; i++) await log.put('rule/a', { v: 1, i })
  await log.put('rule/gone', { v: 1 })
  await log.put('rule/gone', null)
  expect(rows()).toEqual([
    { key: 'rule/a', value: '{"v":1,"i":49}' },
    { key: 'rule/gone', value: null },
  ])
  nowMs += 2 * DAY
  await log.put('rule/b', { v: 1 })
  expect(rows()).toHaveLength(2)
})

test('what is no entry of ours is left where it is, and told to nobody', async () => {
  const log = open()
  await log.put('rule/a', { v: 1 })
  const db = openDatabase(join(path, 'made', 'when-missing', 'control.db'))
  db.prepare('INSERT INTO entry (key, value, written_ms) VALUES (?, ?, ?)').run('rule/odd', 'no JSON', T0)
  db.prepare('INSERT INTO entry (key, value, written_ms) VALUES (?, ?, ?)').run('rule/old', '{"without":"version"}', T0)
  db.close()
  const keys: string[] = []
  await open().follow(['rule/'], ({ key }) => void keys.push(key))
  expect(keys).toEqual(['rule/a'])
  expect(rows()).toHaveLength(3)
})

test('a file of a newer version is not touched', async () => {
  await open().put('rule/a', { v: 1 })
  const db = openDatabase(join(path, 'made', 'when-missing', 'control.db'))
  db.exec('PRAGMA user_version = 99')
  db.close()
  expect(() => open()).toThrow(/format 99/)
})

test('after it is closed nothing is written', async () => {
  const log = open()
  await log.close()
  await expect(log.put('rule/a', { v: 1 })).rejects.toMatchObject({ code: 'aborted' })
  await expect(log.follow(['rule/'], () => {})).rejects.toMatchObject({ code: 'aborted' })
})
