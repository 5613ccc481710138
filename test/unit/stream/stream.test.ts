/** A stream as a whole: the two branches over one source, and what bounds its memory without ever holding it still. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { partitionKey } from '../../../src/source/source.ts'
import { aPartition, T0 } from '../../support/builders.ts'
import { errorLine, errorLines, settle, startStream, type Harness } from './fakes.ts'

const P0 = aPartition()
const P1 = aPartition({ partition: 1 })
const K0 = partitionKey(P0)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: T0 })
})
afterEach(() => {
  vi.useRealTimers()
})

async function started(over: Parameters<typeof startStream>[0]): Promise<Harness> {
  const harness = await startStream({ now: Date.now, ...over })
  harness.source.assign(P0, P1)
  await settle()
  return harness
}

const commits = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(1_000)
}

describe('memory is bounded, and the source is never held back for what no commit takes away', () => {
  test('open counts do not hold the source back', async () => {
    const { source, store } = await started({
      branches: ['detail'],
      settings: { blockSize: 1_000, detail: { flushDocuments: 5, maxDocuments: 10 } },
    })
    for (let round = 0; round < 5; round++) {
      source.deliver(P0, errorLines(8, `round-${round}-`))
      await commits()
      expect(source.running.has(K0)).toBe(true)
    }
    expect(store.nextOf('detail', P0)).toBe(40)
  })

  test('samples of a dropped partition do not hold the source back', async () => {
    const { source, store } = await started({ branches: ['detail'], settings: { detail: { flushBytes: 10_000 } } })
    store.holds = true
    source.deliver(P0, [errorLine('first')])
    await commits()
    source.deliver(P0, [errorLine(`a${'x'.repeat(30_000)}`)])
    expect(source.running.has(K0)).toBe(false)
    source.assign(P0)
    store.held[0]?.finish()
    await settle()
    expect(source.running.has(K0)).toBe(true)
  })

  test.each(['detail', 'rollup'] as const)('dead letters that wait hold the source of %s back until they are written', async (branch) => {
    const { source, store } = await started({ branches: [branch], settings: { detail: { flushBytes: 20_000 } } })
    store.holds = true
    const junk = Array.from({ length: 5 }, () => `junk ${'x'.repeat(5_000)}`)
    source.deliver(P0, junk)
    expect(store.held.length).toBe(1)
    source.deliver(P0, [...junk, ...junk])
    expect(source.running.has(K0)).toBe(false)
    store.held[0]?.finish()
    await settle()
    store.held[0]?.finish()
    await settle()
    expect(source.running.has(K0)).toBe(true)
    expect(store.nextOf(branch, P0)).toBe(15)
  })
})

describe('together', () => {
  const both = (detail: { from: number; next: number }, rollup: { from: number; next: number }) => async () => {
    const harness = await startStream({ branches: ['detail', 'rollup'], now: Date.now })
    harness.store.resumeOf = (branch) => ({ incarnation: 0, lost: null, ...(branch === 'detail' ? detail : rollup) })
    harness.source.assign(P0)
    await settle()
    return harness
  }
  const numbers = ({ store }: Harness) => ({
    documents: store.units
      .flatMap(({ detail }) => detail?.documents ?? [])
      .flatMap(({ contributions }) => contributions.map(({ block, n }) => `${block}:${n}`)),
    rows: store.units.flatMap(({ rollup }) => rollup.flatMap(({ rows }) => rows)).reduce((sum, { count }) => sum + count, 0),
    detail: store.nextOf('detail', P0),
    rollup: store.nextOf('rollup', P0),
  })

  test('both branches count the same records, and both positions move', async () => {
    const harness = await both({ from: 0, next: 0 }, { from: 0, next: 0 })()
    harness.source.deliver(P0, [errorLine('a'), errorLine('a')])
    await commits()
    expect(numbers(harness)).toEqual({ documents: ['0:2'], rows: 2, detail: 2, rollup: 2 })
  })

  test('starts at the lower position, and a branch ignores what lies below its own', async () => {
    const harness = await both({ from: 20, next: 25 }, { from: 0, next: 5 })()
    expect(harness.source.positions.get(K0)).toBe(0)
    harness.source.deliver(
      P0,
      Array.from({ length: 27 }, () => errorLine('a')),
    )
    await commits()
    expect(numbers(harness)).toEqual({ documents: ['20:7'], rows: 22, detail: 27, rollup: 27 })
  })

  test('the position of the branch ahead never goes back', async () => {
    const harness = await both({ from: 20, next: 25 }, { from: 0, next: 5 })()
    for (let i = 0; i < 9; i++) {
      harness.source.deliver(
        P0,
        Array.from({ length: 3 }, () => errorLine('a')),
      )
      await commits()
      expect(harness.store.nextOf('detail', P0) ?? 25).toBeGreaterThanOrEqual(25)
    }
    expect(numbers(harness)).toMatchObject({ rows: 22, detail: 27, rollup: 27 })
  })

  test('the source is told what both branches have', async () => {
    const harness = await both({ from: 20, next: 25 }, { from: 0, next: 5 })()
    harness.source.deliver(P0, errorLines(12))
    await commits()
    expect(harness.source.through.get(K0)).toBe(12)
    harness.source.deliver(P0, errorLines(20))
    await commits()
    expect(harness.source.through.get(K0)).toBe(32)
  })
})

describe('while an open block is read again', () => {
  test('documents are sent, so that what the store refuses is known before the account moves', async () => {
    const harness = await startStream({ branches: ['detail'], now: Date.now })
    harness.store.resumeOf = () => ({ incarnation: 0, from: 0, next: 5, lost: null })
    harness.source.assign(P0)
    await settle()
    harness.source.deliver(P0, errorLines(5))
    await commits()
    expect(harness.store.units.map(({ detail }) => detail?.documents.length)).toEqual([5])
    expect(harness.store.nextOf('detail', P0)).toBeUndefined()
  })
})

describe('the metrics', () => {
  test('say how far behind a partition is, until it is not ours any more', async () => {
    const { source, metrics } = await started({})
    source.deliver(P0, errorLines(3), 103)
    expect((await metrics.exposition()).text).toMatch(
      /consumer_lag_records\{branch="rollup",cluster="main",topic="error-logs",partition="0"\} 103/,
    )
    source.assign(P1)
    await settle()
    expect((await metrics.exposition()).text).not.toMatch(/consumer_lag_records\{.*partition="0"/)
  })

  test("of a stream over one cluster are not hidden by those over another: a dead one's last commit, and where its time goes, stay apart", async () => {
    const live = await started({ clusterId: 'live' })
    await started({ clusterId: 'dead', metrics: live.metrics })
    live.source.deliver(P0, errorLines(3))
    await commits()
    const { text } = await live.metrics.exposition()
    expect(text).toMatch(/last_commit_timestamp_seconds\{branch="rollup",cluster="live"\} \d+/)
    expect(text).toContain('end_to_end_latency_seconds_count{branch="rollup",cluster="live"} 1')
    expect(text).not.toMatch(/(last_commit_timestamp|end_to_end_latency)_seconds\S*cluster="dead"/)
    for (const [cluster, writes] of [
      ['live', 1],
      ['dead', 0],
    ])
      expect(text).toContain(`loop_entries_total{branch="rollup",cluster="${cluster}",state="writing"} ${writes}\n`)
    for (const cluster of ['live', 'dead'])
      expect(text.match(new RegExp(`time_seconds_total\\{branch="rollup",cluster="${cluster}"`, 'g'))).toHaveLength(4)
    expect(text).toContain('backpressure_seconds_total{branch="rollup",cluster="dead"} 0')
  })

  test('far behind, commits are larger and rarer', async () => {
    const { source, store } = await started({})
    source.deliver(P0, errorLines(3), 50_000)
    await vi.advanceTimersByTimeAsync(4_999)
    expect(store.units).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(store.units.length).toBe(1)
  })

  test('say how often the loop was held back, as /pipeline does', async () => {
    const { source, store, metrics, stream } = await started({ branches: ['detail'], settings: { detail: { flushBytes: 20_000 } } })
    store.holds = true
    const junk = Array.from({ length: 5 }, () => `junk ${'x'.repeat(5_000)}`)
    source.deliver(P0, junk)
    source.deliver(P0, [...junk, ...junk])
    const { spent } = stream.report()
    const { text } = await metrics.exposition()
    expect(spent.backpressure.times).toBe(1)
    for (const [state, { times }] of Object.entries(spent))
      expect(text).toContain(`tracefold_loop_entries_total{branch="detail",cluster="",state="${state}"} ${times}\n`)
  })

  test('say what triggered a flush', async () => {
    const { source, metrics, stream } = await started({ branches: ['detail'], settings: { detail: { flushDocuments: 3 } } })
    source.deliver(P0, errorLines(3))
    await settle()
    source.deliver(P0, errorLines(1, 'x'))
    await commits()
    await stream.stop()
    const { text } = await metrics.exposition()
    for (const trigger of ['size', 'age', 'stop']) expect(text).toContain(`detail_flush_total{trigger="${trigger}"} 1`)
  })
})
