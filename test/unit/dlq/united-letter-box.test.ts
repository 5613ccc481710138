/** Letters of several clusters, played by embedded databases: as one list, one by one, purged, replayed; and with one of them away. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { schema } from '../../../src/config/schema.ts'
import { createDesk } from '../../../src/dlq/desk.ts'
import { replayOf, type Chunk } from '../../../src/dlq/chunk.ts'
import type { LetterBox } from '../../../src/dlq/letter-box.ts'
import { UnitedLetterBox } from '../../../src/dlq/united-letter-box.ts'
import { TracefoldError } from '../../../src/errors.ts'
import { openEmbeddedLetters } from '../../../src/store/embedded/letters.ts'
import { openEmbedded } from '../../../src/store/embedded.ts'
import type { DeadLetterDesk, ReplayReport } from '../../../src/store/dead-letter.ts'
import { aDetailPart, aLetter, T0 } from '../../support/builders.ts'
import { someRules } from '../../support/rules.ts'

const NEVER = new AbortController().signal
const SETTINGS = schema.parse({})
const ALL = { limit: 100 }
let folder: string
const closes: (() => Promise<void>)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tracefold-united-'))
})
afterEach(async () => {
  for (const close of closes.splice(0)) await close()
  rmSync(folder, { recursive: true, force: true })
})

/** A letter box that holds a letter of each of these ids, at that many seconds. */
async function boxOf(name: string, letters: Readonly<Record<string, number>>): Promise<LetterBox> {
  const path = join(folder, name)
  const store = openEmbedded({ path, retention: { detailDays: 14, rollupDays: 400, letterDays: 30, maxBytes: 1e9 }, now: () => T0 })
  closes.push(() => store.close())
  const body = Buffer.from(JSON.stringify({ timeMillis: T0, level: 'ERROR', loggerName: 'a', message: 'm', loggerFqcn: 'x' }))
  const all = Object.entries(letters).map(([id, seconds], offset) => aLetter({ id, offset, timeMs: T0 + seconds * 1_000, outOf: 1, body }))
  await store.commit({ detail: aDetailPart([], { letters: all }), rollup: [] }, NEVER)
  const box = openEmbeddedLetters({ path, detailDays: 14, maxBytes: 1e9, now: () => T0 })
  closes.unshift(() => box.close())
  return box
}

/** A cluster that is away. */
function away(): LetterBox {
  const fail = (code: 'not_available' | 'neighbour_away') => (): Promise<never> =>
    Promise.reject(new TracefoldError(code, 'connecting to Kafka: refused'))
  return {
    letters: fail('not_available'),
    letter: fail('not_available'),
    purge: fail('neighbour_away'),
    open: fail('neighbour_away'),
    close: async () => {},
  }
}

async function replayed(desk: DeadLetterDesk, limit: number): Promise<ReplayReport[]> {
  const reports: ReplayReport[] = []
  do reports.push(await desk.replay({}, { limit, after: reports.at(-1)?.next ?? null, signal: NEVER }))
  while (reports.at(-1)?.next !== null)
  return reports
}

const deskOf = (...boxes: LetterBox[]): DeadLetterDesk =>
  createDesk(new UnitedLetterBox(boxes), { settings: SETTINGS, rules: () => someRules(SETTINGS), now: () => T0, recordsAreTimed: true })
const ids = async (box: Pick<LetterBox, 'letters'>, query = ALL): Promise<string[]> => (await box.letters(query)).map(({ id }) => id)

test('are one list, newest first, page by page', async () => {
  const box = new UnitedLetterBox([await boxOf('a', { a1: 1, a4: 4 }), await boxOf('b', { b2: 2, b3: 3 })])
  expect(await ids(box)).toEqual(['a4', 'b3', 'b2', 'a1'])
  const [, last] = await box.letters({ limit: 2 })
  expect(await ids(box, { limit: 2, ...(last === undefined ? {} : { after: last }) })).toEqual(['b2', 'a1'])
  expect((await box.letter('b3'))?.id).toBe('b3')
  expect(await box.letter('c1')).toBeNull()
})

test('are purged wherever they are', async () => {
  const box = new UnitedLetterBox([await boxOf('a', { a1: 1 }), await boxOf('b', { b2: 2, b3: 3 })])
  expect(await box.purge({}, NEVER)).toBe(3)
  expect(await ids(box)).toEqual([])
})

test('are replayed, one cluster after the other, step by step', async () => {
  const desk = deskOf(await boxOf('a', { a1: 1, a2: 2, a3: 3 }), await boxOf('none', {}), await boxOf('b', { b1: 1, b2: 2 }))
  const reports = await replayed(desk, 2)
  expect(reports.map(({ letters, replayed: n }) => [letters, n])).toEqual([
    [2, 2],
    [1, 1],
    [0, 0],
    [2, 2],
  ])
  expect(await ids(desk)).toEqual([])
})

test("are replayed by contributors of their own: two clusters' chunks are numbered in no order, and a document would take the older for a repeat", async () => {
  const chunks: Chunk[] = []
  const recorded = (box: LetterBox, cluster: string | null): LetterBox => ({
    letters: (query) => box.letters(query),
    letter: (id) => box.letter(id),
    purge: (filter, signal) => box.purge(filter, signal),
    close: () => box.close(),
    open: async (query, signal) => {
      const session = await box.open(query, signal)
      return { ...session, contributor: replayOf(cluster), commit: (chunk) => (chunks.push(chunk), session.commit(chunk)) }
    },
  })
  await replayed(deskOf(recorded(await boxOf('a', { a1: 1 }), null), recorded(await boxOf('b', { b1: 1 }), 'eu')), 10)
  const contributions = chunks.flatMap(({ documents }) =>
    documents.flatMap(({ update }) => update.contributions.map(({ contributor }) => [update.id, contributor] as const)),
  )
  expect(new Set(contributions.map(([id]) => id)).size).toBe(1)
  expect(contributions.map(([, contributor]) => contributor)).toEqual(['replay/dead-letters/0/0', 'replay/dead-letters-eu/0/0'])
})

test('of a cluster that is away keep nobody from the others, and are letters still', async () => {
  const b = await boxOf('b', { b1: 1 })
  const desk = deskOf(away(), b)
  expect(await ids(desk)).toEqual(['b1'])
  expect((await desk.letter('b1'))?.id).toBe('b1')
  expect((await replayed(desk, 2)).map(({ replayed: n }) => n)).toEqual([1])
  expect(await desk.purge({}, NEVER)).toBe(0)
})

test('are replayed up to a further cluster that is away: what was done is reported', async () => {
  const desk = deskOf(await boxOf('a', { a1: 1 }), away(), away())
  expect((await replayed(desk, 2)).map(({ replayed: n, next }) => [n, next === null])).toEqual([
    [1, false],
    [0, true],
  ])
  expect(await ids(desk)).toEqual([])
})

test('are not replayed from behind the last cluster on', async () => {
  const desk = deskOf(await boxOf('a', { a1: 1 }), await boxOf('b', {}))
  await expect(desk.replay({}, { limit: 1, after: 2 * 2 ** 44, signal: NEVER })).rejects.toMatchObject({ code: 'bad_request' })
})

test('of clusters that are all away are not known', async () => {
  const desk = deskOf(away(), away())
  await expect(desk.letters(ALL)).rejects.toMatchObject({ code: 'not_available' })
  await expect(desk.replay({}, { limit: 1, after: null, signal: NEVER })).rejects.toMatchObject({ code: 'neighbour_away' })
  await expect(desk.purge({}, NEVER)).rejects.toMatchObject({ code: 'neighbour_away' })
})
