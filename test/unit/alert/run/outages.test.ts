/** Outages of what evaluation reads from: nothing is taken for ended that is only not counted, what was missed is evaluated once it is counted, and the streams go on. */
import { afterEach, expect, test } from 'vitest'
import { ClusterLag } from '../../../../src/alert/run/cluster-lag.ts'
import { Evaluator } from '../../../../src/alert/run/evaluator.ts'
import { Groups } from '../../../../src/alert/run/groups.ts'
import { IngestionLag } from '../../../../src/alert/run/ingestion-lag.ts'
import type { ShardInput } from '../../../../src/alert/run/shard.ts'
import { TracefoldError } from '../../../../src/errors.ts'
import { aCountRow, PLAIN } from '../../../support/alert-builders.ts'
import { AlertingWorld, RowsReader, type AlertingProcess } from '../../../support/alerting.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'

const RULE = {
  title: 'A job fails',
  id: 'job-fails',
  level: 'custom',
  severity: 'high',
  per: 'job',
  condition: { count: { over: '2m', atLeast: 5 } },
  keepFiring: '1m',
}
const receivers = (url: string) => ({ hook: { type: 'webhook', url: `${url}/hook`, match: { rule: 'job-fails' } } })

let world: AlertingWorld
afterEach(() => world.close())

const said = (): string[] => world.told().flatMap(({ alerts }) => alerts.map(({ job, status }) => `${status} ${job ?? ''}`))

async function firing(): Promise<AlertingProcess> {
  world = await AlertingWorld.make({ rules: [RULE], receivers })
  world.reader.rows = [aCountRow({ windowMs: T0, job: 'orders', count: 7 })]
  const one = world.start()
  await world.evaluated(one)
  await waitUntil('it to be told', () => said().length === 1)
  return one
}

test.each([
  ['are not written', { lagMs: 0, trouble: 'Druid does not read' }],
  ['are far behind', { lagMs: 30 * MINUTE, trouble: null }],
])('while the rollups %s, nothing ends; it ends when they tell again', async (_, state) => {
  const one = await firing()
  world.pipeline = state
  await world.evaluated(one)
  for (let i = 0; i < 10; i++) await world.advance(one, 2 * MINUTE)
  expect((await one.desk.alerts({ rule: 'job-fails' })).map(({ phase }) => phase)).toEqual(['firing'])
  expect(said()).toEqual(['firing orders'])
  world.pipeline = { lagMs: 0, trouble: null }
  await world.advance(one, MINUTE)
  await world.advance(one, MINUTE)
  await waitUntil('its end', () => said().length === 2)
  expect(said()).toEqual(['firing orders', 'resolved orders'])
})

test('what happened while nothing ran is evaluated once the stream has counted it', async () => {
  world = await AlertingWorld.make({ rules: [RULE], receivers })
  const first = world.start()
  await world.evaluated(first)
  await first.stop()
  world.nowMs += 12 * MINUTE
  world.pipeline = { lagMs: null, trouble: null } // before the first batch
  const second = world.start()
  await world.evaluated(second)
  world.pipeline = { lagMs: 12 * MINUTE, trouble: null }
  await world.advance(second, 5_000)
  for (let i = 1; i <= 5; i++) world.reader.rows.push(aCountRow({ windowMs: T0 + i * MINUTE, job: 'bills', count: 700 }))
  world.pipeline = { lagMs: 0, trouble: null }
  await world.advance(second, 5_000)
  await world.advance(second, MINUTE)
  await waitUntil('what was missed', () => said().length > 0)
  expect(said()).toEqual(['resolved bills'])
})

test('blindness that outlasts the process that told of it is not told as over, nor again', async () => {
  world = await AlertingWorld.make({
    receivers: (url) => ({ hook: { type: 'webhook', url: `${url}/hook`, match: { rule: 'rules-blind' } } }),
  })
  const told = (): string[] => world.told().map(({ status }) => status)
  world.reader.isAway = true
  const first = world.start()
  await world.evaluated(first)
  await world.advance(first, 3 * MINUTE)
  await waitUntil('it to be told', () => told().length === 1)
  await first.stop()
  world.nowMs += 10 * MINUTE
  const second = world.start()
  for (const ms of [0, MINUTE, MINUTE, MINUTE, 5 * MINUTE]) await world.advance(second, ms)
  world.reader.isAway = false
  for (const ms of [5_000, 4 * MINUTE]) await world.advance(second, ms)
  expect([told(), (await second.desk.alerts({ rule: 'rules-blind' })).map(({ phase }) => phase)]).toEqual([['firing'], ['firing']])
  await world.advance(second, 2 * MINUTE)
  await waitUntil('its end', () => told().length === 2)
  expect(told()).toEqual(['firing', 'resolved'])
})

