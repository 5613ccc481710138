/** The rollup branch's ledger: days counted up, put aside, and summed again by whoever reads. */
import { expect, test } from 'vitest'
import { decodeCommitted, encodeMetadata } from '../../../src/kafka/commit-metadata.ts'
import { evidenceOf, RollupLedger, totalsOf, type LedgerMark } from '../../../src/store/rollup-ledger.ts'
import { contributorKey } from '../../../src/store/position.ts'
import { anEntry, aPartition, aProgress } from '../../support/builders.ts'

const C = contributorKey(aPartition(), 0)
const counted = (day: string, n: number) => anEntry({ branch: 'rollup', day, counts: { consumed: n, counted: n } })

/** What the compacted topic holds in the end. */
function compacted(marks: readonly LedgerMark[]): Buffer[] {
  return [...new Map(marks.map(({ key, value }) => [key, Buffer.from(value)])).values()]
}

test('a day is counted up over transactions, under one key', () => {
  const ledger = new RollupLedger(C, [])
  const marks = [
    ...ledger.add([counted('2026-11-20', 3)], aProgress({ next: 3 })),
    ...ledger.add([counted('2026-11-20', 4)], aProgress({ next: 7 })),
  ]
  expect(new Set(marks.map(({ key }) => key))).toEqual(new Set([`rollup|${C}|2026-11-20|3`]))
  expect(totalsOf(compacted(marks))).toEqual([{ branch: 'rollup', contributor: C, day: '2026-11-20', counts: { consumed: 7, counted: 7 } }])
})

test('several blocks of one day in a transaction are summed', () => {
  const marks = new RollupLedger(C, []).add([counted('2026-11-20', 3), counted('2026-11-20', 2)], aProgress({ next: 5 }))
  expect(totalsOf(compacted(marks)).map(({ counts }) => counts['consumed'])).toEqual([5])
})

test('a successor goes on with the days that ride in the metadata', () => {
  const first = new RollupLedger(C, [])
  const marks = first.add([counted('2026-11-20', 3)], aProgress({ next: 3 }))
  const later = new RollupLedger(C, first.days()).add([counted('2026-11-20', 4)], aProgress({ next: 7 }))
  expect(totalsOf(compacted([...marks, ...later])).map(({ counts }) => counts['consumed'])).toEqual([7])
})

test('only the days touched last ride along; one that comes back is counted under a new key, and the sum is exact', () => {
  const ledger = new RollupLedger(C, [])
  const days = ['2026-11-17', '2026-11-18', '2026-11-19', '2026-11-20', '2026-11-17', '2026-11-20']
  const marks = days.flatMap((day, i) => ledger.add([counted(day, 10)], aProgress({ next: i + 1 })))
  expect(ledger.days().map(({ day }) => day)).toEqual(['2026-11-19', '2026-11-17', '2026-11-20'])
  expect(Object.fromEntries(totalsOf(compacted(marks)).map(({ day, counts }) => [day, counts['counted']]))).toEqual({
    '2026-11-17': 20,
    '2026-11-18': 10,
    '2026-11-19': 10,
    '2026-11-20': 20,
  })
})

test('with more filter rules than the metadata has room for, the sum is exact over processes that follow one another', () => {
  const names = Array.from({ length: 200 }, (_, i) => `filtered.${String(i).padEnd(60, 'x')}`)
  const counts = { consumed: 200, ...Object.fromEntries(names.map((name) => [name, 1])) }
  const marks: LedgerMark[] = []
  let [next, metadata] = [0, encodeMetadata(aProgress({ next: 0 }))]
  for (let process = 0; process < 3; process++) {
    const ledger = new RollupLedger(C, decodeCommitted(next, metadata)?.days ?? [])
    for (const day of ['2026-11-19', '2026-11-20', '2026-11-20']) {
      next += 200
      marks.push(...ledger.add([anEntry({ branch: 'rollup', day, counts })], aProgress({ next })))
      metadata = encodeMetadata(aProgress({ next }), ledger.days())
    }
  }
  expect(totalsOf(compacted(marks)).map(({ day, counts: of }) => [day, of['consumed'], of[names[7] ?? '']])).toEqual([
    ['2026-11-19', 600, 3],
    ['2026-11-20', 1_200, 6],
  ])
  expect(new Set(marks.map(({ key }) => key)).size).toBe(6) // one for each process and day, not for each transaction
})

test('the farthest offset of the newest incarnation is the evidence, of that partition only', () => {
  const at = (incarnation: number, next: number, partition = 0) =>
    new RollupLedger(contributorKey(aPartition({ partition }), incarnation), []).add([counted('2026-11-20', 1)], aProgress({ next }))
  const values = compacted([...at(0, 900), ...at(1, 30), ...at(1, 20), ...at(1, 500, 1), ...at(7, 800, 11)])
  expect(evidenceOf(values, 'main/error-logs/0')).toEqual({ incarnation: 1, next: 30 })
  expect(evidenceOf(values, 'main/error-logs/2')).toBeNull()
})

test('a value in the topic that is not ours is passed over', () => {
  const foreign = [Buffer.from('not json'), Buffer.from('{"branch":"rollup"}')]
  expect(totalsOf(foreign)).toEqual([])
  expect(evidenceOf(foreign, 'main/error-logs/0')).toBeNull()
})
