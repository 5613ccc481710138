import { expect, test } from 'vitest'
import { schema } from '../../../src/config/schema.ts'
import { TracefoldError } from '../../../src/errors.ts'
import { createHealth } from '../../../src/health.ts'
import { Tallies } from '../../../src/stream/tally.ts'
import { aPartition, T0 } from '../../support/builders.ts'
import { errorLines, settle, startStream } from '../stream/fakes.ts'
import { apiWith, NOW } from './fakes.ts'

test('a stream says how far it is, how fast, how late, and what its time goes to', async () => {
  let nowMs = T0
  const tallies = new Tallies()
  const { stream, source } = await startStream({ now: () => nowMs, settings: schema.parse({}), tallies })
  source.assign(aPartition())
  await settle()
  source.deliver(aPartition(), [...errorLines(28), null, 'junk'], 100)
  nowMs += 3_000
  await stream.stop()
  const app = await apiWith({ pipeline: () => ({ streams: [stream.report()], tallies }) })
  const answer = (await app.inject('/api/v1/pipeline')).json()
  expect(answer.streams).toMatchObject([
    {
      branches: ['rollup'],
      partitions: [
        {
          topic: 'error-logs',
          partition: 0,
          position: 30,
          committed: 30,
          end: 100,
          has_more: false,
          lag_records: 70,
          lag_seconds: 3,
        },
      ],
      records_per_second: 7.5,
      latency_seconds: { samples: 1, p50: 3, max: 3 },
      last_commit: new Date(T0 + 3_000).toISOString(),
      spent: { decoding: { entries: 1 }, writing: { entries: 1 }, backpressure: { seconds: 0, entries: 0 } },
    },
  ])
  const counts = { consumed: 30, counted: 28, filtered: 1, dead: 1, expired: 0, skipped: 0 }
  expect(answer.counts).toEqual({ ...counts, branches: [{ branch: 'rollup', ...counts }] })
})

test('where nobody knows the end, nobody knows how many records it is behind', async () => {
  const { stream, source } = await startStream({ settings: schema.parse({}) })
  source.assign(aPartition())
  await settle()
  const app = await apiWith({ pipeline: () => ({ streams: [stream.report()], tallies: new Tallies() }) })
  expect((await app.inject('/api/v1/pipeline')).json().streams[0]).toMatchObject({
    partitions: [{ end: null, lag_records: null, lag_seconds: null }],
    last_commit: null,
  })
  await stream.stop()
})

test('what was lost is among the terms of the account, each range once, however often its partition is opened', async () => {
  const tallies = new Tallies()
  const { source, store, stream } = await startStream({ branches: ['detail', 'rollup'], tallies })
  const lost = { expired: { from: 0, to: 40, reason: 'expired' }, skipped: { from: 100, to: 107, reason: 'skipped' } } as const
  store.resumeOf = (_, { partition }) =>
    partition === 0
      ? { incarnation: 0, from: 40, next: 40, lost: lost.expired }
      : { incarnation: 0, from: 107, next: 107, lost: lost.skipped }
  store.holds = true
  for (let i = 0; i < 2; i++) {
    source.assign(aPartition(), aPartition({ partition: 1 }))
    store.held[0]?.fail(new TracefoldError('aborted', 'another assignment'))
    await settle()
  }
  expect(store.opened).toHaveLength(4)
  store.holds = false
  source.deliver(aPartition(), [...errorLines(2), null])
  store.held[0]?.finish()
  await settle()
  await stream.stop()
  const app = await apiWith({ pipeline: () => ({ streams: [], tallies }) })
  const counts = { consumed: 50, counted: 2, filtered: 1, dead: 0, expired: 40, skipped: 7 }
  expect((await app.inject('/api/v1/pipeline')).json().counts).toEqual({
    ...counts,
    branches: [
      { branch: 'detail', ...counts },
      { branch: 'rollup', ...counts },
    ],
  })
})

test('the last troubles are told with their time, each once, the newest first, also when they are over', async () => {
  let nowMs = NOW
  const health = createHealth(() => nowMs++)
  for (const detail of ['No answer.', 'No answer.']) health.set('druid', false, detail)
  health.set('druid', true, 'Answers.')
  health.set('kafka', false, 'away')
  const answer = (await (await apiWith({ health })).inject('/api/v1/pipeline')).json()
  expect(answer.streams).toEqual([])
  expect(answer.troubles).toEqual([
    { at: new Date(NOW + 1).toISOString(), name: 'kafka', detail: 'away' },
    { at: new Date(NOW).toISOString(), name: 'druid', detail: 'No answer.' },
  ])
})
