/** What a stream says of being behind: measured from what the store has acknowledged, and known also where nothing is read. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { partitionKey } from '../../../src/source/source.ts'
import { aPartition, T0 } from '../../support/builders.ts'
import { errorLine, errorLines, settle, startStream, type Harness } from './fakes.ts'

const P0 = aPartition()
const P1 = aPartition({ partition: 1 })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: T0 })
})
afterEach(() => {
  vi.useRealTimers()
})

async function started(over: Parameters<typeof startStream>[0] = {}): Promise<Harness> {
  const harness = await startStream({ now: Date.now, ...over })
  harness.source.assign(P0, P1)
  await settle()
  return harness
}

const lagOf = ({ stream }: Harness, partition = 0) => stream.report().partitions.find((one) => one.partition === partition)
const shown = async ({ metrics }: Harness, partition = 0): Promise<number | null> => {
  const found = new RegExp(`consumer_lag_records\\{.*partition="${partition}"\\} (\\d+)`).exec((await metrics.exposition()).text)
  return found === null ? null : Number(found[1])
}

test('while the store takes nothing the lag grows, in records and in time, though folding goes on', async () => {
  const harness = await started()
  const { source, store } = harness
  store.holds = true
  source.deliver(P0, errorLines(3), 3)
  await vi.advanceTimersByTimeAsync(1_000)
  source.deliver(P0, errorLines(4), 7)
  expect(lagOf(harness)).toMatchObject({ position: 7, committed: 0, end: 7, lagRecords: 7, lagSeconds: 1 })
  await vi.advanceTimersByTimeAsync(59_000)
  expect(lagOf(harness)).toMatchObject({ lagRecords: 7, lagSeconds: 60 })
  expect(await shown(harness)).toBe(7)
  store.held[0]?.finish()
  await settle()
  expect(lagOf(harness)).toMatchObject({ position: 7, committed: 3, lagRecords: 4, lagSeconds: 60 })
  expect(await shown(harness)).toBe(4)
  store.held[0]?.finish()
  await vi.advanceTimersByTimeAsync(1_000)
  store.held[0]?.finish()
  await settle()
  expect(lagOf(harness)).toMatchObject({ committed: 7, lagRecords: 0, lagSeconds: 0 })
  expect(await shown(harness)).toBe(0)
})

test('what the source sees of the end counts while nothing comes, and is not taken back by an older batch', async () => {
  const harness = await started()
  const { source, store } = harness
  store.holds = true
  source.deliver(P0, errorLines(3), 3)
  source.handler?.onEnd?.(P0, 500)
  expect(lagOf(harness)).toMatchObject({ position: 3, end: 500, lagRecords: 500 })
  expect(await shown(harness)).toBe(500)
  source.handler?.onEnd?.(P0, 400)
  expect(lagOf(harness)).toMatchObject({ end: 500 })
})

test('a partition of which nothing was read yet is listed, and its lag is known', async () => {
  const harness = await startStream({ now: Date.now })
  harness.store.resumeOf = () => ({ incarnation: 0, from: 20, next: 25, lost: null })
  harness.source.assign(P0, P1)
  await settle()
  expect(lagOf(harness, 1)).toMatchObject({ position: 20, committed: 25, end: null, lagRecords: 0, lagSeconds: null })
  harness.source.handler?.onEnd?.(P1, 90)
  await vi.advanceTimersByTimeAsync(7_000)
  expect(lagOf(harness, 1)).toMatchObject({ committed: 25, end: 90, lagRecords: 65, lagSeconds: 7 })
  expect(await shown(harness, 1)).toBe(65)
})

test('an end of a partition that is not ours is of no interest', async () => {
  const harness = await started()
  harness.source.handler?.onEnd?.(aPartition({ partition: 9 }), 90)
  expect(lagOf(harness, 9)).toBeUndefined()
  expect(await shown(harness, 9)).toBeNull()
})

test("the log's end stays known where a batch does not tell it", async () => {
  const harness = await started()
  harness.source.deliver(P0, errorLines(2), 100)
  harness.source.deliver(P0, [], null)
  expect(lagOf(harness)).toMatchObject({ end: 100, lagRecords: 100 })
})

test('however many batches wait for a commit, the oldest record says how late it is', async () => {
  const harness = await started()
  harness.store.holds = true
  for (let i = 0; i < 200; i++) harness.source.deliver(P0, [null], 200)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(lagOf(harness)).toMatchObject({ lagRecords: 200, lagSeconds: 4 })
  harness.store.held[0]?.finish()
  await settle()
  expect(harness.stream.report().latencySeconds).toMatchObject({ samples: 1, max: 4 })
})

test('records without a timestamp are as old as their coming: their latency and their lag are known', async () => {
  const harness = await started()
  harness.store.holds = true
  deliverUntimed(harness, { lines: errorLines(3), end: 3 })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(lagOf(harness)).toMatchObject({ lagRecords: 3, lagSeconds: 5 })
  harness.store.held[0]?.finish()
  await settle()
  expect(lagOf(harness)).toMatchObject({ lagRecords: 0, lagSeconds: 0 })
  expect(harness.stream.report().latencySeconds).toMatchObject({ samples: 1, p50: 5 })
  expect((await harness.metrics.exposition()).text).toContain('end_to_end_latency_seconds_count{branch="rollup",cluster=""} 1')
})

test('what waits for the store makes a lag also where nobody knows the end', async () => {
  const harness = await started()
  harness.store.holds = true
  deliverUntimed(harness, { lines: errorLines(3), end: null })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(lagOf(harness)).toMatchObject({ end: null, lagSeconds: 5 })
})

test('while more is there to be read, the lag is the age of the last event read, though it be filtered; before the first nobody knows it', async () => {
  const harness = await started()
  deliverUntimed(harness, { lines: [], end: null, hasMore: true })
  expect(lagOf(harness)).toMatchObject({ hasMore: true, lagSeconds: null })
  const info = JSON.stringify({ timeMillis: T0 - 600_000, level: 'INFO', loggerName: 'a', message: 'm', loggerFqcn: 'x' })
  deliverUntimed(harness, { lines: [errorLine('old'), info], end: null, hasMore: true })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(lagOf(harness)).toMatchObject({ hasMore: true, lagSeconds: 601 })
  deliverUntimed(harness, { lines: errorLines(1), end: 3 })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(lagOf(harness)).toMatchObject({ hasMore: false, lagSeconds: 0 })
})

function deliverUntimed(
  { source }: Harness,
  { lines, end, hasMore = false }: { lines: readonly string[]; end: number | null; hasMore?: boolean },
): void {
  const from = source.positions.get(partitionKey(P0)) ?? 0
  source.positions.set(partitionKey(P0), from + lines.length)
  source.handler?.onBatch({
    partition: P0,
    fetchedFrom: from,
    records: lines.map((line, i) => ({ offset: from + i, timestampMs: null, key: null, headers: {}, value: Buffer.from(line) })),
    next: from + lines.length,
    end,
    ...(hasMore ? { hasMore } : {}),
  })
}
