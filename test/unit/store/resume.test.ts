/** Where a branch goes on: every case of store/resume.ts, and how blocks are named. */
import { describe, expect, test } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import { blockOf, type Resume } from '../../../src/store/position.ts'
import {
  epochOf,
  resumeAt,
  resumeByHand,
  resumeWithout,
  skippedTo,
  type Committed,
  type Evidence,
  type LostPositionPolicy,
} from '../../../src/store/resume.ts'
import { aPartition } from '../../support/builders.ts'

const committed = (over = {}) => ({ incarnation: 2, next: 2_500, from: 2_000, rules: 'r1', ...over })

describe('with a committed offset', () => {
  const cases = [
    {
      fact: 'the same rules read the open block again',
      at: committed(),
      begin: 0,
      end: 9_000,
      rules: 'r1',
      resume: { incarnation: 2, from: 2_000, next: 2_500, lost: null },
    },
    {
      fact: 'other rules open a new block at the offset',
      at: committed(),
      begin: 0,
      end: 9_000,
      rules: 'r2',
      resume: { incarnation: 2, from: 2_500, next: 2_500, lost: null },
    },
    {
      fact: 'a block whose beginning has expired is not rebuilt',
      at: committed(),
      begin: 2_001,
      end: 9_000,
      rules: 'r1',
      resume: { incarnation: 2, from: 2_500, next: 2_500, lost: null },
    },
    {
      fact: 'a log that begins with the open block still rebuilds it',
      at: committed(),
      begin: 2_000,
      end: 9_000,
      rules: 'r1',
      resume: { incarnation: 2, from: 2_000, next: 2_500, lost: null },
    },
    {
      fact: 'a log that begins at the offset has lost nothing',
      at: committed(),
      begin: 2_500,
      end: 9_000,
      rules: 'r1',
      resume: { incarnation: 2, from: 2_500, next: 2_500, lost: null },
    },
    {
      fact: 'what expired before it was read is a lost range',
      at: committed(),
      begin: 2_700,
      end: 9_000,
      rules: 'r1',
      resume: { incarnation: 2, from: 2_700, next: 2_700, lost: { from: 2_500, to: 2_700, reason: 'expired' } },
    },
    {
      fact: 'a log that ends at the offset is the same log',
      at: committed(),
      begin: 0,
      end: 2_500,
      rules: 'r1',
      resume: { incarnation: 2, from: 2_000, next: 2_500, lost: null },
    },
    {
      fact: 'a log that ends before the offset is another one',
      at: committed(),
      begin: 0,
      end: 2_499,
      rules: 'r1',
      resume: { incarnation: 3, from: 0, next: 0, lost: null },
    },
    {
      fact: 'a new log is read from where it begins',
      at: committed(),
      begin: 7,
      end: 90,
      rules: 'r1',
      resume: { incarnation: 3, from: 7, next: 7, lost: null },
    },
    {
      fact: 'an empty log whose records all expired is the same log',
      at: committed(),
      begin: 2_500,
      end: 2_500,
      rules: 'r1',
      resume: { incarnation: 2, from: 2_500, next: 2_500, lost: null },
    },
    {
      fact: 'metadata that claims a block past the offset is not believed',
      at: committed({ from: 2_600 }),
      begin: 0,
      end: 9_000,
      rules: 'r1',
      resume: { incarnation: 2, from: 2_500, next: 2_500, lost: null },
    },
  ]
  test.each(cases)('$fact', ({ at, begin, end, rules, resume }) => {
    expect(resumeAt(at, { begin, end }, rules)).toEqual(resume)
  })
})

