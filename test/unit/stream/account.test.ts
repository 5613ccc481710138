/** The account of a partition: always in balance, absolute for each block, letters written once. */
import { expect, test } from 'vitest'
import { PartitionAccount } from '../../../src/stream/account.ts'
import { imbalance } from '../../../src/store/ledger.ts'
import { dead, drop, ok } from './items.ts'

function anAccount(): PartitionAccount {
  const account = new PartitionAccount('detail', 'main/error-logs/0/0')
  for (const item of [ok(0), drop(1), dead(2), ok(9), ok(10), dead(11)]) account.add(item)
  return account
}

test('every block says what became of its events, and is in balance', () => {
  const entries = anAccount().snapshot(12).entries([])
  expect(entries.map(({ block, counts }) => ({ block, counts }))).toEqual([
    { block: 0, counts: { consumed: 4, counted: 2, 'filtered.level': 1, 'dead.not_json': 1 } },
    { block: 10, counts: { consumed: 2, counted: 1, 'dead.not_json': 1 } },
  ])
  for (const { counts, next } of entries) expect([imbalance(counts), next]).toEqual([0, 12])
})

test('a lost range is consumed and accounted for, before anything is read', () => {
  const account = new PartitionAccount('rollup', 'c')
  account.addLost({ from: 500, to: 700, reason: 'skipped' }, '2026-11-20')
  expect(account.snapshot(700).entries([])).toEqual([
    { branch: 'rollup', contributor: 'c', day: '2026-11-20', block: 500, next: 700, counts: { consumed: 200, skipped: 200 } },
  ])
})

test('what a store refused moves out of `counted`, in its own block, and the balance stays', () => {
  const snapshot = anAccount().snapshot(12)
  const moved = snapshot.entries([{ block: 0, n: 2, to: 'dead.refused_by_store' }])
  expect(moved.map(({ counts }) => counts)).toEqual([
    { consumed: 4, counted: 0, 'filtered.level': 1, 'dead.not_json': 1, 'dead.refused_by_store': 2 },
    { consumed: 2, counted: 1, 'dead.not_json': 1 },
  ])
  for (const { counts } of moved) expect(imbalance(counts)).toBe(0)
})

test('asking twice moves once', () => {
  const snapshot = anAccount().snapshot(12)
  const moves = [{ block: 10, n: 1, to: 'expired' }]
  expect(snapshot.entries(moves)).toEqual(snapshot.entries(moves))
})

test('a snapshot does not change with what is added later', () => {
  const account = anAccount()
  const snapshot = account.snapshot(12)
  account.add(ok(12))
  expect(snapshot.entries([]).at(-1)?.counts['consumed']).toBe(2)
})

test("an acknowledged commit takes closed blocks and written letters away, never the open block's counts", () => {
  const account = anAccount()
  account.acknowledge(11, 10)
  const { letters, entries } = account.snapshot(12)
  expect(entries([]).map(({ block, counts }) => [block, counts['consumed']])).toEqual([[10, 2]])
  expect(letters.map(({ offset }) => offset)).toEqual([11])
})

test('letters that wait weigh what they hold, and nothing once they are written', () => {
  const account = anAccount()
  expect(account.waitingBytes()).toBeGreaterThan(2 * 500)
  account.acknowledge(12, 10)
  expect(account.waitingBytes()).toBe(0)
})
