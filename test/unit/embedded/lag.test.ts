/** What the alerts of embedded mode are told of being behind. */
import { expect, test } from 'vitest'
import { lagOf } from '../../../src/embedded/app.ts'

const at = (lagSeconds: number | null, hasMore = false) => ({
  cluster: 'file',
  topic: 'a',
  partition: 0,
  position: 0,
  committed: 0,
  end: null,
  lagRecords: 0,
  lagSeconds,
  hasMore,
})

test.each([
  ['nobody knows before anything is open', [], { lagMs: null }],
  ['an input that does not know is left out', [at(null), at(3)], { lagMs: 3_000 }],
  ['the input that is furthest behind counts', [at(0), at(90, true)], { lagMs: 90_000 }],
  ['one that knows only of more may be further behind than all', [at(2), at(null, true)], { lagMs: null, isBehind: true }],
])('%s', (_, partitions, expected) => {
  expect(lagOf({ partitions })).toEqual(expected)
})
