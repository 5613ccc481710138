/** Marks of skipped ranges and of backfills in the ledger topic. */
import { expect, test } from 'vitest'
import { totalsOf } from '../../../src/store/rollup-ledger.ts'
import { backfillMark, idOf, marksOf, placeOf, skipMarks } from '../../../src/store/skipped.ts'
import { anEntry } from '../../support/builders.ts'

const RANGE = { branch: 'detail' as const, contributor: 'main/logs/0/3', from: 100, to: 350, day: '2026-11-21' }

test('an entry that speaks of a skipped range leaves a mark of it; others leave none', () => {
  const entries = [
    anEntry({ branch: 'detail', contributor: 'main/logs/0/3', day: '2026-11-21', block: 100, counts: { consumed: 250, skipped: 250 } }),
    anEntry({ block: 350, counts: { consumed: 7, counted: 7 } }),
    anEntry({ block: 400, counts: { consumed: 7, expired: 7 } }),
  ]
  const marks = skipMarks(entries)
  expect(marks.map(({ key }) => key)).toEqual(['skip|detail|main/logs/0/3|100'])
  expect(marksOf(marks.map(({ value }) => Buffer.from(value)))).toEqual({ skipped: [RANGE], backfills: [] })
})

test('marks are no lines of the ledger, lines are no marks, and neither is what others wrote', () => {
  const backfill = { ...RANGE, to: 200, next: 150, block: 100, rules: 'r1' }
  const line = { branch: 'rollup', contributor: 'main/logs/0/3', day: '2026-11-21', next: 5, counts: { consumed: 5, counted: 5 } }
  const values = [backfillMark(backfill).value, JSON.stringify(line), '{"kind":"skip","from":-1}', '"kind"', '{"kind"'].map((text) =>
    Buffer.from(text),
  )
  expect(marksOf(values)).toEqual({ skipped: [], backfills: [backfill] })
  expect(totalsOf(values)).toHaveLength(1)
})

test('the id of a skipped range names branch, topic, partition and offset, and the incarnation where there is another', () => {
  expect(idOf(RANGE)).toBe('detail:logs/3@100')
  expect(idOf({ ...RANGE, contributor: 'main/logs/2/3' })).toBe('detail:logs/3~2@100')
  expect(placeOf('main/logs/2/3')).toEqual({ partition: { cluster: 'main', topic: 'logs', partition: 3 }, incarnation: 2 })
})