describe('without a committed offset', () => {
  const seen: Evidence = { incarnation: 1, next: 500 }
  const cases: readonly {
    fact: string
    evidence: Evidence | null
    begin: number
    end: number
    policy: LostPositionPolicy
    resume: object
  }[] = [
    {
      fact: "a store that knows nothing of the partition starts at the log's beginning",
      evidence: null,
      begin: 30,
      end: 900,
      policy: 'stop',
      resume: { incarnation: 0, from: 30, next: 30, lost: null },
    },
    {
      fact: 'a log that ends before what the store knows is another one, and needs no choice',
      evidence: seen,
      begin: 0,
      end: 499,
      policy: 'stop',
      resume: { incarnation: 2, from: 0, next: 0, lost: null },
    },
    {
      fact: "recover goes on where the store's data end",
      evidence: seen,
      begin: 0,
      end: 900,
      policy: 'recover',
      resume: { incarnation: 1, from: 500, next: 500, lost: null },
    },
    {
      fact: 'recover says what has expired meanwhile',
      evidence: seen,
      begin: 600,
      end: 900,
      policy: 'recover',
      resume: { incarnation: 1, from: 600, next: 600, lost: { from: 500, to: 600, reason: 'expired' } },
    },
    {
      fact: 'earliest counts the log anew, as another incarnation',
      evidence: seen,
      begin: 10,
      end: 900,
      policy: 'earliest',
      resume: { incarnation: 2, from: 10, next: 10, lost: null },
    },
    {
      fact: 'latest skips what came since, and says so',
      evidence: seen,
      begin: 0,
      end: 900,
      policy: 'latest',
      resume: { incarnation: 1, from: 900, next: 900, lost: { from: 500, to: 900, reason: 'skipped' } },
    },
    {
      fact: 'latest with nothing since skips nothing',
      evidence: seen,
      begin: 0,
      end: 500,
      policy: 'latest',
      resume: { incarnation: 1, from: 500, next: 500, lost: null },
    },
  ]
  test.each(cases)('$fact', ({ evidence, begin, end, policy, resume }) => {
    expect(resumeWithout(aPartition(), evidence, { begin, end }, policy)).toEqual(resume)
  })

  test('nothing is read where an operator must choose, and the error names the choices', () => {
    const open = () => resumeWithout(aPartition(), seen, { begin: 0, end: 900 }, 'stop')
    expect(open).toThrow(TracefoldError)
    expect(open).toThrow(/main\/error-logs\/0.*offset 500.*kafka\.lostPosition.*recover.*earliest.*latest/)
  })
})

describe('where the log begins behind the committed offset', () => {
  const log = { begin: 2_700, end: 3_100 }
  test('it may be skipped to the end, which is recorded', () => {
    expect(resumeAt(committed(), log, 'r1', 'latest')).toEqual({
      incarnation: 2,
      from: 3_100,
      next: 3_100,
      lost: { from: 2_500, to: 3_100, reason: 'skipped' },
    })
  })
  test('it may be refused, with the choices', () => {
    expect(() => resumeAt(committed(), log, 'r1', 'stop')).toThrow(/begins at offset 2700.*kafka\.expiredPosition/s)
    expect(resumeAt(committed(), { begin: 2_500, end: 3_100 }, 'r1', 'stop').lost).toBeNull()
  })
})

describe('an epoch', () => {
  const at = (over: Partial<Resume> = {}): Resume => ({ incarnation: 2, from: 2_000, next: 2_500, lost: null, ...over })
  const gap = { from: 2_500, to: 2_700, reason: 'expired' as const }
  const cases: readonly { fact: string; resume: Resume; before: Committed | Evidence | null; epoch: string }[] = [
    { fact: 'has no name at first', resume: at(), before: null, epoch: '' },
    { fact: 'goes on by the same rules', resume: at(), before: committed({ epoch: '700-r1' }), epoch: '700-r1' },
    { fact: 'goes on where its metadata are from before there were epochs', resume: at(), before: committed(), epoch: '' },
    { fact: 'ends with its rules', resume: at({ from: 2_500 }), before: committed({ epoch: '700-r0', rules: 'r0' }), epoch: '2500-r1' },
    {
      fact: 'ends where a range is lost, or the marks behind the gap would hide it from the ledger',
      resume: at({ from: 2_700, next: 2_700, lost: gap }),
      before: committed(),
      epoch: '2700-r1',
    },
    {
      fact: 'ends where its open block cannot be read again from its beginning',
      resume: at({ from: 2_500 }),
      before: committed(),
      epoch: '2500-r1',
    },
    {
      fact: "ends where only the store's own data say how far it was",
      resume: at({ from: 2_500 }),
      before: { incarnation: 2, next: 2_500 },
      epoch: '2500-r1',
    },
    { fact: 'is over in another incarnation', resume: at({ incarnation: 3 }), before: committed({ epoch: '700-r1' }), epoch: '' },
  ]
  test.each(cases)('$fact', ({ resume, before, epoch }) => {
    expect(epochOf(resume, before, 'r1')).toBe(epoch)
  })
})

