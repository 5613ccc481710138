/** A stream that is told to open a partition again, and what it does with a range that is lost. */
import { describe, expect, test } from 'vitest'
import { partitionKey } from '../../../src/source/source.ts'
import { aPartition } from '../../support/builders.ts'
import { errorLines, settle, startStream, type Harness } from './fakes.ts'

const P0 = aPartition()
const P1 = aPartition({ partition: 1 })
const P2 = aPartition({ partition: 2 })
const [K0, K1] = [partitionKey(P0), partitionKey(P1)]

async function started(settings = {}): Promise<Harness> {
  const harness = await startStream({ settings })
  harness.source.assign(P0, P1)
  await settle()
  return harness
}

describe('opening a partition again', () => {
  test('waits until what was folded is committed, with the source paused, and leaves the others as they are', async () => {
    const { stream, source, store } = await started()
    store.holds = true
    source.deliver(P0, errorLines(5))
    source.deliver(P1, errorLines(3))
    stream.reopen(P0)
    expect(source.running).toEqual(new Set())
    source.deliver(P0, errorLines(2)) // fetched before the pause
    store.held[0]?.finish()
    await settle()
    expect(store.opened).toEqual([K0, K1])
    store.held[0]?.finish()
    await settle()
    expect(store.opened).toEqual([K0, K1, K0])
    expect([source.positions.get(K0), source.running]).toEqual([0, new Set([K0, K1])]) // the open block is read again
    expect(store.counted).toEqual(
      new Map([
        [K0, 7],
        [K1, 3],
      ]),
    )
  })

  test('a partition that is not ours is not opened', async () => {
    const { stream, source, store } = await started()
    stream.reopen(P2)
    await settle()
    expect([store.opened, source.running]).toEqual([[K0, K1], new Set([K0, K1])])
  })

  test('commits that are lost again and again are said to be, though each opening goes well; one that holds ends it', async () => {
    const { source, store, health } = await started({ rollup: { flushRows: 10 } })
    store.holds = true
    const said = () => health.ready().checks.find(({ name }) => name === 'stream rollup')
    const commit = async (lost: (typeof P0)[]) => {
      source.deliver(P0, errorLines(10))
      store.held[0]?.finish(lost)
      await settle()
    }
    await commit([P0])
    expect(said()).toMatchObject({ ok: true, detail: 'reads' }) // somebody may have taken it over
    await commit([P0])
    expect(said()).toMatchObject({ ok: false, detail: expect.stringContaining('did not go through') as string })
    await commit([])
    expect(said()).toMatchObject({ ok: true, detail: 'commits' })
  })

  test('a lost range is committed at once, though nothing is read behind it', async () => {
    const { source, store } = await startStream()
    store.resumeOf = () => ({ incarnation: 0, from: 50, next: 50, lost: { from: 10, to: 50, reason: 'skipped' } })
    source.assign(P0)
    await settle()
    expect(store.nextOf('rollup', P0)).toBe(50)
    expect(store.units[0]?.rollup[0]?.ledger).toMatchObject([{ block: 10, counts: { consumed: 40, skipped: 40 } }])
  })
})

test('where what was written must not be read again, new blocks open behind it, and that is committed at once', async () => {
  const { source, store } = await startStream({ branches: ['detail'], settings: { detail: { flushDocuments: 3 } } })
  source.assign(P0)
  await settle()
  source.deliver(P0, errorLines(3))
  await settle()
  expect(store.committed.get(`detail ${K0}`)).toMatchObject({ next: 3, from: 0 })
  store.holds = true
  store.needsNewBlocks = true
  source.deliver(P0, errorLines(3))
  store.held[0]?.finish()
  store.holds = false
  store.needsNewBlocks = false
  await settle()
  expect(store.committed.get(`detail ${K0}`)).toMatchObject({ next: 6, from: 6 })
})
