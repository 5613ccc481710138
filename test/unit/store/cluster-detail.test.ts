/** Where the detail branch goes on in cluster mode, when a kill has left its ledger ahead of its committed position. */
import type { Producer } from 'kafkajs'
import { beforeEach, expect, test } from 'vitest'
import { ClusterDetailStore } from '../../../src/store/cluster-detail.ts'
import type { ExpiredPositionPolicy } from '../../../src/store/resume.ts'
import { aLetter, aProgress } from '../../support/builders.ts'
import { NAMES, OnePartition, P } from '../offsets/one-partition.ts'

const RULES = 'rules-in-force'
let log: OnePartition
let opened: { readonly next: number }[]

beforeEach(() => {
  log = new OnePartition()
  log.committed.set(NAMES.detailGroup, aProgress({ partition: P, from: 1_000, next: 1_000, rules: RULES }))
  opened = []
})

function storeOf({
  expired,
  skipTo,
  letterProducer = {} as Producer, // nothing is sent
}: { expired?: ExpiredPositionPolicy; skipTo?: number; letterProducer?: Producer } = {}) {
  return new ClusterDetailStore({
    documents: { ...log.documents, merge: async () => [], writeLedger: async () => {} },
    admin: log.admin,
    letterProducer,
    names: NAMES,
    rules: { digest: RULES },
    lostPosition: 'stop',
    ...(expired === undefined ? {} : { expiredPosition: expired }),
    bounds: async () => log.bounds,
    commitOpening: async (progress) => void opened.push(...progress),
    commitOffsets: null,
    skipTo: () => skipTo ?? null,
  })
}

function open(over: { expired?: ExpiredPositionPolicy; skipTo?: number } = {}) {
  return storeOf(over).open(P, new AbortController().signal)
}

test('what expired is lost from where the ledger ends, so that no offset is in it twice', async () => {
  log.bounds = { begin: 1_500, end: 5_000 }
  log.evidence = { incarnation: 0, next: 1_200 }
  expect(await open()).toEqual({
    incarnation: 0,
    from: 1_500,
    next: 1_500,
    lost: { from: 1_200, to: 1_500, reason: 'expired' },
    epoch: '1500-rules-in',
  })
  expect(opened).toEqual([])
})

test("a lost range that was written and not committed is not written again when the log's beginning has moved on", async () => {
  log.bounds = { begin: 1_800, end: 5_000 }
  log.evidence = { incarnation: 0, next: 1_500 } // by the entry of the range before
  expect((await open()).lost).toEqual({ from: 1_500, to: 1_800, reason: 'expired' })
})

test("where the ledger is past the log's beginning nothing is lost, and it goes on where the ledger ends", async () => {
  log.bounds = { begin: 1_500, end: 5_000 }
  log.evidence = { incarnation: 0, next: 1_600 }
  expect(await open()).toMatchObject({ from: 1_600, next: 1_600, lost: null })
  expect(opened).toMatchObject([{ next: 1_600 }])
})

test('to skip what is left instead is recorded from there, too, or a backfill would count it again', async () => {
  log.bounds = { begin: 1_500, end: 5_000 }
  log.evidence = { incarnation: 0, next: 1_200 }
  expect((await open({ expired: 'latest' })).lost).toEqual({ from: 1_200, to: 5_000, reason: 'skipped' })
})

test('what an operator skips begins behind the ledger, with what expired before it', async () => {
  log.evidence = { incarnation: 0, next: 1_200 }
  expect((await open({ skipTo: 3_000 })).lost).toEqual({ from: 1_200, to: 3_000, reason: 'skipped' })
  log.bounds = { begin: 1_500, end: 5_000 }
  expect((await open({ skipTo: 3_000 })).lost).toEqual({ from: 1_200, to: 3_000, reason: 'skipped' })
})

test('the ledger of another incarnation says nothing', async () => {
  log.bounds = { begin: 1_500, end: 5_000 }
  log.evidence = { incarnation: 3, next: 1_200 }
  expect((await open()).lost).toEqual({ from: 1_000, to: 1_500, reason: 'expired' })
})

test.each([
  ['a record ahead of the clock, whose time will come', { reason: 'clock' }, true],
  ['a document that was refused, and may be taken later', { stage: 'store', branch: 'detail', reason: 'refused_by_store' }, true],
  ['a record that nobody can decode', { reason: 'not_json' }, false],
] as const)('whether the blocks with a letter may be read again: %s', async (_, over, needsNewBlocks) => {
  const producer = { connect: async () => {}, send: async () => [] } as unknown as Producer
  const store = storeOf({ letterProducer: producer })
  const part = { documents: [], settle: () => ({ ledger: [], letters: [aLetter(over)], progress: [] }) }
  expect(await store.commit(part, new AbortController().signal)).toMatchObject({ needsNewBlocks })
})
