/** The loop of a stream: when it opens, folds, commits, pauses and stops, and what it does with what was lost. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import { partitionKey } from '../../../src/source/source.ts'
import { aPartition, T0 } from '../../support/builders.ts'
import { waitUntil } from '../../support/wait.ts'
import { errorLines, settle, startStream, type Harness } from './fakes.ts'

const P0 = aPartition()
const P1 = aPartition({ partition: 1 })
const K0 = partitionKey(P0)
const K1 = partitionKey(P1)
const P2 = aPartition({ partition: 2 })
const K2 = partitionKey(P2)

async function started(over: Parameters<typeof startStream>[0] = {}): Promise<Harness> {
  const harness = await startStream({ now: Date.now, ...over })
  harness.source.assign(P0, P1)
  await settle()
  return harness
}

/** Rows of one unit, by partition. */
function rowsOf({
  rollup,
}: {
  rollup: readonly { progress: { partition: { partition: number } }; rows: readonly unknown[] }[]
}): Record<number, number> {
  return Object.fromEntries(rollup.map(({ progress, rows }) => [progress.partition.partition, rows.length]))
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: T0 })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('opening', () => {
  test('each partition is opened, sought and resumed', async () => {
    const { source, store } = await startStream()
    store.resumeOf = (_, p) => ({ incarnation: 0, from: p.partition * 100, next: p.partition * 100, lost: null })
    source.assign(P0, P1)
    await settle()
    expect(source.positions).toEqual(
      new Map([
        [K0, 0],
        [K1, 100],
      ]),
    )
    expect(source.running).toEqual(new Set([K0, K1]))
  })

  test('is tried again while a neighbour is away', async () => {
    vi.useRealTimers()
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { source, store, health } = await startStream()
    let tries = 0
    store.onOpen = () => {
      if (++tries < 4) throw new TracefoldError('neighbour_away', 'Kafka does not answer')
    }
    source.assign(P0)
    await settle()
    expect(health.ready().checks).toMatchObject([
      { ok: false, detail: expect.stringMatching(/^cannot open \S+, and tries again: Kafka does not answer/) },
    ])
    await waitUntil('the partition to be open', () => source.running.has(K0))
    expect([tries, health.ready().ready]).toEqual([4, true])
  })

  test('that cannot succeed ends the stream, and says why', async () => {
    const { source, store, stream, health } = await startStream()
    store.onOpen = () => {
      throw new TracefoldError('position_lost', 'choose')
    }
    source.assign(P0)
    await expect(stream.done).rejects.toMatchObject({ code: 'position_lost' })
    expect(health.ready()).toMatchObject({ ready: false, checks: [{ detail: expect.stringContaining('choose') }] })
  })

  test('a batch of a partition that is not open, or not ours, is ignored', async () => {
    const { source, store } = await startStream()
    source.assign(P0)
    source.deliver(P0, errorLines(3))
    source.deliver(P1, errorLines(3))
    await settle()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(store.units).toEqual([])
  })
})

