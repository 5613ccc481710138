/** Retention of the embedded store: what goes, when, and what stays. The clock is a number that the test sets. */
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Retention } from '../../../src/store/embedded/retention.ts'
import type { EmbeddedStore } from '../../../src/store/embedded.ts'
import { contributorKey } from '../../../src/store/position.ts'
import { openDatabase } from '../../../src/store/sqlite.ts'
import { newFolder, openIn } from '../../contract/embedded-adapter.ts'
import {
  aDetailPart,
  aLetter,
  anEntry,
  anIdentity,
  aSample,
  anUpdate,
  aPartition,
  aProgress,
  aRollupPart,
  aRow,
  DAY,
  hashed,
  T0,
  type UpdateOver,
} from '../../support/builders.ts'

const never = new AbortController().signal
const everything = { fromMs: 0, toMs: T0 + 1_000 * DAY, job: null, fingerprint: null, text: null, limit: 100_000 }
const allRollups = { fromMs: T0 - 1_000 * DAY, toMs: T0 + DAY, job: null, by: 'fingerprint' as const, limit: 10 }

let path: string
let store: EmbeddedStore
let nowMs: number

function openWith(retention: Partial<Retention>): EmbeddedStore {
  return openIn(path, { retention: { detailDays: 10, rollupDays: 100, letterDays: 5, maxBytes: 1e9, ...retention }, now: () => nowMs })
}

