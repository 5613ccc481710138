/** Since when a stream has a commit under way, as its report says it. */
import { expect, test } from 'vitest'
import { aPartition, T0 } from '../../support/builders.ts'
import { errorLines, settle, startStream } from './fakes.ts'

const P = aPartition()

test('a commit is under way from when it is sent until it ends, also where it is lost or aborted', async () => {
  let nowMs = T0
  const { stream, source, store } = await startStream({ now: () => nowMs, settings: { rollup: { flushRows: 1 } } })
  const since = (): number | null => stream.report().committingSinceMs
  source.assign(P)
  await settle()
  store.holds = true
  expect(since()).toBeNull()

  source.deliver(P, errorLines(1))
  nowMs += 90_000
  expect(since()).toBe(T0)
  store.held[0]?.finish([P])
  await settle()
  expect(since()).toBeNull()

  source.deliver(P, errorLines(1))
  expect(since()).toBe(T0 + 90_000)
  store.held[0]?.finish()
  await settle()
  expect(since()).toBeNull()
  store.holds = false
  await stream.stop()
  expect(since()).toBeNull()
})