describe('a commit', () => {
  test('comes when the first item has waited long enough, and not before', async () => {
    const { source, store } = await started()
    source.deliver(P0, errorLines(1))
    await vi.advanceTimersByTimeAsync(600)
    source.deliver(P0, errorLines(1))
    await vi.advanceTimersByTimeAsync(399)
    expect(store.units).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(store.nextOf('rollup', P0)).toBe(2)
  })

  test('for what was read during another one, is due by the age of the first of it', async () => {
    const { source, store } = await started()
    store.holds = true
    source.deliver(P0, errorLines(1))
    await vi.advanceTimersByTimeAsync(1_000)
    source.deliver(P0, errorLines(1))
    await vi.advanceTimersByTimeAsync(600)
    source.deliver(P0, errorLines(1))
    store.held[0]?.finish()
    await settle()
    await vi.advanceTimersByTimeAsync(399)
    expect(store.held).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(store.held.length).toBe(1)
  })

  test('without anything read, never comes', async () => {
    const { store } = await started()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(store.units).toEqual([])
  })

  test('comes at once when the unit is large enough', async () => {
    const { source, store } = await started({ settings: { rollup: { flushRows: 3 } } })
    source.deliver(P0, errorLines(2))
    expect(store.units).toEqual([])
    source.deliver(P1, errorLines(1))
    await settle()
    expect(store.units.map(rowsOf)).toEqual([{ 0: 2, 1: 1 }])
  })

  test('moves the position also where nothing was counted', async () => {
    const { source, store } = await started()
    source.deliver(P0, [null, null])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(store.nextOf('rollup', P0)).toBe(2)
  })

  test('is told to the source once it is through', async () => {
    const { source, store } = await started()
    store.holds = true
    source.deliver(P0, errorLines(2))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(source.through).toEqual(new Map())
    store.held[0]?.finish()
    await settle()
    expect(source.through).toEqual(new Map([[K0, 2]]))
  })

  test('is alone: what is read meanwhile waits for the next one', async () => {
    const { source, store } = await started({ settings: { rollup: { flushRows: 2 } } })
    store.holds = true
    source.deliver(P0, errorLines(2))
    source.deliver(P0, errorLines(5))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(store.held.length).toBe(1)
    store.held[0]?.finish()
    await settle()
    expect([store.units.map(rowsOf), store.mostAtOnce]).toEqual([[{ 0: 2 }, { 0: 5 }], 1])
  })
})

describe('past the bound', () => {
  const bounded = { settings: { rollup: { flushRows: 2, maxRows: 5 } } }

  test('the source is paused until a commit has made room', async () => {
    const { source, store } = await started(bounded)
    store.holds = true
    source.deliver(P0, errorLines(2))
    source.deliver(P0, errorLines(4, 'x'))
    expect(source.running).toEqual(new Set([K0, K1]))
    source.deliver(P1, errorLines(1))
    expect(source.running).toEqual(new Set())
    store.held[0]?.finish()
    await settle()
    expect(source.running).toEqual(new Set())
    store.held[0]?.finish()
    await settle()
    expect(source.running).toEqual(new Set([K0, K1]))
    expect([store.nextOf('rollup', P0), store.nextOf('rollup', P1)]).toEqual([6, 1])
  })

  test('a partition that is opened meanwhile waits, too', async () => {
    const { source, store } = await started(bounded)
    let open = (): void => {}
    store.onOpen = () => new Promise((resolve) => (open = resolve))
    source.handler?.onAdded(P2)
    await settle()
    store.holds = true
    source.deliver(P0, errorLines(2))
    source.deliver(P0, errorLines(5, 'x'))
    open()
    await settle()
    expect(source.running).toEqual(new Set())
    for (let i = 0; i < 2; i++) {
      store.held[0]?.finish()
      await settle()
    }
    expect(source.running).toEqual(new Set([K0, K1, K2]))
  })
})