test('a lag that is over is told as over only after it was looked at for long enough, whoever looks', async () => {
  world = await AlertingWorld.make({
    receivers: (url) => ({ hook: { type: 'webhook', url: `${url}/hook`, match: { rule: 'pipeline-behind' } } }),
  })
  const told = (): string[] => world.told().map(({ status }) => status)
  world.pipeline = { lagMs: 9 * MINUTE, trouble: null }
  const first = world.start()
  await world.evaluated(first)
  await world.advance(first, 6 * MINUTE)
  await waitUntil('it to be told', () => told().length === 1)
  await first.stop()
  world.nowMs += 10 * MINUTE
  world.pipeline = { lagMs: null, trouble: null }
  const second = world.start()
  await world.evaluated(second)
  world.pipeline = { lagMs: 19 * MINUTE, trouble: null }
  await world.advance(second, 10_000)
  world.pipeline = { lagMs: 0, trouble: null }
  await world.advance(second, 4 * MINUTE)
  expect((await second.desk.alerts({ rule: 'pipeline-behind' })).map(({ phase }) => phase)).toEqual(['firing'])
  await world.advance(second, 2 * MINUTE)
  await waitUntil('its end', () => told().length === 2)
  expect(told()).toEqual(['firing', 'resolved'])
})

test('what is over is told as over however often processes change, once all of them together have looked for long enough', async () => {
  world = await AlertingWorld.make({
    receivers: (url) => ({ hook: { type: 'webhook', url: `${url}/hook`, match: { rule: 'pipeline-behind' } } }),
  })
  const told = (): string[] => world.told().map(({ status }) => status)
  world.pipeline = { lagMs: 9 * MINUTE, trouble: null }
  const first = world.start()
  await world.evaluated(first)
  await world.advance(first, 6 * MINUTE)
  await waitUntil('it to be told', () => told().length === 1)
  await first.stop()
  world.pipeline = { lagMs: 0, trouble: null }
  const toldBy: number[] = []
  for (let i = 0; i < 2; i++) {
    const next = world.start()
    await world.evaluated(next)
    for (let minute = 0; minute < 3; minute++) await world.advance(next, MINUTE)
    await next.stop()
    toldBy.push(told().length)
    world.nowMs += 20 * MINUTE
  }
  expect(toldBy).toEqual([1, 2])
  expect(told()).toEqual(['firing', 'resolved'])
})

test('rules whose alerts find no room are blind, until a while after the last', async () => {
  const found: (string | null)[] = []
  let refused = 3
  const shard = {
    shard: 0,
    untilMs: T0,
    skipTo: () => false,
    use: () => {},
    evaluate: async ({ pipeline }: Pick<ShardInput, 'pipeline'>) => {
      const { blindSinceMs = null, blindWhy = null } = pipeline ?? {}
      found.push(blindSinceMs === null ? null : `${(blindSinceMs - T0) / MINUTE} ${blindWhy}`)
      return { alerts: 0, refused }
    },
  }
  const evaluator = new Evaluator({
    reader: new RowsReader(),
    groups: new Groups(),
    wording: PLAIN,
    delayMs: 1,
    maxLagMs: HOUR,
    maxGapMs: DAY,
    onGap: () => {},
    onLost: () => {},
  })
  for (const minute of [0, 1, 3, 4, 5, 6]) {
    if (minute > 3) refused = 0
    await evaluator.round([shard], T0 + minute * MINUTE, { lagMs: 0, trouble: null }, [])
  }
  const why = 'there are so many alerts that others find no room; the less severe find it last'
  expect(found).toEqual([null, `1 ${why}`, null, `4 ${why}`, null, null])
})

