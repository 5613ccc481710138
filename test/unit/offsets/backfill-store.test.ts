/** What a backfill says in the ledger where the log has passed it before it was through. */
import type { Message, Producer } from 'kafkajs'
import { beforeEach, expect, test } from 'vitest'
import type { KafkaClient } from '../../../src/kafka/client.ts'
import { foldReplays } from '../../../src/dlq/ledger.ts'
import { backfillLine } from '../../../src/offsets/backfill-lines.ts'
import { BackfillStore } from '../../../src/offsets/backfill-store.ts'
import { isBalanced, type LedgerEntry } from '../../../src/store/ledger.ts'
import { contributorKey, type BranchName } from '../../../src/store/position.ts'
import { marksOf, type Backfill } from '../../../src/store/skipped.ts'
import { NAMES, OnePartition, P } from './one-partition.ts'

const DAY = '2026-11-20'
const CONTRIBUTOR = contributorKey(P, 0)
const begun = (branch: BranchName, over: Partial<Backfill> = {}): Backfill => ({
  branch,
  contributor: CONTRIBUTOR,
  from: 100,
  to: 900,
  day: DAY,
  block: 400,
  next: 460,
  rules: 'r',
  ...over,
})

/** In order: entries of the detail ledger, and what was committed to topics. */
let written: (readonly LedgerEntry[] | readonly Message[])[]

beforeEach(() => {
  written = []
})

function store(branch: BranchName): BackfillStore {
  const transaction = { send: async ({ messages }: { messages: Message[] }) => void written.push(messages), commit: async () => {} }
  const producer = { connect: async () => {}, transaction: async () => transaction, disconnect: async () => {} } as unknown as Producer // as far as it is used
  const kafka = { producer: () => producer } as unknown as KafkaClient
  const documents = { merge: async () => [], writeLedger: async (entries: readonly LedgerEntry[]) => void written.push(entries) }
  return new BackfillStore(
    { kafka, admin: new OnePartition().admin, names: NAMES, documents, transactionTimeoutMs: 10_000, blockSize: 100 },
    branch,
    P,
  )
}

test('cut within a block, what was counted of that block is skipped no longer; said before the mark, and as often as it is cut', async () => {
  const signal = new AbortController().signal
  await store('detail').cut(begun('detail'), signal)
  await store('detail').cut(begun('detail'), signal)
  const [entries, messages, again] = written as [LedgerEntry[], Message[], LedgerEntry[]]
  expect(again).toEqual(entries)
  expect(marksOf(messages.map(({ value }) => value as string).map((value) => Buffer.from(value))).backfills).toMatchObject([
    { from: 100, to: 460, next: 460 },
  ])

  const line = (contributor: string, counts: Record<string, number>) => ({ branch: 'detail' as const, contributor, day: DAY, counts })
  const closed = line(`${CONTRIBUTOR}~unskipped-100`, { consumed: -300, skipped: -300 })
  const [folded] = foldReplays([
    line(CONTRIBUTOR, { consumed: 800, skipped: 800 }),
    line(backfillLine(begun('detail')), { consumed: 360, counted: 360 }),
    closed,
    ...entries,
  ])
  expect(folded?.counts).toEqual({ consumed: 800, counted: 360, skipped: 440 })
  expect(isBalanced(folded?.counts ?? {})).toBe(true)
})

test('cut at the end of a block, or of the rollup branch, whose transactions have said it: only the mark', async () => {
  const signal = new AbortController().signal
  await store('detail').cut(begun('detail', { block: 460 }), signal)
  await store('rollup').cut(begun('rollup'), signal)
  expect(written.map(([first]) => first !== undefined && 'key' in first)).toEqual([true, true])
})
