/** What a process keeps in mind of the letters topic. */
import { expect, test } from 'vitest'
import { LetterIndex } from '../../../src/dlq/letter-index.ts'
import { letterKey } from '../../../src/kafka/letters.ts'
import type { DeadLetter } from '../../../src/store/dead-letter.ts'
import { aLetter, T0 } from '../../support/builders.ts'

function indexOf(letters: readonly DeadLetter[], max = 100): LetterIndex {
  const index = new LetterIndex(max)
  letters.forEach((letter, place) => index.put(letterKey(letter), letter, place))
  return index
}

const offsets = (index: LetterIndex): number[] => index.page({ limit: 1_000 }).map(({ head }) => head.offset)

test("newest first, by the record's time and not by when the letter was written", () => {
  const index = indexOf([
    aLetter({ offset: 1, timeMs: T0 + 5 }),
    aLetter({ offset: 2, timeMs: T0 + 9 }),
    aLetter({ offset: 3, timeMs: T0 }),
  ])
  expect(offsets(index)).toEqual([2, 1, 3])
})

test('of one letter that both branches have written there is one, for both; it is gone when both are', () => {
  const [detail, rollup] = [aLetter({ branches: ['detail'] }), aLetter({ branches: ['rollup'] })]
  const index = indexOf([detail, rollup])
  expect(index.page({ limit: 10 })).toMatchObject([{ head: { branches: ['detail', 'rollup'] }, place: 1 }])
  index.delete(letterKey(detail))
  expect(index.page({ limit: 10 })).toMatchObject([{ head: { branches: ['rollup'] } }])
  expect(index.page({ limit: 10, branch: 'detail' })).toEqual([])
  index.delete(letterKey(rollup))
  expect(index.size()).toBe(0)
})

test('a letter written anew is where it was written last, with what it says now', () => {
  const index = indexOf([aLetter({ reason: 'too_large' }), aLetter({ reason: 'not_json' })])
  expect(index.page({ limit: 10 })).toMatchObject([{ head: { reason: 'not_json' }, place: 1 }])
})

test('past its bound the oldest go, whenever they were written', () => {
  const letters = Array.from({ length: 250 }, (_, i) => aLetter({ offset: i, timeMs: T0 + ((i * 7_919) % 250) }))
  const index = indexOf(letters, 100)
  expect(index.size()).toBeLessThanOrEqual(110)
  const newest = letters.toSorted((a, b) => b.timeMs - a.timeMs).slice(0, 50)
  expect(offsets(index).slice(0, 50)).toEqual(newest.map(({ offset }) => offset))
})

test('pages follow each other without a gap or a repeat, though letters have the same time', () => {
  const index = indexOf(Array.from({ length: 25 }, (_, i) => aLetter({ offset: i, timeMs: T0 + (i % 2) })))
  const seen: string[] = []
  for (let page = index.page({ limit: 4 }); page.length > 0; page = index.page({ limit: 4, after: page.at(-1)!.head }))
    seen.push(...page.map(({ head }) => head.id))
  expect(new Set(seen).size).toBe(25)
  expect(seen).toEqual(index.page({ limit: 100 }).map(({ head }) => head.id))
})

test('what can be long is not kept', () => {
  expect(Object.keys(indexOf([aLetter()]).page({ limit: 1 })[0]!.head)).not.toEqual(expect.arrayContaining(['detail']))
})
