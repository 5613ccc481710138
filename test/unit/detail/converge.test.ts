/** Converging: absolute counts for each block, whatever is flushed, lost, refused or read again. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Converger } from '../../../src/detail/converge.ts'
import type { Item } from '../../../src/stream/item.ts'
import { imbalance } from '../../../src/store/ledger.ts'
import { contributorKey, type Resume } from '../../../src/store/position.ts'
import { aPartition, changed, T0 } from '../../support/builders.ts'
import { dead, drop, ok } from '../stream/items.ts'

const P0 = aPartition()
const P1 = aPartition({ partition: 1 })
const C0 = contributorKey(P0, 0)
const C1 = contributorKey(P1, 0)
const resume = (over: Partial<Resume> = {}): Resume => ({ incarnation: 0, from: 0, next: 0, lost: null, ...over })

describe('a converger', () => {
  let converger: Converger

  beforeEach(() => {
    converger = new Converger({ blockSize: 10, rules: { digest: 'r1' }, maxLetterBytes: 10_000, now: () => T0, flushed: new Map() })
    converger.open(P0, resume())
  })

  const fold = (items: Item[], next: number, partition = P0): void => converger.fold(partition, items, next)
  const take = () => {
    const { part, progress } = converger.take()
    return {
      part,
      progress,
      said: part.documents.map(({ contributions }) =>
        contributions.map(({ contributor, block, n }) => `${contributor.at(-1)}:${block}:${n}`),
      ),
    }
  }
  const flush = () => {
    const taken = take()
    const settlement = taken.part.settle([])
    converger.acknowledge(taken.part, taken.progress)
    return { ...taken, settlement }
  }

  test("says how many of a block's events belong to a document, absolutely", () => {
    fold([ok(0), ok(1)], 2)
    expect(flush().said).toEqual([['0:0:2']])
    fold([ok(2)], 3)
    expect(flush().said).toEqual([['0:0:3']])
  })

  test('sends only what changed', () => {
    fold([ok(0), ok(1, { fp: 'v1:b' })], 2)
    flush()
    fold([ok(2)], 3)
    expect(flush().part.documents.map(({ identity }) => identity.fp)).toEqual(['v1:a'])
  })

  test('keeps one document for each job, fingerprint and window', () => {
    fold([ok(0), ok(1), ok(2, { job: 'b' }), ok(3, { fp: 'v1:b' }), ok(4, { timeMs: T0 + 60_000 })], 5)
    expect(new Set(flush().part.documents.map(({ id }) => id)).size).toBe(4)
  })

  test('lists several blocks in order', () => {
    fold([ok(8), ok(9), ok(10), ok(20), ok(21)], 22)
    expect(take().said).toEqual([['0:0:2', '0:10:1', '0:20:2']])
  })

  test('folds all partitions into one update', () => {
    converger.open(P1, resume())
    fold([ok(0)], 1)
    fold([ok(3), ok(4)], 5, P1)
    expect(take().said).toEqual([['0:0:1', '1:0:2']])
  })

  test('carries the times and sets of all its events', () => {
    fold(
      [
        ok(0, { timeMs: T0 + 5, host: 'b', message: 'x' }),
        ok(1, { timeMs: T0 + 1, host: 'a', message: 'y' }),
        ok(2, { timeMs: T0 + 9, host: null, message: 'x' }),
      ],
      3,
    )
    const [document] = take().part.documents
    expect([document?.firstMs, document?.lastMs]).toEqual([T0 + 1, T0 + 9])
    expect(document?.hosts.map(({ value }) => value).toSorted()).toEqual(['a', 'b'])
    expect(document?.messages.map(({ value }) => value).toSorted()).toEqual(['x', 'y'])
  })

  test('carries the operators, and the keys by the rules before, of those events that have them', () => {
    fold(
      [
        changed(ok(0), { operator: 'Map' }),
        changed(ok(1), { operator: 'Sink', previous: 'v1:old' }),
        changed(ok(2), { previous: 'v1:older' }),
        ok(3),
      ],
      4,
    )
    const [document] = take().part.documents
    expect(document?.operators.map(({ value }) => value).toSorted()).toEqual(['Map', 'Sink'])
    expect(document?.previous.map(({ value }) => value).toSorted()).toEqual(['v1:old', 'v1:older'])
  })

  test('the sample says where in its job it came from', () => {
    fold([changed(ok(0), { operator: 'Map -> Sink', subtask: 4 }), changed(ok(1), { operator: 'Source', subtask: 1 })], 2)
    expect(take().part.documents[0]?.sample).toMatchObject({ message: 'could not save', operator: 'Map -> Sink', subtask: 4 })
  })

  test('sends the whole event until it is acknowledged, then the identity only', () => {
    fold([ok(0)], 1)
    take() // lost on the way
    fold([ok(1)], 2)
    expect(flush().part.documents[0]?.sample?.message).toBe('could not save')
    fold([ok(2)], 3)
    const [later] = flush().part.documents
    expect(later).toMatchObject({ sample: null, identity: { job: 'orders', fp: 'v1:a' } })
    fold([ok(30)], 31)
    flush()
    fold([ok(40)], 41)
    expect(flush().part.documents[0]?.sample).toBeNull()
  })

  test('a document begun while a part is under way keeps its whole event for the next one', () => {
    fold([ok(0)], 1)
    const { part, progress } = take()
    fold([ok(1, { fp: 'v1:new' })], 2)
    converger.acknowledge(part, progress)
    expect(take().part.documents.map(({ sample }) => sample?.message)).toEqual(['could not save'])
  })

  test('forgets closed blocks once they are acknowledged, and never the open one', () => {
    fold([ok(8), ok(11)], 12)
    flush()
    fold([ok(12)], 13)
    expect(flush().said).toEqual([['0:10:2']])
  })

  test('an acknowledgement does not touch what was folded after the part was taken', () => {
    fold([ok(8)], 9)
    const { part, progress } = take()
    fold([ok(9), ok(10)], 11)
    converger.acknowledge(part, progress)
    expect(take().said).toEqual([['0:0:2', '0:10:1']])
  })

  test('a partition that did not go through keeps all its blocks', () => {
    converger.open(P1, resume())
    fold([ok(0), ok(10)], 11)
    fold([ok(0), ok(10)], 11, P1)
    const { part, progress } = take()
    converger.acknowledge(
      part,
      progress.filter(({ partition }) => partition === P1),
    )
    fold([ok(11)], 12)
    expect(take().said).toEqual([['0:0:1', '0:10:2', '1:10:1']])
  })

  test("a dropped partition takes its share with it, and nobody else's", () => {
    converger.open(P1, resume())
    fold([ok(0), ok(1, { fp: 'v1:mine' })], 2)
    fold([ok(3)], 4, P1)
    converger.drop(P0)
    const { said, progress } = take()
    expect(said).toEqual([['1:0:1']])
    expect(progress.map(({ partition }) => partition)).toEqual([P1])
  })

  test('a dropped partition leaves no weight behind', () => {
    fold([ok(0), dead(1)], 2)
    expect(converger.waitingBytes()).toBeGreaterThan(0)
    converger.drop(P0)
    expect([converger.waitingBytes(), converger.changedDocuments()]).toEqual([0, 0])
  })

  test("a partition that is opened again counts its block from the block's beginning", () => {
    fold([ok(0), ok(1)], 2)
    flush()
    converger.drop(P0)
    converger.open(P0, resume({ next: 2 }))
    fold([ok(0), ok(1), ok(2)], 3)
    expect(take().said).toEqual([['0:0:3']])
  })

  test('what lies below the opening is ignored', () => {
    converger.drop(P0)
    converger.open(P0, resume({ from: 5, next: 5 }))
    fold([ok(3), ok(4), { ...ok(5), block: 5 }], 6)
    const { said, part } = take()
    expect(said).toEqual([['0:5:1']])
    expect(part.settle([]).ledger.map(({ counts }) => counts)).toEqual([{ consumed: 1, counted: 1 }])
  })

  describe('positions', () => {
    const cases = [
      { fact: 'name the open block', next: 13, from: 10 },
      { fact: "at a block's end open the next", next: 20, from: 20 },
    ]
    test.each(cases)('$fact', ({ next, from }) => {
      fold([ok(0)], next)
      expect(take().progress).toEqual([{ partition: P0, incarnation: 0, next, from, rules: 'r1' }])
    })

    test('move without any event, too', () => {
      fold([], 7)
      expect(take().progress).toMatchObject([{ next: 7 }])
    })

    test('do not move while an open block is read again below what is committed', () => {
      converger.drop(P0)
      converger.open(P0, resume({ from: 0, next: 6 }))
      fold([ok(0), ok(1)], 6)
      expect(take().progress).toEqual([])
      fold([ok(6)], 7)
      expect(take().progress).toMatchObject([{ next: 7, from: 0 }])
    })

    test('move past a lost range even if nothing is read', () => {
      converger.drop(P0)
      converger.open(P0, resume({ from: 30, next: 30, lost: { from: 22, to: 30, reason: 'expired' } }))
      const { progress, part } = take()
      expect(progress).toMatchObject([{ next: 30, from: 30 }])
      expect(part.settle([]).ledger).toMatchObject([{ block: 22, counts: { consumed: 8, expired: 8 } }])
    })
  })

  describe('the account', () => {
    test('is absolute for the open block, and letters are written once', () => {
      fold([ok(0), drop(1), dead(2)], 3)
      expect(flush().settlement).toMatchObject({
        ledger: [{ contributor: C0, block: 0, next: 3, counts: { consumed: 3 } }],
        letters: [{ offset: 2 }],
      })
      fold([ok(3)], 4)
      expect(flush().settlement).toMatchObject({
        ledger: [{ block: 0, counts: { consumed: 4, counted: 2, 'filtered.level': 1, 'dead.not_json': 1 } }],
        letters: [],
      })
    })

    test('letters below what is committed are not written again while an open block is', () => {
      converger.drop(P0)
      converger.open(P0, resume({ next: 5 }))
      fold([dead(2), dead(5)], 6)
      expect(flush().settlement).toMatchObject({ letters: [{ offset: 5 }], ledger: [{ counts: { consumed: 2, 'dead.not_json': 2 } }] })
    })

    test('a part that was lost gives its letters again', () => {
      fold([dead(2)], 3)
      take()
      fold([ok(3)], 4)
      expect(flush().settlement.letters).toMatchObject([{ offset: 2 }])
    })
  })

  describe('a refused document', () => {
    const refuse = (expired = false) => {
      const taken = take()
      const refusals = taken.part.documents
        .filter(({ identity }) => identity.fp === 'v1:bad')
        .map(({ id }) => ({ id, detail: 'mapping', expired }))
      const settlement = taken.part.settle(refusals)
      converger.acknowledge(taken.part, taken.progress)
      return { ...taken, settlement, refusals }
    }
    const bad = (offset: number): Item => ok(offset, { fp: 'v1:bad' })

    test('is a letter that stands for its events of the block, at the place of the first; the ledger says dead', () => {
      fold([ok(0), bad(1), bad(2), ok(3)], 4)
      const { settlement } = refuse()
      expect(settlement.letters).toMatchObject([
        { id: `${C0}@1#0:store:detail`, events: 2, reason: 'refused_by_store', detail: 'mapping', job: 'orders', offset: 1 },
      ])
      expect(settlement.ledger).toMatchObject([{ counts: { consumed: 4, counted: 2, 'dead.refused_by_store': 2 } }])
      expect(settlement.ledger.map(({ counts }) => imbalance(counts))).toEqual([0])
    })

    test('stays refused within the block: it is not sent again, and its letter grows', () => {
      fold([bad(1)], 2)
      refuse()
      fold([bad(2), ok(3)], 4)
      const { part, settlement } = refuse()
      expect(part.documents.map(({ identity }) => identity.fp)).toEqual(['v1:a'])
      expect(settlement.letters).toMatchObject([{ offset: 1, events: 2 }])
      expect(settlement.ledger).toMatchObject([{ counts: { consumed: 3, counted: 1, 'dead.refused_by_store': 2 } }])
    })

    test('is tried again in a new block, with its whole event', () => {
      fold([bad(1), ok(10)], 11)
      refuse()
      fold([bad(12)], 13)
      expect(take().part.documents.map(({ identity, sample }) => [identity.fp, sample?.message])).toEqual([['v1:bad', 'could not save']])
    })

    test('whose window is too old is expired, and no letter', () => {
      fold([bad(1), bad(2)], 3)
      const { settlement } = refuse(true)
      expect(settlement.letters).toEqual([])
      expect(settlement.ledger).toMatchObject([{ counts: { consumed: 2, counted: 0, expired: 2 } }])
    })

    test('is settled alike however often the store asks', () => {
      fold([ok(0), bad(1)], 2)
      const { part } = take()
      const refusals = part.documents
        .filter(({ identity }) => identity.fp === 'v1:bad')
        .map(({ id }) => ({ id, detail: 'mapping', expired: false }))
      expect(part.settle(refusals)).toEqual(part.settle(refusals))
    })

    test("is settled for each partition with that partition's position", () => {
      converger.open(P1, resume({ from: 0, next: 9 })) // reads its open block again
      fold([bad(1)], 2)
      fold([bad(3)], 4, P1)
      const { settlement } = refuse()
      expect(settlement.letters.map(({ partition, events }) => [partition, events])).toEqual([[P0, 1]])
      fold([bad(9)], 10, P1)
      const later = refuse()
      expect(later.settlement.letters).toMatchObject([{ partition: P1, offset: 3, events: 2 }])
      expect(later.settlement.ledger).toMatchObject([{ contributor: C1, counts: { consumed: 2, counted: 0, 'dead.refused_by_store': 2 } }])
    })
  })
})