describe('a new assignment', () => {
  test('voids everything: the commit under way is aborted, what was folded is dropped, all is opened again where it is committed', async () => {
    const { source, store } = await started()
    source.deliver(P0, errorLines(4))
    await vi.advanceTimersByTimeAsync(1_000)
    store.holds = true
    source.deliver(P0, errorLines(2))
    await vi.advanceTimersByTimeAsync(1_000)
    source.deliver(P1, errorLines(7))
    const [under] = store.held
    source.assign(P0)
    expect(under?.signal.aborted).toBe(true)
    under?.fail(new TracefoldError('aborted', 'a new assignment'))
    await settle()
    expect(source.positions.get(K0)).toBe(0) // where the open block begins
    store.holds = false
    source.deliver(P0, errorLines(5))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(store.units.at(-1)?.rollup.map(({ progress, rows }) => [progress.next, rows.length])).toEqual([[5, 1]])
    expect(store.nextOf('rollup', P1)).toBeUndefined()
  })

  test('opens nothing before the commit under way has ended', async () => {
    const { source, store } = await started()
    store.holds = true
    source.deliver(P0, errorLines(2))
    await vi.advanceTimersByTimeAsync(1_000)
    store.opened.length = 0
    source.assign(P0)
    await settle()
    expect(store.opened).toEqual([])
    store.held[0]?.finish() // it went through after all
    await settle()
    source.deliver(P0, errorLines(3))
    await vi.advanceTimersByTimeAsync(1_000)
    expect([store.opened, store.held.map(({ unit }) => rowsOf(unit))]).toEqual([[K0], [{ 0: 1 }]])
  })

  test('a commit that ends after it acknowledges nothing', async () => {
    const { source, store } = await started()
    store.holds = true
    source.deliver(P0, errorLines(2))
    await vi.advanceTimersByTimeAsync(1_000)
    source.assign(P1)
    store.held[0]?.finish()
    await settle()
    expect(source.through).toEqual(new Map())
  })

  test('an opening that ends after it opens nothing', async () => {
    const { source, store } = await startStream()
    let open = (): void => {}
    store.onOpen = () => new Promise((resolve) => (open = resolve))
    source.assign(P0)
    await settle()
    store.onOpen = () => {}
    source.assign(P1)
    await settle()
    open()
    await settle()
    expect([source.running, source.positions]).toEqual([new Set([K1]), new Map([[K1, 0]])])
  })
})

describe('partitions that were lost', () => {
  test('are dropped and opened again; the others are through', async () => {
    const { source, store } = await started()
    store.holds = true
    source.deliver(P0, errorLines(3))
    source.deliver(P1, errorLines(3))
    await vi.advanceTimersByTimeAsync(1_000)
    store.opened.length = 0
    store.held[0]?.finish([P1])
    await settle()
    expect([store.opened, source.positions.get(K1), source.through]).toEqual([[K1], 0, new Map([[K0, 3]])])
    store.holds = false
    source.deliver(P1, errorLines(3))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(store.nextOf('rollup', P1)).toBe(3)
  })

  test('all of them, where the store says so as a whole', async () => {
    const { source, store } = await started()
    store.holds = true
    source.deliver(P0, errorLines(3))
    await vi.advanceTimersByTimeAsync(1_000)
    store.opened.length = 0
    store.held[0]?.fail(new TracefoldError('partition_lost', 'another member has it'))
    await settle()
    expect(store.opened.toSorted()).toEqual([K0, K1])
    expect(source.positions.get(K0)).toBe(0)
  })

  test('a log that does not continue where we are is opened again, and the others go on', async () => {
    const { source, store } = await started()
    source.deliver(P0, errorLines(3))
    source.deliver(P1, errorLines(2))
    store.opened.length = 0
    source.handler?.onReopen(P0)
    await settle()
    await vi.advanceTimersByTimeAsync(1_000)
    expect([store.opened, store.nextOf('rollup', P0), store.nextOf('rollup', P1)]).toEqual([[K0], undefined, 2])
  })
})

test('partitions come and go one by one without voiding the others', async () => {
  const { source, store } = await started()
  source.deliver(P0, errorLines(3))
  source.handler?.onRemoved(P1)
  const added = aPartition({ topic: 'another-file' })
  source.handler?.onAdded(added)
  await settle()
  source.deliver(added, errorLines(2))
  await vi.advanceTimersByTimeAsync(1_000)
  expect([store.nextOf('rollup', P0), store.nextOf('rollup', added), store.nextOf('rollup', P1)]).toEqual([3, 2, undefined])
})

test('an unknown fault of the store ends the stream, and nothing is acknowledged', async () => {
  const { source, store, stream } = await started()
  store.holds = true
  source.deliver(P0, errorLines(1))
  await vi.advanceTimersByTimeAsync(1_000)
  const fault = new Error('a fault of the program')
  store.held[0]?.fail(fault)
  await expect(stream.done).rejects.toBe(fault)
  expect(source.through).toEqual(new Map())
})
