/** The ledger as people read it: one line for each contributor and day, whoever wrote to it. */
import { expect, test } from 'vitest'
import { foldReplays, replayLine } from '../../../src/dlq/ledger.ts'
import { contributorKey } from '../../../src/store/position.ts'
import { aPartition } from '../../support/builders.ts'

const p = aPartition()
const line = (contributor: string, counts: Record<string, number>) => ({
  branch: 'detail' as const,
  contributor,
  day: '2026-11-20',
  counts,
})

test('a replay and the epochs of a partition are summed up with what they belong to', () => {
  const plain = contributorKey(p, 0)
  const lines = [
    line(plain, { consumed: 10, counted: 8, 'dead.not_json': 2 }),
    line(contributorKey(p, 0, '10-0a1b2c3d'), { consumed: 5, counted: 4, 'dead.not_json': 1 }),
    line(replayLine(plain), { consumed: 0, counted: 3, 'dead.not_json': -3 }),
    line(contributorKey(p, 1), { consumed: 1, counted: 1 }),
  ]
  expect(foldReplays(lines)).toEqual([line(plain, { consumed: 15, counted: 15 }), line(contributorKey(p, 1), { consumed: 1, counted: 1 })])
})