describe('a block', () => {
  const cases = [
    { fact: 'begins at the multiple at or below its offsets', offset: 4_321, openedAt: 0, block: 4_000 },
    { fact: 'holds its own first offset', offset: 4_000, openedAt: 0, block: 4_000 },
    { fact: 'begins where the reading was opened, if that lies past the multiple', offset: 4_321, openedAt: 4_100, block: 4_100 },
    { fact: 'that was opened on the way ends at the next multiple', offset: 6_000, openedAt: 4_100, block: 6_000 },
  ]
  test.each(cases)('$fact', ({ offset, openedAt, block }) => {
    expect(blockOf(offset, openedAt, 2_000)).toBe(block)
  })
})

describe('with an offset that somebody set by hand', () => {
  const seen: Evidence = { incarnation: 3, next: 500 }
  const log = { begin: 10, end: 900 }
  const fresh = (incarnation: number, at: number, lost: object | null = null) => ({ incarnation, from: at, next: at, lost })
  const cases = [
    { fact: 'a store that knows nothing goes on there', offset: 17, evidence: null, bounds: log, resume: fresh(0, 17) },
    { fact: 'exactly where the store was, nothing is lost', offset: 500, evidence: seen, bounds: log, resume: fresh(3, 500) },
    {
      fact: 'what was jumped over is skipped',
      offset: 700,
      evidence: seen,
      bounds: log,
      resume: fresh(3, 700, { from: 500, to: 700, reason: 'skipped' }),
    },
    {
      fact: 'a log that ends before what the store knows is another one',
      offset: 17,
      evidence: seen,
      bounds: { begin: 0, end: 90 },
      resume: fresh(4, 17),
    },
    {
      fact: 'an offset that the log has not got is its beginning, where the store knows nothing',
      offset: 999,
      evidence: null,
      bounds: log,
      resume: fresh(0, 10),
    },
  ]
  test.each(cases)('$fact', ({ offset, evidence, bounds, resume }) => {
    expect(resumeByHand(aPartition(), offset, evidence, bounds, 'stop')).toEqual(resume)
  })

  test.each([
    ['before what the store knows', 499],
    ["past the log's end", 901],
  ])('%s nothing is read and nothing counted again, unless an operator has chosen', (_, offset) => {
    const open = (policy: LostPositionPolicy) => resumeByHand(aPartition(), offset, seen, log, policy)
    expect(() => open('stop')).toThrow(
      /error-logs\/0 was set to \d+ with other tools.*up to offset 500.*count twice.*offsets reset --to recorded/,
    )
    expect(open('recover')).toEqual(fresh(3, 500))
    expect(open('earliest')).toEqual(fresh(4, 10))
    expect(open('latest')).toEqual(fresh(3, 900, { from: 500, to: 900, reason: 'skipped' }))
  })
})

describe('where an operator skipped', () => {
  const at = { incarnation: 2, from: 2_000, next: 2_500, lost: null }
  const expired = { ...at, from: 2_700, next: 2_700, lost: { from: 2_500, to: 2_700, reason: 'expired' as const } }
  const fresh = (next: number, from: number) => ({ incarnation: 2, from: next, next, lost: { from, to: next, reason: 'skipped' } })
  const cases = [
    {
      fact: 'a new block opens there, and the range in between is skipped',
      resume: at,
      to: 3_000,
      accounted: null,
      wanted: fresh(3_000, 2_500),
    },
    { fact: 'a position that is already there stays', resume: at, to: 2_500, accounted: null, wanted: at },
    { fact: 'a position that is past it stays', resume: at, to: 1_000, accounted: { incarnation: 2, next: 9_000 }, wanted: at },
    {
      fact: 'what a killed process had accounted is not skipped',
      resume: at,
      to: 3_000,
      accounted: { incarnation: 2, next: 2_600 },
      wanted: fresh(3_000, 2_600),
    },
    {
      fact: 'a skip that the ledger holds already is not said again',
      resume: at,
      to: 3_000,
      accounted: { incarnation: 2, next: 3_000 },
      wanted: { incarnation: 2, from: 3_000, next: 3_000, lost: null },
    },
    {
      fact: 'the account of another incarnation says nothing',
      resume: at,
      to: 3_000,
      accounted: { incarnation: 1, next: 9_000 },
      wanted: fresh(3_000, 2_500),
    },
    {
      fact: 'what expired before it is skipped with it',
      resume: expired,
      to: 3_000,
      accounted: { incarnation: 2, next: 2_500 },
      wanted: fresh(3_000, 2_500),
    },
  ]
  test.each(cases)('$fact', ({ resume, to, accounted, wanted }) => {
    expect(skippedTo(resume, to, accounted)).toEqual(wanted)
  })
})
