import { expect, test } from 'vitest'
import { schema } from '../../../src/config/schema.ts'
import { createHealth } from '../../../src/health.ts'
import { aPartition, T0 } from '../../support/builders.ts'
import { errorLines, settle, startStream } from '../stream/fakes.ts'
import { apiWith, NOW } from './fakes.ts'

test('a stream says how far it is, how fast, how late, and what its time goes to', async () => {
  let nowMs = T0
  const { stream, source } = await startStream({ now: () => nowMs, settings: schema.parse({}) })
  source.assign(aPartition())
  await settle()
  source.deliver(aPartition(), errorLines(30), 100)
  nowMs += 3_000
  await stream.stop()
  const app = await apiWith({ pipeline: () => ({ streams: [stream.report()], tally: { counted: 28, filtered: 1, dead: 1, firstMs: null, lastMs: null } }) })
  const answer = (await app.inject('/api/v1/pipeline')).json()
  expect(answer.streams).toMatchObject([
    {
      branches: ['rollup'],
      partitions: [{ topic: 'error-logs', partition: 0, position: 30, committed: 30, end: 100, lagRecords: 70, lagSeconds: 3 }],
      recordsPerSecond: 7.5,
      latencySeconds: { samples: 1, p50: 3, max: 3 },
      lastCommitMs: T0 + 3_000,
      spent: { decoding: { times: 1 }, writing: { times: 1 }, backpressure: { seconds: 0, times: 0 } },
    },
  ])
  expect(answer.counts).toEqual({ consumed: 30, counted: 28, filtered: 1, dead: 1 })
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