test('a stream that looks for where it left off is waited for, however long it says no more than that it is behind', async () => {
  world = await AlertingWorld.make({ rules: [RULE], receivers })
  const first = world.start()
  await world.evaluated(first)
  await first.stop()
  world.nowMs += 12 * MINUTE
  world.pipeline = { lagMs: null, isBehind: true, trouble: null }
  const second = world.start()
  for (let i = 0; i < 4; i++) await world.advance(second, MINUTE)
  for (let i = 1; i <= 5; i++) world.reader.rows.push(aCountRow({ windowMs: T0 + i * MINUTE, job: 'bills', count: 700 }))
  world.pipeline = { lagMs: 0, trouble: null }
  await world.advance(second, MINUTE)
  await waitUntil('what was missed', () => said().length > 0)
  expect(said()).toEqual(['resolved bills'])
})

test('rollups that refuse to be read make rules blind, and harm nothing else', async () => {
  const one = await firing()
  const { counts } = world.reader
  world.reader.counts = async () => {
    throw new TracefoldError('store_refused', 'Druid refuses SQL with 400: Resource limit exceeded')
  }
  await world.evaluated(one)
  expect((await one.desk.evaluation()).blind).toContain('Resource limit exceeded')
  world.reader.counts = counts
  await world.evaluated(one)
  await waitUntil('it to see again', async () => (await one.desk.evaluation()).blind === null)
})

test('a stop waits for what is under way, and the next process does not send it again', async () => {
  world = await AlertingWorld.make({ rules: [RULE], receivers })
  const held: (() => void)[] = []
  world.receiver.answer((response) => void held.push(() => response.end('ok')))
  world.reader.rows = [aCountRow({ windowMs: T0, job: 'orders', count: 7 })]
  const one = world.start()
  await waitUntil('it to be under way', () => held.length === 1)
  const stopped = one.stop()
  held[0]?.()
  await stopped
  world.receiver.answer((response) => void response.end('ok'))
  const two = world.start()
  for (let i = 0; i < 3; i++) await world.evaluated(two)
  expect(said()).toEqual(['firing orders'])
})

test('a look that finds records unread knows by earlier ends how old they are', () => {
  const lag = new ClusterLag()
  for (const [agoMs, end] of [
    [60 * MINUTE, 100],
    [10 * MINUTE, 200],
    [0, 300],
  ] as const)
    lag.note(T0 - agoMs, new Map([['t/0', end]]))
  expect([50, 100, 200, 300].map((committed) => lag.lagMs(T0, new Map([['t/0', committed]])))).toEqual([
    60 * MINUTE,
    60 * MINUTE,
    10 * MINUTE,
    0,
  ])
})

test('a stream that stands still for days is days behind', () => {
  const lag = new ClusterLag()
  for (let ms = 0; ms <= 3 * DAY; ms += 30_000) lag.note(T0 + ms, new Map([['t/0', 100 + ms]]))
  const behindMs = lag.lagMs(T0 + 3 * DAY, new Map([['t/0', 100 + HOUR]]))!
  expect(behindMs).toBeGreaterThanOrEqual(3 * DAY - HOUR)
  expect(behindMs).toBeLessThanOrEqual(3 * DAY)
})

test('Druid is behind also by what was written before the first look', () => {
  const lag = new IngestionLag()
  lag.note(T0 - 40 * MINUTE, new Map([['r/0', 100]]))
  lag.note(T0 - 10 * MINUTE, new Map([['r/0', 200]]))
  expect(lag.lagMs(T0, new Map([['r/0', 300]]), new Map([['r/0', 150]]))).toBe(40 * MINUTE)
})

test('Druid is behind by the first row that it has not read; a marker behind the last row is no row', () => {
  const lag = new IngestionLag()
  const look = (atMs: number, end: number, read: number | null): number =>
    lag.lagMs(atMs, new Map([['r/0', end]]), new Map(read === null ? [] : [['r/0', read]]))
  expect(look(T0, 101, 100)).toBe(0)
  expect(look(T0 + MINUTE, 202, 100)).toBe(MINUTE)
  expect(look(T0 + 2 * MINUTE, 303, 100)).toBe(2 * MINUTE)
  expect(look(T0 + 3 * MINUTE, 303, null)).toBe(0)
  expect(look(T0 + 4 * MINUTE, 303, 301)).toBeGreaterThan(0)
  expect(look(T0 + 5 * MINUTE, 303, 301)).toBe(0)
})

test('a marker behind the last row is no row at the next look, either', () => {
  const lag = new IngestionLag()
  const look = (atMs: number): number => lag.lagMs(atMs, new Map([['r/0', 101]]), new Map([['r/0', 100]]))
  expect(look(T0)).toBe(0)
  expect(look(T0 + MINUTE)).toBe(0)
})
