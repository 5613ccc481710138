/** What is committed beside an offset: it comes back, a stranger's is told apart, and it always fits into what a broker takes. */
import { expect, test } from 'vitest'
import { decodeCommitted, encodeMetadata, type OpenDay } from '../../../src/kafka/commit-metadata.ts'
import { RollupLedger } from '../../../src/store/rollup-ledger.ts'
import { anEntry, aProgress } from '../../support/builders.ts'

/** The broker's default of offset.metadata.max.bytes. */
const MAX_BYTES = 4_096

const progress = aProgress({ incarnation: 2, from: 4_000, next: 4_321, rules: 'a1b2c3d4' })

test('position and open days come back as they were', () => {
  const days: OpenDay[] = [{ day: '2026-11-20', since: 12, counts: { consumed: 5, counted: 4, 'filtered.level': 1 } }]
  expect(decodeCommitted(4_321, encodeMetadata(progress, days))).toEqual({
    incarnation: 2,
    next: 4_321,
    from: 4_000,
    rules: 'a1b2c3d4',
    epoch: '',
    days,
  })
  expect(decodeCommitted(4_321, encodeMetadata(progress))).toEqual({
    incarnation: 2,
    next: 4_321,
    from: 4_000,
    rules: 'a1b2c3d4',
    epoch: '',
    days: [],
  })
  expect(decodeCommitted(4_321, encodeMetadata({ ...progress, epoch: '4000-a1b2c3d4' }))).toMatchObject({ epoch: '4000-a1b2c3d4' })
})

const foreign: readonly [string, string | null][] = [
  ['none', null],
  ["empty, as Kafka's own tools write it", ''],
  ['text', 'reset by ops'],
  ['JSON of somebody else', '{"offset":17}'],
  ['a version to come', encodeMetadata(progress).replace('"v":1', '"v":2')],
  ['cut off', encodeMetadata(progress).slice(0, 20)],
  ['numbers that cannot be', encodeMetadata(progress).replace('4000', '-1')],
]
test.each(foreign)('metadata that is %s is not taken for ours', (_, metadata) => {
  expect(decodeCommitted(17, metadata)).toBeNull()
})

test('days that would not fit stay behind, the oldest first; a day that is too large by itself stays behind alone', () => {
  const manyRules = (rules: number) =>
    Object.fromEntries(Array.from({ length: rules }, (_, i) => [`filtered.${String(i).padEnd(60, 'x')}`, 12_345]))
  const days = (...rules: number[]) => rules.map((n, i): OpenDay => ({ day: `2026-11-1${i}`, since: 12, counts: manyRules(n) }))
  const kept = (all: OpenDay[]) => {
    const text = encodeMetadata(progress, all)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BYTES)
    return decodeCommitted(4_321, text)?.days.map(({ day }) => day)
  }
  expect(kept(days(10, 10, 10))).toEqual(['2026-11-10', '2026-11-11', '2026-11-12'])
  expect(kept(days(25, 25, 25))).toEqual(['2026-11-11', '2026-11-12'])
  expect(kept(days(1, 200, 1))).toEqual(['2026-11-12'])
  expect(kept(days(1, 1, 200))).toEqual([])
})

test('the largest ledger that can ride along fits into what a broker takes', () => {
  const reasons = ['empty', 'not_json', 'truncated', 'not_utf8', 'too_large', 'unknown_layout', 'clock', 'refused_by_store'].map(
    (reason) => `dead.${reason}`,
  )
  const names = [
    'consumed',
    'counted',
    'expired',
    'skipped',
    'filtered.tombstone',
    'filtered.level',
    'filtered.rule',
    'filtered.sampled',
    ...reasons,
  ]
  const counts = Object.fromEntries(names.map((name) => [name, Number.MAX_SAFE_INTEGER]))
  const at = { ...progress, incarnation: 2 ** 31, from: Number.MAX_SAFE_INTEGER, next: Number.MAX_SAFE_INTEGER, rules: 'f'.repeat(64) }
  const ledger = new RollupLedger('main/error-logs/0/0', [])
  for (let day = 10; day < 20; day++) ledger.add([anEntry({ day: `2026-11-${day}`, counts })], at)
  expect(Buffer.byteLength(encodeMetadata(at, ledger.days()))).toBeLessThan(MAX_BYTES)
})
