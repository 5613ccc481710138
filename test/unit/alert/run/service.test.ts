/** The alert service over a clock that the test moves: gaps, blindness, heartbeats, decisions of people. */
import { afterEach, expect, test } from 'vitest'
import { aCountRow } from '../../../support/alert-builders.ts'
import { AlertingWorld, type WorldOptions } from '../../../support/alerting.ts'
import { MINUTE, HOUR, T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'

const FAILS = {
  title: 'A job fails',
  id: 'job-fails',
  level: 'custom',
  severity: 'high',
  per: 'job',
  condition: { count: { over: '2m', atLeast: 5 } },
  keepFiring: '1m',
}
const hook = (rule: string) => (url: string) => ({ hook: { type: 'webhook', url: `${url}/hook`, match: { rule } } })

let world: AlertingWorld
afterEach(() => world.close())

async function make(options: WorldOptions): Promise<void> {
  world = await AlertingWorld.make(options)
}

const said = () =>
  world
    .told()
    .map(({ status, alerts }) => [status, ...alerts.map(({ rule, job, startsAt }) => `${rule.id} ${job ?? ''} ${startsAt.slice(11, 16)}`)])

test('what happened while no process ran is evaluated by its own time, and told', async () => {
  await make({ rules: [FAILS], receivers: hook('job-fails') })
  const first = world.start()
  await world.evaluated(first)
  await first.stop()
  world.reader.rows = [
    aCountRow({ windowMs: T0 + 20 * MINUTE, job: 'orders', count: 7 }),
    aCountRow({ windowMs: T0 + 89 * MINUTE, job: 'bills', count: 7 }),
  ]
  world.nowMs += 90 * MINUTE
  const second = world.start()
  await world.evaluated(second)
  await waitUntil('both', () => said().length === 2)
  expect(said()).toEqual([
    ['resolved', 'job-fails orders 10:20'],
    ['firing', 'job-fails bills 11:29'],
  ])
  expect(await second.desk.history({ fromMs: T0, toMs: T0 + 2 * HOUR, limit: 10 })).toMatchObject([
    { subject: { job: 'bills' } },
    { subject: { job: 'orders' }, status: 'resolved' },
  ])
})

test('where the rollups are away, that is an alert; no minute passes unseen, and nothing that fires is taken for resolved', async () => {
  await make({
    rules: [FAILS],
    receivers: (url) => ({ hook: { type: 'webhook', url: `${url}/hook`, match: { rule: ['job-fails', 'rules-blind'] } } }),
  })
  world.reader.rows = [aCountRow({ windowMs: T0, job: 'orders', count: 7 })]
  const one = world.start()
  await world.evaluated(one)
  await waitUntil('the first alert', () => said().length === 1)
  world.reader.isAway = true
  await world.advance(one, 5_000)
  expect((await one.desk.evaluation()).blind).toContain('the rollups are away')
  world.reader.rows.push(aCountRow({ windowMs: T0 + 2 * MINUTE, job: 'bills', count: 7 }))
  await world.advance(one, 10 * MINUTE)
  await waitUntil('blindness', () => said().length === 2)
  expect(await one.desk.alerts({ rule: 'job-fails' })).toMatchObject([{ phase: 'firing', subject: { job: 'orders' } }])
  world.reader.isAway = false
  await world.advance(one, 5_000)
  await waitUntil('what was missed', () => said().length === 3)
  expect(said()).toEqual([
    ['firing', 'job-fails orders 10:00'],
    ['firing', 'rules-blind  10:10'],
    expect.arrayContaining(['job-fails bills 10:02']),
  ])
  expect((await one.desk.evaluation()).blind).toBeNull()
})

test('while the stream is behind, its minutes are not taken to be complete, nor while rollups are not written', async () => {
  await make({ rules: [FAILS] })
  const one = world.start()
  await world.advance(one, MINUTE)
  const until = async () => (await one.desk.evaluation()).shards[0]!.evaluatedUntilMs
  expect(await until()).toBe(T0 + MINUTE)
  world.pipeline = { lagMs: 5 * MINUTE, trouble: null }
  await world.advance(one, 3 * MINUTE)
  expect(await until()).toBe(T0 + MINUTE)
  world.pipeline = { lagMs: 0, trouble: 'Druid does not read' }
  await world.evaluated(one)
  await world.advance(one, 2 * MINUTE)
  expect(await until()).toBe(T0 + MINUTE)
  world.pipeline = { lagMs: 0, trouble: null }
  await world.advance(one, MINUTE)
  expect(await until()).toBe(T0 + 7 * MINUTE)
})

test('a shard that cannot be opened is said: in health, by the API, by the metric; and no more once it is open', async () => {
  await make({ rules: [FAILS], shards: 2 })
  await world.keep(1, { key: 'at', value: { v: 2, untilMs: T0, owner: 'a newer one', atMs: T0 } })
  const one = world.start()
  const ownHealth = () => one.health.ready().checks.find(({ name }) => name === 'alerts')
  await waitUntil('it to be said', () => ownHealth()?.ok === false)
  expect(ownHealth()?.detail).toMatch(/shard 1 .*version 2/)
  expect((await one.desk.evaluation()).blind).toBe(ownHealth()?.detail.replace('sees nothing: ', ''))
  expect((await one.metrics.exposition()).text).toMatch(/^tracefold_alerts_blind 1$/m)
  expect((await one.metrics.exposition()).text).toMatch(/^tracefold_alert_shards 1$/m)
  expect(one.service.isHealthy()).toBe(false)
  await world.keep(1, { key: 'at', value: { v: 1, untilMs: T0, owner: 'us', atMs: T0 } })
  await waitUntil('it to be open', () => (world.nowMs += 5_000) > 0 && ownHealth()?.ok === true)
  await world.advance(one, MINUTE)
  await waitUntil('both to be evaluated', async () => (await one.desk.evaluation()).blind === null)
  expect((await one.metrics.exposition()).text).toMatch(/^tracefold_alerts_blind 0$/m)
})

test('a process that has evaluated nothing yet, or nothing for long, says that its rules see nothing', async () => {
  await make({ rules: [FAILS] })
  const one = world.start()
  expect((await one.desk.evaluation()).blind).toBe('nothing is evaluated yet')
  await world.evaluated(one)
  await waitUntil('it to see', async () => (await one.desk.evaluation()).blind === null)
  let release = (): void => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const { counts } = world.reader
  world.reader.counts = async (range) => held.then(() => counts.call(world.reader, range))
  world.nowMs += 10 * MINUTE
  expect((await one.desk.evaluation()).blind).toMatch(/^nothing is evaluated since 2026-11-20T10:00/)
  release()
  await world.evaluated(one)
  await waitUntil('it to see again', async () => (await one.desk.evaluation()).blind === null)
})

test('a heartbeat comes while rules see; while they are blind, or another shard stands still, none is due', async () => {
  await make({ receivers: (url) => ({ beat: { type: 'heartbeat', url: `${url}/beat`, everyMs: 1_000 } }) })
  const one = world.start()
  await world.evaluated(one)
  await waitUntil('a beat', () => world.receiver.received.some(({ url }) => url.pathname === '/beat'))
  expect(one.service.isHealthy()).toBe(true)
  world.reader.isAway = true
  await world.advance(one, 5_000)
  expect(one.service.isHealthy()).toBe(false)
  world.reader.isAway = false
  await world.advance(one, 5_000)
  expect(one.service.isHealthy()).toBe(true)
  world.pipeline = { lagMs: HOUR, trouble: null }
  await world.advance(one, HOUR)
  expect(one.service.isHealthy()).toBe(false)
})

test("receivers and silences are for an alert's category, also where the alert is of a job or of a group", async () => {
  const group = { ...FAILS, id: 'group-fails', per: 'group' }
  await make({
    rules: [FAILS, group],
    receivers: (url) => ({
      hook: { type: 'webhook', url: `${url}/hook`, match: { category: '*memory*', rule: ['job-fails', 'group-fails'] } },
    }),
  })
  world.reader.rows = [
    aCountRow({ windowMs: T0, job: 'orders', category: 'out-of-memory', count: 7 }),
    aCountRow({ windowMs: T0, job: 'bills', category: 'timeout', count: 7 }),
  ]
  const one = world.start()
  await world.evaluated(one)
  await waitUntil('both', () => said().length === 2)
  expect(said().toSorted()).toEqual([
    ['firing', 'group-fails orders 10:00'],
    ['firing', 'job-fails orders 10:00'],
  ])
  await one.desk.silence({ match: { category: '*memory*' }, fromMs: world.nowMs, untilMs: world.nowMs + HOUR, who: 'ann', comment: null })
  const alerts = (await one.desk.alerts({})).filter(({ rule }) => rule.level === 'custom')
  expect(alerts.map(({ subject, hushed }) => [subject.category, hushed]).toSorted()).toEqual([
    ['out-of-memory', 'silence'],
    ['out-of-memory', 'silence'],
    ['timeout', null],
    ['timeout', null],
  ])
})

test('a silence and an acknowledgement are kept, and reach whoever tells', async () => {
  await make({ rules: [FAILS], receivers: hook('job-fails') })
  const one = world.start()
  await world.evaluated(one)
  await one.desk.silence({ match: { job: 'orders' }, fromMs: world.nowMs, untilMs: world.nowMs + HOUR, who: 'ann', comment: 'deploy' })
  world.reader.rows = [aCountRow({ windowMs: T0, job: 'orders', count: 7 }), aCountRow({ windowMs: T0, job: 'bills', count: 7 })]
  await world.advance(one, 10_000)
  await waitUntil('the other', () => said().length === 1)
  expect(said()).toEqual([['firing', 'job-fails bills 10:00']])
  const [bills, orders] = await one.desk.alerts({ rule: 'job-fails' })
  expect([bills, orders].map((alert) => [alert?.subject.job, alert?.hushed])).toEqual(
    expect.arrayContaining([
      ['bills', null],
      ['orders', 'silence'],
    ]),
  )
  const key = world.told()[0]!.alerts[0]!.key
  await one.desk.acknowledge(key, { who: 'bob', comment: null })
  expect((await one.desk.alerts({ rule: 'job-fails' })).find((alert) => alert.key === key)?.acknowledged).toMatchObject({ who: 'bob' })
  await expect(one.desk.acknowledge('nothing', { who: 'bob', comment: null })).rejects.toMatchObject({ code: 'not_found' })
})

test('what people do to a group outlives the process, and a resolved one that comes back is told', async () => {
  await make({ receivers: hook('error-is-back') })
  world.reader.rows = [aCountRow({ windowMs: T0, job: 'orders' })]
  const first = world.start()
  await world.evaluated(first)
  const name = { job: 'orders', fingerprint: world.reader.rows[0]!.fingerprint }
  world.nowMs += MINUTE
  expect(await first.desk.changeGroup(name, { kind: 'resolve' }, { who: 'ann', comment: 'fixed' })).toMatchObject({ state: 'resolved' })
  await world.advance(first, MINUTE)
  await first.stop()
  const second = world.start()
  await world.evaluated(second)
  expect(await second.desk.group(name)).toMatchObject({
    state: 'resolved',
    record: { changes: [{ to: 'resolved', who: 'ann', comment: 'fixed' }] },
  })
  await expect(second.desk.changeGroup(name, { kind: 'resolve' }, { who: 'bob', comment: null })).rejects.toMatchObject({
    code: 'bad_request',
  })
  world.reader.rows.push(aCountRow({ windowMs: T0 + 3 * MINUTE, job: 'orders' }))
  await world.advance(second, MINUTE)
  await waitUntil('its return', () => said().length === 1)
  expect(said()).toEqual([['firing', 'error-is-back orders 10:03']])
})

test('a rule that names receivers is told to these alone', async () => {
  const rules = [{ ...FAILS, receivers: ['other'] }]
  await make({
    rules,
    receivers: (url) => ({
      hook: { type: 'webhook', url: `${url}/hook`, match: { rule: 'job-fails' } },
      other: { type: 'webhook', url: `${url}/other`, match: { rule: 'nothing' } },
    }),
  })
  world.reader.rows = [aCountRow({ windowMs: T0, job: 'orders', count: 7 })]
  const one = world.start()
  await world.evaluated(one)
  await waitUntil('the other', () => world.receiver.received.length > 0)
  expect(world.receiver.received.map(({ url }) => url.pathname)).toEqual(['/other'])
})

test('a rule that names only receivers that there are not is told as if it named none', async () => {
  await make({ rules: [{ ...FAILS, receivers: ['othr'] }], receivers: hook('job-fails') })
  world.reader.rows = [aCountRow({ windowMs: T0, job: 'orders', count: 7 })]
  await world.evaluated(world.start())
  await waitUntil('it all the same', () => said().length > 0)
  expect(said()).toEqual([['firing', 'job-fails orders 10:00']])
})

test('dead letters count over all processes, whichever evaluates', async () => {
  await make({
    rules: [
      {
        title: 'Bad records',
        id: 'bad-records',
        level: 'platform',
        severity: 'high',
        per: 'platform',
        condition: { dead_letter_ratio: { over: '10m', above: 0.5, minimum: 100 } },
      },
    ],
    receivers: hook('bad-records'),
  })
  const reads = world.start({ owner: 'reads' })
  await world.evaluated(reads)
  world.tally = { ...world.tally, counted: 20, dead: 180 }
  await world.advance(reads, 2 * MINUTE)
  await waitUntil('what it told', () => said().length === 1)
  await reads.stop()
  world.tally = { ...world.tally, counted: 0, dead: 0 }
  const evaluates = world.start({ owner: 'evaluates' })
  await world.evaluated(evaluates)
  expect((await evaluates.desk.alerts({ phase: 'firing', rule: 'bad-records' })).map(({ alert }) => alert?.count)).toEqual([180])
})
