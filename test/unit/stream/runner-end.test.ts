/** The end of a stream: a graceful stop, a forceful one, and the end of what there is to read. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import { partitionKey } from '../../../src/source/source.ts'
import { aPartition, T0 } from '../../support/builders.ts'
import { errorLines, settle, startStream, type Harness } from './fakes.ts'

const P0 = aPartition()
const P1 = aPartition({ partition: 1 })
const K0 = partitionKey(P0)
const K1 = partitionKey(P1)

async function started(): Promise<Harness> {
  const harness = await startStream({ now: Date.now })
  harness.source.assign(P0, P1)
  await settle()
  return harness
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: T0 })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a graceful stop', () => {
  test('commits all that was read, then leaves the source', async () => {
    const { source, store, stream } = await started()
    source.deliver(P0, errorLines(3))
    await stream.stop()
    await stream.done
    expect([store.nextOf('rollup', P0), source.isStopped]).toEqual([3, true])
  })

  test('waits for the commit under way, then makes the last one', async () => {
    const { source, store, stream } = await started()
    store.holds = true
    source.deliver(P0, errorLines(3))
    await vi.advanceTimersByTimeAsync(1_000)
    source.deliver(P0, errorLines(2))
    const stopped = stream.stop()
    source.deliver(P0, errorLines(9)) // too late
    store.held[0]?.finish()
    await settle()
    store.held[0]?.finish()
    await stopped
    expect(store.nextOf('rollup', P0)).toBe(5)
  })

  test('past its deadline is forceful', async () => {
    const { source, store, stream } = await started()
    store.holds = true
    source.deliver(P0, errorLines(3))
    const stopped = stream.stop()
    await vi.advanceTimersByTimeAsync(20_000)
    const [under] = store.held
    expect(under?.signal.aborted).toBe(true)
    under?.fail(new TracefoldError('aborted', 'the deadline'))
    await stopped
    expect([source.isStopped, source.through]).toEqual([true, new Map()])
  })

  test('opens nothing again', async () => {
    const { source, store, stream } = await started()
    store.holds = true
    source.deliver(P0, errorLines(3))
    const stopped = stream.stop()
    await settle()
    store.opened.length = 0
    store.held[0]?.finish([P0])
    await stopped
    expect(store.opened).toEqual([])
  })
})

describe('exit at the end', () => {
  const atEnd = async (ends: [number, number], resume = { from: 0, next: 0 }): Promise<Harness & { isDone: () => boolean }> => {
    const harness = await startStream({ exitAtEnd: true, now: Date.now })
    harness.source.ends.set(K0, { begin: 0, end: ends[0] }).set(K1, { begin: 0, end: ends[1] })
    harness.store.resumeOf = () => ({ incarnation: 0, lost: null, ...resume })
    let done = false
    void harness.stream.done.then(() => (done = true))
    harness.source.assign(P0, P1)
    await settle()
    return { ...harness, isDone: () => done }
  }

  test('comes when all that was there at the start is committed', async () => {
    const { source, isDone } = await atEnd([3, 2])
    source.deliver(P0, errorLines(3))
    source.deliver(P1, errorLines(2))
    await settle()
    expect(isDone()).toBe(false)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(isDone()).toBe(true)
  })

  test('waits for what was read past that, since it is at hand', async () => {
    const { source, store, isDone } = await atEnd([3, 0])
    store.holds = true
    source.deliver(P0, errorLines(3))
    await vi.advanceTimersByTimeAsync(1_000)
    source.deliver(P0, errorLines(2))
    store.held[0]?.finish()
    await settle()
    expect(isDone()).toBe(false)
    store.holds = false
    await vi.advanceTimersByTimeAsync(1_000)
    expect([isDone(), store.nextOf('rollup', P0)]).toEqual([true, 5])
  })

  test('does not wait for partitions that are empty', async () => {
    const { source, isDone } = await atEnd([3, 0])
    source.deliver(P0, errorLines(3))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(isDone()).toBe(true)
  })

  test('comes at once where all is empty', async () => {
    expect((await atEnd([0, 0])).isDone()).toBe(true)
  })

  test('comes at once where all was committed before, though an open block could be read again', async () => {
    expect((await atEnd([7, 7], { from: 0, next: 7 })).isDone()).toBe(true)
  })

  test('does not come before a partition that still has records', async () => {
    const { source, isDone } = await atEnd([3, 2])
    source.deliver(P0, errorLines(3))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(isDone()).toBe(false)
  })

  test('of a source that ends by itself comes when its last partition is through', async () => {
    const harness = await startStream({ exitAtEnd: true, now: Date.now })
    const { source, stream } = harness
    source.hasEnded = false
    source.assign()
    source.handler?.onAdded(P0)
    source.ends.set(K0, { begin: 0, end: 0 })
    await settle()
    source.hasEnded = true
    source.handler?.onRemoved(P0)
    await expect(Promise.race([stream.done.then(() => 'done'), settle().then(() => 'goes on')])).resolves.toBe('done')
  })
})
