/** What a process says of what it has counted: each event once, however often it is read, for each branch its own. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import { Tallies, type Tally } from '../../../src/stream/tally.ts'
import { aPartition, T0 } from '../../support/builders.ts'
import { errorLines, settle, startStream, type Harness } from './fakes.ts'

const P0 = aPartition()
const BOTH = ['detail', 'rollup'] as const

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: T0 })
})
afterEach(() => {
  vi.useRealTimers()
})

async function started(branches: readonly ('detail' | 'rollup')[] = BOTH) {
  const tallies = new Tallies()
  const harness = await startStream({ branches, tallies, now: Date.now, settings: { blockSize: 2_000 } })
  harness.source.assign(P0)
  await settle()
  return { ...harness, tallies }
}

async function committed(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1_000)
}

const terms = ({ counted, filtered, dead, expired, skipped }: Tally): number => counted + filtered + dead + expired + skipped
const counter = async ({ metrics }: Harness, series: string): Promise<number> => {
  const line = (await metrics.exposition()).text.split('\n').find((one) => one.startsWith(`tracefold_${series} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}

test.each(BOTH)('an open block that is read again at a rebalance is not counted again by %s', async (branch) => {
  const harness = await started([branch])
  const { source, store, tallies } = harness
  store.resumeOf = () => ({ incarnation: 0, from: 0, next: 15, lost: null })
  for (let i = 0; i < 3; i++) {
    source.assign(P0)
    await settle()
    source.deliver(P0, ['junk', ...errorLines(20), 'junk'])
    await committed()
  }
  expect(tallies.tally()).toMatchObject({ consumed: 7, counted: 6, dead: 1, deadBy: { not_json: 1 } })
  expect(await counter(harness, `events_counted_total{branch="${branch}"}`)).toBe(6)
  expect(await counter(harness, 'dead_letters_total{stage="decode",reason="not_json"}')).toBe(1)
})

test('what was folded and never committed is not counted', async () => {
  const harness = await started()
  harness.store.holds = true
  for (let i = 0; i < 3; i++) {
    harness.source.assign(P0)
    await settle()
    harness.source.deliver(P0, [...errorLines(7), 'junk', null])
    await committed()
    harness.store.held[0]?.fail(new TracefoldError('aborted', 'another assignment'))
    await settle()
  }
  expect(harness.tallies.tally()).toMatchObject({ consumed: 0, counted: 0, filtered: 0 })
})

test('what comes while a commit is under way waits for the next one', async () => {
  const harness = await started()
  harness.store.holds = true
  harness.source.deliver(P0, errorLines(3))
  await committed()
  harness.source.deliver(P0, errorLines(4))
  harness.store.held[0]?.finish()
  await settle()
  expect(harness.tallies.tally()).toMatchObject({ consumed: 3, counted: 3 })
  await committed()
  harness.store.held[0]?.finish()
  await settle()
  expect(harness.tallies.tally()).toMatchObject({ consumed: 7, counted: 7 })
})

test('each branch has terms of its own', async () => {
  const harness = await started()
  harness.store.resumeOf = (branch) => (branch === 'detail' ? { incarnation: 0, from: 0, next: 5, lost: null } : resumeAt(0))
  harness.source.assign(P0)
  await settle()
  harness.source.deliver(P0, errorLines(8))
  await committed()
  expect(harness.tallies.byBranch()).toMatchObject([
    { branch: 'detail', consumed: 3, counted: 3 },
    { branch: 'rollup', consumed: 8, counted: 8 },
  ])
})

test('documents that the store refused are dead, those past retention expired, and each once', async () => {
  const harness = await started()
  const { store, source, tallies } = harness
  store.refusalOf = (_, i) => (i < 3 ? { detail: 'mapping', expired: i === 0 } : null)
  source.deliver(P0, errorLines(10))
  await committed()
  await committed()
  const [detail, rollup] = tallies.byBranch()
  expect(detail).toMatchObject({ consumed: 10, counted: 7, dead: 2, expired: 1 })
  expect(rollup).toMatchObject({ consumed: 10, counted: 10, dead: 0 })
  expect(tallies.tally()).toMatchObject({ consumed: 10, counted: 8, dead: 2 })
  expect(await counter(harness, 'dead_letters_total{stage="store",reason="refused_by_store"}')).toBe(2)
})

test('a lost range is consumed, and its loss is told once it is committed', async () => {
  const harness = await started()
  harness.store.resumeOf = () => ({ incarnation: 0, from: 40, next: 40, lost: { from: 0, to: 40, reason: 'expired' } })
  harness.store.holds = true
  for (let i = 0; i < 2; i++) {
    harness.source.assign(P0)
    await settle()
    harness.store.held[0]?.fail(new TracefoldError('aborted', 'another assignment'))
  }
  harness.store.holds = false
  harness.source.assign(P0)
  await settle()
  for (const tally of harness.tallies.byBranch()) expect(tally).toMatchObject({ consumed: 40, expired: 40 })
})

test('what is consumed is counted on its own: a balance that does not come out would show', async () => {
  const harness = await started()
  harness.source.deliver(P0, [...errorLines(6), 'junk', null, '{"level":"INFO","message":"x"}'])
  await committed()
  for (const tally of harness.tallies.byBranch()) expect(terms(tally)).toBe(tally.consumed)
  expect(harness.tallies.tally().consumed).toBe(9)
})

function resumeAt(next: number) {
  return { incarnation: 0, from: next, next, lost: null }
}
