/** When a dead letter may be replayed: not while a record that it stands for may be read once more. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Settled } from '../../../src/dlq/settled.ts'
import type { Backfill } from '../../../src/store/skipped.ts'
import { contributorKey } from '../../../src/store/position.ts'
import { aLetter, aProgress } from '../../support/builders.ts'
import { NAMES, OnePartition, P } from '../offsets/one-partition.ts'

let log: OnePartition
let backfills: Backfill[]

beforeEach(() => {
  log = new OnePartition()
  log.committed.set(NAMES.detailGroup, aProgress({ partition: P, from: 2_000, next: 2_500, rules: 'r' }))
  log.committed.set(NAMES.rollupGroup, aProgress({ partition: P, from: 2_000, next: 2_400, rules: 'r' }))
  backfills = []
})

function isSettled(stage: 'decode' | 'store', offset: number, incarnation = 0): Promise<boolean> {
  const admin = { ...log.admin, listTopics: async () => [P.topic] }
  const settled = new Settled({
    admin,
    names: NAMES,
    clusterId: async () => P.cluster,
    evidence: async () => log.evidence,
    backfills: async () => backfills,
  })
  return settled.isSettled(aLetter({ stage, branch: stage === 'store' ? 'detail' : null, partition: P, offset, incarnation }))
}

test('a letter of decoding, once both branches have committed past it; one of the store, once its block is closed', async () => {
  expect(await Promise.all([isSettled('decode', 2_399), isSettled('decode', 2_400)])).toEqual([true, false])
  expect(await Promise.all([isSettled('store', 1_999), isSettled('store', 2_000)])).toEqual([true, false])
})

describe('a refused document of a backfill', () => {
  const begun: Backfill = {
    branch: 'detail',
    contributor: contributorKey(P, 0),
    from: 500,
    to: 1_000,
    day: '2026-11-20',
    block: 700,
    next: 760,
    rules: 'r',
  }

  test('is open with its block: a restart sends the document again', async () => {
    backfills = [begun]
    expect(await Promise.all([699, 700, 750, 999, 1_000].map((offset) => isSettled('store', offset)))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ])
    expect(await isSettled('decode', 750)).toBe(true)
  })

  test('is settled once the backfill is through', async () => {
    backfills = [{ ...begun, block: 1_000, next: 1_000 }]
    expect(await isSettled('store', 999)).toBe(true)
  })

  test('of the other branch, another partition or a topic that is gone has nothing to do with it', async () => {
    backfills = [
      { ...begun, branch: 'rollup' },
      { ...begun, contributor: contributorKey({ ...P, partition: 1 }, 0) },
    ]
    expect(await isSettled('store', 750)).toBe(true)
    log.committed.set(NAMES.detailGroup, aProgress({ partition: P, incarnation: 1, from: 0, next: 10, rules: 'r' }))
    backfills = [begun]
    expect(await isSettled('store', 750)).toBe(true)
  })
})

test('where an offset was set with other tools, what the ledger accounts for is settled', async () => {
  log.committed.set(NAMES.detailGroup, { offset: 40 })
  log.evidence = { incarnation: 0, next: 2_100 }
  expect(await Promise.all([isSettled('store', 2_099), isSettled('store', 2_100)])).toEqual([true, false])
})
