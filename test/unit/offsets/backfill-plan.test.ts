/** What of skipped ranges is left to backfill, what is refused, and how a backfill's lines make the ledger whole. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldReplays } from '../../../src/dlq/ledger.ts'
import { backfillLine, blocksIn, unskippedEntry } from '../../../src/offsets/backfill-lines.ts'
import { leftOf, planBackfill, type BackfillQuery } from '../../../src/offsets/backfill-plan.ts'
import { isBalanced } from '../../../src/store/ledger.ts'
import { blockOf } from '../../../src/store/position.ts'
import type { Backfill, SkippedRange } from '../../../src/store/skipped.ts'

const CONTRIBUTOR = 'main/logs/0/3'
const DAY = '2026-11-21'
const skipped = (from: number, to: number, over: Partial<SkippedRange> = {}): SkippedRange => ({
  branch: 'detail',
  contributor: CONTRIBUTOR,
  from,
  to,
  day: DAY,
  ...over,
})
const backfilled = (from: number, to: number, next = to): Backfill => ({ ...skipped(from, to), next, block: from, rules: 'r1' })
const range = (from: number, to: number): BackfillQuery => ({ kind: 'range', branch: 'detail', contributor: CONTRIBUTOR, from, to })
const plan = (query: BackfillQuery, backfills: readonly Backfill[] = [], ranges = [skipped(100, 200), skipped(300, 400)]) =>
  planBackfill({ skipped: ranges, backfills }, query).map(({ from, to, begun }) => [from, to, begun?.next ?? null])

describe('a range that is asked for', () => {
  test('is taken where all of it was skipped', () => {
    expect(plan(range(120, 130))).toEqual([[120, 130, null]])
    expect(plan(range(100, 200))).toEqual([[100, 200, null]])
  })

  test('over two ranges that lie side by side is two pieces', () => {
    expect(plan(range(150, 250), [], [skipped(100, 200), skipped(200, 300)])).toEqual([
      [150, 200, null],
      [200, 250, null],
    ])
  })

  test.each([
    ['before', range(90, 110), 'offsets 90 to 100'],
    ['behind', range(190, 210), 'offsets 200 to 210'],
    ['between', range(150, 350), 'offsets 200 to 300'],
    ['nowhere', range(0, 10), 'offsets 0 to 10'],
  ])('is refused whole where a part of it was counted: %s', (_, query, words) => {
    expect(() => plan(query)).toThrow(words)
  })

  test('is refused where a part of it was backfilled', () => {
    expect(() => plan(range(100, 200), [backfilled(120, 130)])).toThrow('offsets 120 to 130')
  })

  test('goes on with what was begun, and does not cut it', () => {
    expect(plan(range(110, 160), [backfilled(120, 150, 133)])).toEqual([
      [110, 120, null],
      [120, 150, 133],
      [150, 160, null],
    ])
    expect(() => plan(range(110, 140), [backfilled(120, 150, 133)])).toThrow('120 to 150 is not finished')
  })

  test('of another branch, partition or incarnation was not skipped', () => {
    for (const over of [{ branch: 'rollup' as const }, { contributor: 'main/logs/0/4' }, { contributor: 'main/logs/1/3' }])
      expect(() => plan(range(120, 130), [], [skipped(100, 200, over)])).toThrow('were counted')
  })

  test('that the other branch alone has skipped is refused with that branch named', () => {
    expect(() => plan(range(120, 130), [], [skipped(100, 200, { branch: 'rollup' })])).toThrow('say --branch rollup')
    expect(() => plan(range(120, 130), [], [skipped(130, 200, { branch: 'rollup' })])).not.toThrow('--branch')
  })

  test('must be one', () => {
    expect(() => plan(range(130, 130))).toThrow('expected a range')
  })
})

describe('recorded ranges', () => {
  test('one by its id: all that is left of it', () => {
    expect(plan({ kind: 'skipped', id: 'detail:logs/3@100' }, [backfilled(120, 150, 133)])).toEqual([
      [100, 120, null],
      [120, 150, 133],
      [150, 200, null],
    ])
  })

  test('one that was backfilled, and one that is not there, are refused', () => {
    expect(() => plan({ kind: 'skipped', id: 'detail:logs/3@100' }, [backfilled(100, 200)])).toThrow('has been backfilled')
    expect(() => plan({ kind: 'skipped', id: 'detail:logs/3@101' })).toThrow('no range')
  })

  test('all of some branches; where nothing is left there is nothing to do', () => {
    const ranges = [skipped(100, 200), skipped(300, 400, { branch: 'rollup' })]
    expect(plan({ kind: 'all', branches: ['detail'] }, [], ranges)).toEqual([[100, 200, null]])
    expect(plan({ kind: 'all', branches: ['detail', 'rollup'] }, [], ranges)).toEqual([
      [100, 200, null],
      [300, 400, null],
    ])
    expect(plan({ kind: 'all', branches: ['detail'] }, [backfilled(100, 200)], ranges)).toEqual([])
  })
})

test('whatever was backfilled in whatever order: what is left, and what was done, make the range, with no offset twice', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 101, max: 199 }), { maxLength: 8 })
  fc.assert(
    fc.property(cuts, fc.infiniteStream(fc.nat(2)), (at, kinds) => {
      const edges = [100, ...at.toSorted((a, b) => a - b), 200]
      const kind = kinds[Symbol.iterator]()
      const parts = edges.slice(1).map((to, i) => ({ from: edges[i] as number, to, kind: kind.next().value as number }))
      const backfills = parts.filter((part) => part.kind > 0).map(({ from, to, kind: one }) => backfilled(from, to, one === 1 ? to : from))
      const left = leftOf(skipped(100, 200), backfills.toReversed())
      const done = backfills.filter(({ next, to }) => next === to)
      const all = [...left, ...done].toSorted((a, b) => a.from - b.from)
      expect(all.map(({ from }) => from)).toEqual([100, ...all.slice(0, -1).map(({ to }) => to)])
      expect(all.at(-1)?.to).toBe(200)
    }),
  )
})

describe('the ledger', () => {
  test("blocks of a range end where the stream's blocks do", () => {
    expect(blocksIn(120, 275, 120, 50)).toEqual([
      { from: 120, to: 150 },
      { from: 150, to: 200 },
      { from: 200, to: 250 },
      { from: 250, to: 275 },
    ])
    expect(blocksIn(100, 140, 120, 50)).toEqual([
      { from: 100, to: 120 },
      { from: 120, to: 140 },
    ])
    expect(blocksIn(100, 100, 100, 50)).toEqual([])
    for (const { from, to } of blocksIn(120, 275, 120, 50))
      for (let offset = from; offset < to; offset++) expect(blockOf(offset, 120, 50)).toBe(from)
  })

  test('what was skipped and is counted now stands in one line, in balance', () => {
    const line = (contributor: string, counts: Record<string, number>) => ({ branch: 'detail' as const, contributor, day: DAY, counts })
    const backfill = backfilled(100, 200)
    const { contributor, counts } = unskippedEntry(backfill, 100, 150)
    const [folded, ...rest] = foldReplays([
      line(CONTRIBUTOR, { consumed: 300, counted: 200, skipped: 100 }),
      line(backfillLine(backfill), { consumed: 70, counted: 60, 'dead.not_json': 10 }),
      line(contributor, { ...counts }),
    ])
    expect(rest).toEqual([])
    expect(folded).toMatchObject({ contributor: CONTRIBUTOR, counts: { consumed: 320, counted: 260, 'dead.not_json': 10, skipped: 50 } })
    expect(isBalanced(folded?.counts ?? {})).toBe(true)
  })
})
