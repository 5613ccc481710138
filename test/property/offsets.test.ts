/**
 * Offsets never pass a gap: whatever is assigned, lost, delayed or refused, the position that is committed of a partition is exactly the number of
 * its events that were committed with it. Every record of the logs here holds one event, and offsets begin at zero, so the two are one number.
 */
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TracefoldError } from '../../src/errors.ts'
import { partitionKey } from '../../src/source/source.ts'
import { aPartition, T0 } from '../support/builders.ts'
import { errorLines, settle, startStream, type Harness } from '../unit/stream/fakes.ts'

const PARTITIONS = [0, 1, 2].map((partition) => aPartition({ partition }))

type Action =
  | { readonly do: 'deliver'; readonly partition: number; readonly count: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'finish'; readonly lost: number }
  | { readonly do: 'fail'; readonly code: 'aborted' | 'partition_lost' }
  | { readonly do: 'assign'; readonly partitions: readonly number[] }
  | { readonly do: 'reopen'; readonly partition: number }
  | { readonly do: 'hold'; readonly holds: boolean }

function actions(): fc.Arbitrary<Action[]> {
  const partition = fc.nat(2)
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), partition, count: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, 1_000) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('finish' as const), lost: fc.nat(5) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('fail' as const), code: fc.constantFrom('aborted' as const, 'partition_lost' as const) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('assign' as const), partitions: fc.subarray([0, 1, 2]) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), partition }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), holds: fc.boolean() }) },
  )
  return fc.array(action, { maxLength: 40, size: 'max' })
}

async function act({ source, store }: Harness, action: Action): Promise<void> {
  const named = PARTITIONS[('partition' in action ? action.partition : 'lost' in action ? action.lost : 0) % 3]
  const p = named ?? aPartition()
  if (action.do === 'deliver') source.deliver(p, errorLines(action.count))
  else if (action.do === 'wait') await vi.advanceTimersByTimeAsync(action.ms)
  else if (action.do === 'finish') store.held[0]?.finish(action.lost < 3 ? [p] : [])
  else if (action.do === 'fail') store.held[0]?.fail(new TracefoldError(action.code, 'the test says so'))
  else if (action.do === 'assign') source.assign(...action.partitions.flatMap((i) => PARTITIONS[i] ?? []))
  else if (action.do === 'reopen') source.handler?.onReopen(p)
  else store.holds = action.holds
  await settle()
}

function check({ store, source }: Harness): void {
  for (const p of PARTITIONS) {
    const next = store.nextOf('rollup', p) ?? 0
    expect({ p, counted: store.counted.get(partitionKey(p)) ?? 0 }).toEqual({ p, counted: next })
    expect(source.through.get(partitionKey(p)) ?? 0).toBeLessThanOrEqual(next)
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: T0 })
})
afterEach(() => {
  vi.useRealTimers()
})

test('a committed position never lies past what was folded and written, nor before it', async () => {
  await fc.assert(
    fc.asyncProperty(actions(), async (schedule) => {
      const harness = await startStream({ now: Date.now, settings: { rollup: { flushRows: 8, maxRows: 20 } } })
      harness.source.assign(...PARTITIONS)
      await settle()
      for (const action of schedule) {
        await act(harness, action)
        check(harness)
      }
      harness.store.holds = false
      harness.store.held[0]?.finish()
      await settle()
      await harness.stream.stop()
      check(harness)
    }),
    { numRuns: 150 },
  )
})
