/** A database that the first version wrote: test/data/embedded-format-1.db.gz, two documents and two rollup rows at 10 and 9 minutes before T0. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedReader, type EmbeddedStore } from '../../../src/store/embedded.ts'
import { openDatabase } from '../../../src/store/sqlite.ts'
import { newFolder, openIn } from '../../contract/embedded-adapter.ts'
import {
  aDetailPart,
  anIdentity,
  anUpdate,
  aPartition,
  aProgress,
  aRollupPart,
  aRow,
  aSample,
  DAY,
  hashed,
  MINUTE,
  T0,
} from '../../support/builders.ts'

const FIRST_VERSION = new URL('../../data/embedded-format-1.db.gz', import.meta.url)
const never = new AbortController().signal
const documents = { fromMs: 0, toMs: T0 + DAY, job: null, fingerprint: null, text: null, limit: 10 }
const hour = { fromMs: T0 - 60 * MINUTE, toMs: T0, job: null, by: 'fingerprint' as const, limit: 10 }

let path: string
let store: EmbeddedStore | null

beforeEach(() => {
  path = newFolder()
  store = null
  writeFileSync(join(path, 'tracefold.db'), gunzipSync(readFileSync(FIRST_VERSION)))
})
afterEach(async () => {
  await store?.close()
  rmSync(path, { recursive: true, force: true })
})

test('everything that it holds is there, and what it did not know is nothing', async () => {
  store = openIn(path)
  expect(await store.open(aPartition(), never)).toMatchObject({ detail: { next: 2 }, rollup: { next: 2 } })
  expect(await store.reader.documents({ ...documents, text: 'message of v1:old' })).toMatchObject([
    {
      identity: { fp: 'v1:old' },
      hosts: ['host-1'],
      previous: [],
      operators: [],
      sample: { message: 'message of v1:old', envelopes: [], operator: null, subtask: null },
    },
  ])
  expect((await store.reader.top(hour)).rows).toMatchObject([
    { key: 'v1:old', count: 4, category: 'bad_input', severity: null, rule: null, previousKeys: [] },
    { key: 'v1:other', count: 1, category: null },
  ])
  expect((await store.reader.top({ ...hour, by: 'severity' })).rows).toMatchObject([{ key: '(none)', count: 5 }])
})

test("what is written now goes on from it: rows under the old key are the new key's group, and a document takes what it did not have", async () => {
  store = openIn(path)
  const old = anUpdate({
    identity: anIdentity({ fp: 'v1:old', window: T0 - 10 * MINUTE }),
    contributions: [{ contributor: 'another', block: 0, n: 1 }],
    previous: hashed('v0:first'),
    operators: hashed('Map'),
    sample: aSample(),
  })
  const row = aRow({ windowMs: T0 - MINUTE, fingerprint: 'v2:new', fingerprintPrevious: 'v1:old', severity: 'high', rule: 'r', count: 3 })
  await store.commit({ detail: aDetailPart([old]), rollup: [aRollupPart([row], { progress: aProgress({ next: 3 }) })] }, never)
  expect((await store.reader.top(hour)).rows[0]).toMatchObject({
    key: 'v2:new',
    count: 7,
    firstMs: T0 - 10 * MINUTE,
    previousKeys: ['v1:old'],
    severity: 'high',
    rule: 'r',
  })
  expect(await store.reader.documents({ ...documents, fingerprint: 'v0:first' })).toMatchObject([
    { identity: { fp: 'v1:old' }, count: 2, hosts: ['host-1'], operators: ['Map'], previous: ['v0:first'] },
  ])
})

test('it has the very layout of a new database', async () => {
  store = openIn(path)
  const fresh = newFolder()
  await openIn(fresh).close()
  expect(layoutOf(path)).toEqual(layoutOf(fresh))
  rmSync(fresh, { recursive: true })
})

test('it is brought up to date once', async () => {
  for (let i = 0; i < 3; i++) await openIn(path).close()
  store = openIn(path)
  expect((await store.reader.top(hour)).total).toBe(5)
})

test('a reader beside no writer says who brings it up to date, and changes nothing', () => {
  const before = readFileSync(join(path, 'tracefold.db'))
  expect(() => openEmbeddedReader(path)).toThrow(
    expect.objectContaining({
      code: 'store_corrupt',
      message: expect.stringMatching(/format 1; this version reads format 3.*older version.*tracefold run/),
    }),
  )
  expect(readFileSync(join(path, 'tracefold.db'))).toEqual(before)
})

function layoutOf(folder: string): unknown[] {
  const db = openDatabase(join(folder, 'tracefold.db'), { readOnly: true })
  const layout = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name').all()
  db.close()
  return layout
}
