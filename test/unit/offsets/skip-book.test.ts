/** What operators asked to be skipped, through a control log; what a lag must be for the program to ask by itself; where a branch is. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EmbeddedControlLog } from '../../../src/control/embedded-control-log.ts'
import { createLogger } from '../../../src/log.ts'
import { targetOf, totalsByBranch, type OffsetRow } from '../../../src/offsets/desk.ts'
import { putSkip, SkipBook, type SkipRequest } from '../../../src/offsets/skip-book.ts'
import { isTooFarBehind } from '../../../src/offsets/tolerance.ts'
import { whereIs } from '../../../src/offsets/where.ts'
import { aPartition, T0 } from '../../support/builders.ts'
import { waitUntil } from '../../support/wait.ts'

const P = aPartition()
const request = (over: Partial<SkipRequest> = {}): SkipRequest => ({
  branch: 'detail',
  ...P,
  incarnation: 0,
  to: 500,
  atMs: T0,
  by: 'operator',
  ...over,
})

describe('requests to skip', () => {
  let path: string
  let control: EmbeddedControlLog
  const book = (): SkipBook => new SkipBook(createLogger({ level: 'fatal' }))

  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'tracefold-skip-'))
    control = new EmbeddedControlLog({ path, now: () => T0, onFailed: (error) => expect.unreachable(String(error)) })
  })
  afterEach(async () => {
    await control.close()
    rmSync(path, { recursive: true, force: true })
  })

  test('what was asked for before a start is known to it, for its branch, partition and incarnation alone', async () => {
    await putSkip(control, request({ to: 300 }))
    await putSkip(control, request())
    const started = book()
    await started.follow(control)
    expect(started.toOf('detail', P, 0)).toBe(500)
    expect([started.toOf('rollup', P, 0), started.toOf('detail', P, 1), started.toOf('detail', aPartition({ partition: 1 }), 0)]).toEqual([
      null,
      null,
      null,
    ])
  })

  test('what is asked for while it runs is told once, and so is not applied again by a repeat', async () => {
    const running = book()
    const told: number[] = []
    await running.follow(control)
    running.onRequest(({ to }) => told.push(to))
    await putSkip(control, request())
    await putSkip(control, request({ atMs: T0 + 1 }))
    await putSkip(control, request({ to: 700 }))
    expect(told).toEqual([500, 700])
  })

  test('a request that another for less overtakes stays in force, also for who starts later', async () => {
    const running = book()
    const told: number[] = []
    await running.follow(control)
    running.onRequest(({ to }) => told.push(to))
    await putSkip(control, request({ to: 700 }))
    await putSkip(control, request({ to: 500, atMs: T0 + 1 }))
    expect([told, running.toOf('detail', P, 0)]).toEqual([[700], 700])
    await waitUntil('the log to hold it again', async () => {
      const late = book()
      await late.follow(control)
      return late.toOf('detail', P, 0) === 700
    })
    expect(told).toEqual([700])
  })

  test('a request for an earlier topic of that name does not undo one for the topic of now', () => {
    const running = book()
    running.take('x', request({ incarnation: 1, to: 20 }))
    expect(running.take('x', request({ incarnation: 0, to: 900 }))).toMatchObject({ incarnation: 1, to: 20 })
  })

  test('a request of another version is left alone', async () => {
    await control.put('skip/detail/x', { v: 9, to: 5 })
    const running = book()
    await running.follow(control)
    expect(running.toOf('detail', P, 0)).toBeNull()
  })
})

test('a lag is too much by records, or by age where something waits; without a limit it never is', () => {
  const none = { skipAfterLagRecords: null, skipAfterLagMinutes: null }
  expect(isTooFarBehind(none, 1e12, 1e15)).toBe(false)
  expect([100, 101].map((records) => isTooFarBehind({ ...none, skipAfterLagRecords: 100 }, records, null))).toEqual([false, true])
  expect([60_000, 60_001, null].map((ageMs) => isTooFarBehind({ ...none, skipAfterLagMinutes: 1 }, 5, ageMs))).toEqual([false, true, false])
  expect(isTooFarBehind({ ...none, skipAfterLagMinutes: 1 }, 0, 1e9)).toBe(false)
})

describe('where a branch is', () => {
  const log = { begin: 10, end: 900 }
  const seen = { incarnation: 2, next: 500 }
  const at = { kind: 'at', committed: { incarnation: 1, next: 600, from: 550, rules: 'r', days: [] } } as const
  test.each([
    ['at what is committed', at, null, log, { state: 'committed', incarnation: 1, next: 600, openBlock: 550 }],
    [
      'at the beginning of a log that was made anew',
      at,
      null,
      { begin: 0, end: 90 },
      { state: 'none', incarnation: 2, next: 0, openBlock: null },
    ],
    [
      'the same where nothing is committed',
      { kind: 'none' } as const,
      seen,
      { begin: 3, end: 90 },
      { state: 'none', incarnation: 3, next: 3, openBlock: null },
    ],
    ["at the log's beginning at first", { kind: 'none' } as const, null, log, { state: 'none', incarnation: 0, next: 10, openBlock: null }],
    [
      'lost where the store holds our data',
      { kind: 'none' } as const,
      seen,
      log,
      { state: 'lost', incarnation: 2, next: 500, openBlock: null },
    ],
    [
      'recovered where the client reset it',
      { kind: 'reset' } as const,
      seen,
      log,
      { state: 'committed', incarnation: 2, next: 500, openBlock: null },
    ],
    [
      'where somebody set it ahead',
      { kind: 'foreign', offset: 642 } as const,
      seen,
      log,
      { state: 'by_hand', incarnation: 2, next: 642, openBlock: null },
    ],
    [
      'lost where somebody set it back',
      { kind: 'foreign', offset: 42 } as const,
      seen,
      log,
      { state: 'lost', incarnation: 2, next: 500, openBlock: null },
    ],
    [
      'lost where somebody set it past the end',
      { kind: 'foreign', offset: 901 } as const,
      seen,
      log,
      { state: 'lost', incarnation: 2, next: 500, openBlock: null },
    ],
  ])('%s', (_, position, evidence, bounds, wanted) => {
    expect(whereIs(position, evidence, bounds)).toEqual(wanted)
  })
})

test('a place is the end, an offset or a time', () => {
  const time = (): number => 7
  expect([targetOf('end', time), targetOf('120', time), targetOf('-15m', time)]).toEqual([
    { kind: 'end' },
    { kind: 'offset', offset: 120 },
    { kind: 'time', timeMs: 7 },
  ])
})

test('totals add records, and take the time of who is furthest behind', () => {
  const row = (over: Partial<OffsetRow>): OffsetRow => ({
    branch: 'detail',
    ...P,
    state: 'committed',
    incarnation: 0,
    committed: 0,
    openBlock: 0,
    end: 9,
    lagRecords: 3,
    lagSeconds: 5,
    skipTo: null,
    ...over,
  })
  expect(totalsByBranch([row({}), row({ lagSeconds: 50 }), row({ lagRecords: null, lagSeconds: null })])).toEqual([
    { branch: 'detail', partitions: 3, lagRecords: 6, lagSeconds: 50 },
  ])
  expect(totalsByBranch([row({ branch: 'rollup', lagSeconds: null })])).toMatchObject([{ branch: 'rollup', lagSeconds: null }])
})