beforeEach(() => {
  path = newFolder()
  nowMs = T0
  store = openWith({})
})
afterEach(async () => {
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

const document = (daysAgo: number, fp = 'v1:1', over: UpdateOver = {}) =>
  anUpdate({
    identity: anIdentity({ fp, window: T0 - daysAgo * DAY, title: `title ${daysAgo}` }),
    sample: aSample({ message: `only ${daysAgo} days ago` }),
    ...over,
  })

const write = (...documents: ReturnType<typeof document>[]) => store.commit({ detail: aDetailPart(documents), rollup: [] }, never)
const daysAgo = async () => (await store.reader.documents(everything)).map(({ identity }) => Math.round((T0 - identity.window) / DAY))

function countsOf(...tables: string[]): Record<string, number> {
  const db = openDatabase(join(path, 'tracefold.db'), { readOnly: true })
  const counts = Object.fromEntries(
    tables.map((table) => [table, db.prepare(`SELECT count(*) AS n FROM ${table}`).get<{ n: number }>()?.n ?? -1]),
  )
  db.close()
  return counts
}

test('detail, rollups and letters each go after their own days, with all that hangs on them', async () => {
  await write(document(0), document(3), document(9, 'v1:1', { previous: hashed('v0:1') }))
  await store.commit(
    {
      detail: null,
      rollup: [
        aRollupPart(
          [0, 3, 9].map((days) => aRow({ windowMs: T0 - days * DAY, sampleMessage: `m${days}`, job: `job-${days}`, hosts: [`h${days}`] })),
          { letters: [aLetter({ timeMs: T0 })] },
        ),
      ],
    },
    never,
  )

  nowMs = T0 + 6 * DAY
  expect((await store.prune()).daysForSize).toBe(0)
  expect(await daysAgo()).toEqual([0, 3])
  expect(await store.reader.letters({ limit: 10 })).toEqual([])
  expect((await store.reader.top(allRollups)).total).toBe(3)

  nowMs = T0 + 97 * DAY + 1
  await store.prune()
  expect((await store.reader.top(allRollups)).total).toBe(1 + 1)
  expect(countsOf('document', 'document_previous', 'mark', 'sample', 'text', 'text_index', 'identity', 'contributor')).toEqual({
    document: 0,
    document_previous: 0,
    mark: 0,
    sample: 0,
    text: 0,
    text_index: 0,
    identity: 0,
    contributor: 0,
  })

  nowMs = T0 + 101 * DAY
  await store.prune()
  expect(countsOf('rollup', 'rollup_host', 'series', 'message', 'host', 'job')).toEqual({
    rollup: 0,
    rollup_host: 0,
    series: 0,
    message: 0,
    host: 0,
    job: 0,
  })
})

test('what younger rows still use stays, and what has gone can come again', async () => {
  const shared = { sample: aSample({ message: 'shared' }) }
  await write(document(9, 'v1:old', shared), document(2, 'v1:young', shared))
  nowMs = T0 + 5 * DAY
  await store.prune()
  expect(await store.reader.documents({ ...everything, text: 'shared' })).toMatchObject([
    { sample: { message: 'shared' }, identity: { fp: 'v1:young' } },
  ])

  await write(
    anUpdate({
      identity: anIdentity({ fp: 'v1:new', window: nowMs - DAY, title: 'title 9' }),
      sample: aSample({ message: 'only 9 days ago' }),
    }),
  )
  expect(await store.reader.documents({ ...everything, text: '"title 9"' })).toHaveLength(1)
})

test('a large amount goes in steps, between which others have their turn', async () => {
  await write(...Array.from({ length: 2_500 }, (_, i) => document(9, `v1:${i}`)))
  nowMs = T0 + 5 * DAY
  const pruning = store.prune()
  const seen = new Set<number>()
  let turns = 0
  for (let left = 2_500; left > 0; left = (await daysAgo()).filter((days) => days === 9).length) {
    seen.add(left)
    await write(document(0, `v1:between-${turns++}`))
    await new Promise(setImmediate)
  }
  expect(seen.size).toBeGreaterThan(2)
  expect((await pruning).rows).toBeGreaterThan(2_500)
  expect(await daysAgo()).toEqual(Array.from({ length: turns }, () => 0))
})

test('past the size, the day that has used up most of its own retention goes first, and never today', async () => {
  const large = (days: number) =>
    Array.from({ length: 40 }, (_, i) => document(days, `v1:${i}`, { sample: aSample({ message: `${days} ${i} `.repeat(2_000) }) }))
  await write(...large(0), ...large(4), ...large(8))
  await store.commit({ detail: null, rollup: [aRollupPart([aRow({ windowMs: T0 - 50 * DAY })])] }, never)
  const { usedBytes } = await store.prune()

  await store.close()
  store = openWith({ maxBytes: usedBytes - 1 })
  expect((await store.prune()).daysForSize).toBe(1)
  expect(new Set(await daysAgo())).toEqual(new Set([0, 4]))
  expect((await store.reader.top(allRollups)).total).toBe(1)

  await store.close()
  store = openWith({ maxBytes: 1 })
  const before = statSync(join(path, 'tracefold.db')).size
  const report = await store.prune()
  expect(new Set(await daysAgo())).toEqual(new Set([0]))
  expect((await store.reader.top(allRollups)).total).toBe(0)
  expect(report.usedBytes).toBeGreaterThan(1)
  await store.close()
  expect(statSync(join(path, 'tracefold.db')).size).toBeLessThan(before)
})

test('an idempotency key of HTTP is forgotten after a week; its ledger entries stay in the sum, and other positions stay', async () => {
  const http = (topic: string) => aPartition({ cluster: 'http', topic })
  const entry = (topic: string) => anEntry({ contributor: contributorKey(http(topic), 0), counts: { consumed: 2, counted: 2 } })
  const progress = ['k1', 'k2'].map((topic) => aProgress({ partition: http(topic), next: 2 }))
  await store.commit(
    { detail: aDetailPart([], { ledger: [entry('k1'), entry('k2')], progress: [...progress, aProgress({ next: 7 })] }), rollup: [] },
    never,
  )
  nowMs = T0 + 7 * DAY
  await store.commit(
    { detail: aDetailPart([], { ledger: [entry('k3')], progress: [aProgress({ partition: http('k3'), next: 2 })] }), rollup: [] },
    never,
  )
  nowMs = T0 + 8 * DAY
  await store.prune()

  const next = async (p: ReturnType<typeof aPartition>) => (await store.open(p, never)).detail?.next
  expect([await next(http('k1')), await next(http('k2')), await next(http('k3')), await next(aPartition())]).toEqual([0, 0, 2, 7])
  expect(await store.reader.ledger({ from: '2026-01-01', to: '2026-12-31' })).toEqual([
    { branch: 'detail', contributor: 'http', day: '2026-11-20', counts: { consumed: 6, counted: 6 } },
  ])
})

test('the ledger goes with the rollups', async () => {
  await store.commit(
    { detail: aDetailPart([], { ledger: [anEntry({ day: '2026-11-20' }), anEntry({ day: '2026-11-25' })] }), rollup: [] },
    never,
  )
  nowMs = T0 + 101 * DAY
  await store.prune()
  expect((await store.reader.ledger({ from: '2026-01-01', to: '2026-12-31' })).map(({ day }) => day)).toEqual(['2026-11-25'])
})

test('a store that is closed while it prunes ends with `aborted`, and the rest goes next time', async () => {
  await write(...Array.from({ length: 1_200 }, (_, i) => document(9, `v1:${i}`)))
  nowMs = T0 + 5 * DAY
  const pruning = store.prune()
  await store.close()
  await expect(pruning).rejects.toMatchObject({ code: 'aborted' })

  store = openWith({})
  expect((await daysAgo()).length).toBe(700)
  await store.prune()
  expect(await daysAgo()).toEqual([])
})
