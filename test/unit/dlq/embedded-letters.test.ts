/** The table of dead letters by itself: bounded in bytes, and safe under a replay whose letters go meanwhile. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { schema } from '../../../src/config/schema.ts'
import { createDesk } from '../../../src/dlq/desk.ts'
import { openEmbeddedLetters, type EmbeddedLetterBox } from '../../../src/store/embedded/letters.ts'
import { openEmbedded, type EmbeddedStore } from '../../../src/store/embedded.ts'
import type { DeadLetter } from '../../../src/store/dead-letter.ts'
import { aDetailPart, aLetter, anEntry, aPartition, aProgress, aRollupPart, DAY, T0 } from '../../support/builders.ts'
import { someRules } from '../../support/rules.ts'

const NEVER = new AbortController().signal
const SETTINGS = schema.parse({})

let path: string
let store: EmbeddedStore
const boxes: EmbeddedLetterBox[] = []

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'tracefold-letters-'))
  store = openEmbedded({ path, retention: { detailDays: 14, rollupDays: 400, letterDays: 30, maxBytes: 1e9 }, now: () => T0 })
})
afterEach(async () => {
  for (const box of boxes.splice(0)) await box.close()
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

function boxOf(maxBytes = 1e9): EmbeddedLetterBox {
  const box = openEmbeddedLetters({ path, detailDays: 14, maxBytes, now: () => T0 })
  boxes.push(box)
  return box
}

const write = (letters: readonly DeadLetter[]): Promise<unknown> =>
  store.commit({ detail: aDetailPart([], { letters }), rollup: [] }, NEVER)
const line = (over: Record<string, unknown> = {}): Buffer =>
  Buffer.from(JSON.stringify({ timeMillis: T0, level: 'ERROR', loggerName: 'a', message: 'm', loggerFqcn: 'x', ...over }))

test('past their bytes the oldest letters go first, those of today too', async () => {
  await write(Array.from({ length: 100 }, (_, i) => aLetter({ offset: i, timeMs: T0 + ((i * 37) % 100), body: Buffer.alloc(10_000, 'x') })))
  const box = boxOf(500_000)
  const deleted = await box.trim()
  const left = await box.letters({ limit: 1_000 })
  expect(deleted + left.length).toBe(100)
  expect(left.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(500_000)
  expect(left.length).toBeGreaterThan(40)
  expect(left.map(({ timeMs }) => timeMs - T0)).toEqual(Array.from({ length: left.length }, (_, i) => 99 - i))
  expect(await box.trim()).toBe(0)
})

test('more letters than one step takes are all read, purged and trimmed', async () => {
  await write(
    Array.from({ length: 2_500 }, (_, i) => aLetter({ offset: i, timeMs: T0 + (i % 3), reason: i === 1_234 ? 'clock' : 'not_json' })),
  )
  const box = boxOf(0)
  expect(await box.letters({ limit: 10, reason: 'clock' })).toMatchObject([{ offset: 1_234 }])
  expect(await box.letters({ limit: 10_000 })).toHaveLength(2_500)
  expect(await box.purge({ fromOffset: 2_000 }, NEVER)).toBe(500)
  expect(await box.letters({ limit: 10_000 })).toHaveLength(2_000)
  expect(await box.trim()).toBe(2_000)
})

test('letters that are purged under a replay are not counted by it', async () => {
  await write([aLetter({ body: line() })])
  const [box, other] = [boxOf(), boxOf()]
  const rules = someRules(SETTINGS)
  const desk = createDesk(
    {
      ...box,
      open: async (query, signal) => {
        const session = await box.open(query, signal)
        return { ...session, commit: async (chunk) => (await other.purge({}, signal), session.commit(chunk)) }
      },
    },
    { settings: SETTINGS, rules: () => rules, now: () => T0, recordsAreTimed: false },
  )
  await expect(desk.replay({}, { limit: 10, after: null, signal: NEVER })).rejects.toMatchObject({ code: 'partition_lost' })
  expect((await store.reader.top({ fromMs: 0, toMs: T0 + DAY, job: null, by: 'fingerprint', limit: 1 })).total).toBe(0)
})

test("events of a time that detail is not kept for are counted in the rollups, and expired in the detail branch's account", async () => {
  const old = T0 - 20 * DAY
  const contributor = 'main/error-logs/0/0'
  const [detail, rollup] = (['detail', 'rollup'] as const).map((branch) =>
    anEntry({ branch, contributor, counts: { consumed: 1, 'dead.too_large': 1 } }),
  )
  await store.commit(
    {
      detail: aDetailPart([], { letters: [aLetter({ reason: 'too_large', body: line({ timeMillis: old }) })], ledger: [detail!] }),
      rollup: [aRollupPart([], { progress: aProgress(), ledger: [rollup!] })],
    },
    NEVER,
  )
  const rules = someRules(SETTINGS)
  const desk = createDesk(boxOf(), { settings: SETTINGS, rules: () => rules, now: () => T0, recordsAreTimed: false })
  expect(await desk.replay({}, { limit: 10, after: null, signal: NEVER })).toMatchObject({ replayed: 1, events: 0, expiredEvents: 1 })
  expect((await store.reader.ledger({ from: '0000-01-01', to: '9999-12-31' })).map(({ branch, counts }) => [branch, counts])).toEqual([
    ['detail', { consumed: 1, expired: 1 }],
    ['rollup', { consumed: 1, counted: 1 }],
  ])
})

test('a folder without a database is said', () => {
  expect(() => openEmbeddedLetters({ path: join(path, 'elsewhere'), detailDays: 14, maxBytes: 1, now: () => T0 })).toThrow(
    /there is no database/,
  )
})

test('a letter shows as the branch wrote it last, for both branches', async () => {
  await write([aLetter({ branches: ['rollup'] })])
  expect((await boxOf().letters({ limit: 1 }))[0]?.branches).toBeUndefined()
  expect(aPartition()).toEqual((await boxOf().letters({ limit: 1 }))[0]?.partition)
})
