/**
 * A process that was killed between a flush and its commit has left marks that its successor knows nothing of. By other rules (here: another block size)
 * what it had flushed may be counted twice, and nothing may be hidden by its marks.
 */
import { expect, test } from 'vitest'
import { Converger } from '../../../src/detail/converge.ts'
import type { Item } from '../../../src/stream/item.ts'
import type { DocumentUpdate } from '../../../src/store/detail-store.ts'
import { blockOf, contributorKey, incarnationOf, withoutEpoch, type Resume } from '../../../src/store/position.ts'
import { epochOf, resumeAt, type Committed } from '../../../src/store/resume.ts'
import { aPartition } from '../../support/builders.ts'
import { aGrouped } from '../stream/items.ts'

const p = aPartition()
const FIRST: Resume = { incarnation: 0, from: 0, next: 0, lost: null, epoch: '' }

function converger(blockSize: number, rules: { digest: string }, resume: Resume): Converger {
  const made = new Converger({ blockSize, rules, now: () => 0, maxLetterBytes: 100, flushed: { has: () => false, set: () => undefined } })
  made.open(p, resume)
  return made
}

function items(from: number, to: number, blockSize: number, openedAt: number): Item[] {
  return Array.from({ length: to - from }, (_, i) => ({
    kind: 'ok',
    offset: from + i,
    index: 0,
    block: blockOf(from + i, openedAt, blockSize),
    day: '2026-11-20',
    value: aGrouped(),
  }))
}

/** The one document there is, by the merge law. */
function aDocument(): { count: number; merge(updates: readonly DocumentUpdate[]): void } {
  const marks = new Map<string, { block: number; n: number }>()
  const document = {
    count: 0,
    merge: (updates: readonly DocumentUpdate[]) => {
      for (const { contributor, block, n } of updates.flatMap(({ contributions }) => contributions)) {
        const mark = marks.get(contributor) ?? { block: -1, n: 0 }
        if (block < mark.block || (block === mark.block && n <= mark.n)) continue
        document.count += block === mark.block ? n - mark.n : n
        marks.set(contributor, { block, n })
      }
    },
  }
  return document
}

function goOn(committed: Committed, rules: string): Resume {
  const resume = resumeAt(committed, { begin: 0, end: 2_000 }, rules)
  return { ...resume, epoch: epochOf(resume, committed, rules) }
}

/** Commits 1,300 events in blocks of 700, flushes 150 more, of which 50 lie in the next block, and is killed. */
function killedAfterFlush(document: ReturnType<typeof aDocument>): Committed {
  const first = converger(700, { digest: 'rules-a' }, FIRST)
  first.fold(p, items(0, 1_300, 700, 0), 1_300)
  const { part, progress } = first.take()
  document.merge(part.documents)
  first.acknowledge(part, progress)
  first.fold(p, items(1_300, 1_450, 700, 0), 1_450)
  document.merge(first.take().part.documents)
  return progress[0] as Committed // of the one partition
}

function readRest(document: ReturnType<typeof aDocument>, blockSize: number, rules: string, resume: Resume): void {
  const second = converger(blockSize, { digest: rules }, resume)
  second.fold(p, items(resume.from, 2_000, blockSize, resume.from), 2_000)
  document.merge(second.take().part.documents)
}

test('by another block size nothing is lost, and only what was flushed and not committed is counted twice', () => {
  const document = aDocument()
  const committed = killedAfterFlush(document)
  readRest(document, 450, 'rules-b', goOn(committed, 'rules-b'))
  expect(document.count).toBe(2_000 + 150)
})

test('by the same rules everything is counted once', () => {
  const document = aDocument()
  const committed = killedAfterFlush(document)
  readRest(document, 700, 'rules-a', goOn(committed, 'rules-a'))
  expect(document.count).toBe(2_000)
})

test('other rules while it runs are an epoch of their own, for a process that lost the partition may still write what it holds', () => {
  const rules = { digest: 'rules-a' }
  const live = converger(700, rules, FIRST)
  live.fold(p, items(0, 1_300, 700, 0), 1_300)
  const { part, progress } = live.take()
  live.acknowledge(part, progress)
  rules.digest = 'rules-b'
  live.openBlock(p)
  expect(live.take().progress).toMatchObject([{ from: 1_300, next: 1_300, rules: 'rules-b', epoch: '1300-rules-b' }])
})

test('new blocks by the same rules stay in their epoch, and a store without epochs is given none', () => {
  for (const epoch of ['700-rules-a', undefined]) {
    const live = converger(
      700,
      { digest: 'rules-a' },
      { incarnation: 0, from: 700, next: 700, lost: null, ...(epoch === undefined ? {} : { epoch }) },
    )
    live.openBlock(p)
    expect(live.take().progress.map((progress) => progress.epoch)).toEqual([epoch])
  }
})

test('a contributor tells its incarnation, and epochs have the contributor without one in common', () => {
  const plain = contributorKey(p, 12)
  const late = contributorKey(p, 12, '1300-0a1b2c3d')
  expect([incarnationOf(plain), incarnationOf(late)]).toEqual([12, 12])
  expect(late).not.toBe(plain)
  expect([withoutEpoch(plain), withoutEpoch(late)]).toEqual([plain, plain])
  const odd = contributorKey(aPartition({ topic: 'a.b', cluster: 'c.d' }), 0)
  expect(withoutEpoch(odd)).toBe(odd)
})
