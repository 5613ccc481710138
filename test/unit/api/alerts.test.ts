/** Alerts, rules, silences, groups and deliveries, as the API shows and changes them. */
import type { InjectOptions } from 'fastify'
import { describe, expect, it } from 'vitest'
import { problemAnswer } from '../../../src/api/schemas.ts'
import type { AlertDesk } from '../../../src/alert/desk.ts'
import { aShownAlert, failing, fakeDesk } from './fake-desk.ts'
import { apiWith, fakeReader, NOW, topRow } from './fakes.ts'

const HOUR = 3_600_000
const WHO = { who: 'ada', comment: 'looking into it' }
const RULE = 'title: Orders fail\nid: orders-fail\n'

async function asking(over: Partial<AlertDesk> = {}) {
  const desk = fakeDesk(over)
  const app = await apiWith({ alerts: desk })
  const ask = async (request: InjectOptions) => {
    const response = await app.inject({ ...request, url: `/api/v1${String(request.url)}` })
    return { status: response.statusCode, body: response.json() as Record<string, unknown> }
  }
  return { desk, ask }
}

const json = (method: 'POST' | 'PUT' | 'PATCH', url: string, payload: unknown): InjectOptions => ({
  method,
  url,
  headers: { 'content-type': 'application/json' },
  payload: JSON.stringify(payload),
})

describe('alerts', () => {
  it('say what happens, where, how much, since when and what to do', async () => {
    const { ask } = await asking()
    const { status, body } = await ask({ url: '/alerts' })
    expect([status, body]).toMatchObject([200, { blind: null, firing: 1, total: 1 }])
    expect(body['alerts']).toEqual([
      {
        key: 'job-spike:orders:5f2d',
        state: 'firing',
        rule: { id: 'job-spike', title: 'A job fails far more than usual', level: 'basic' },
        severity: 'high',
        job: 'orders',
        environment: 'prod',
        fingerprint: null,
        category: null,
        since: '2026-03-01T11:49:30.000Z',
        what: 'ConnectException: Connection refused: <*>',
        culprit: 'com.acme.Orders.load:41',
        jobs: ['orders'],
        job_count: 1,
        count: 1_204,
        counted: 'event',
        usual: 12.5,
        hosts: 8,
        window_seconds: 900,
        why: '1,204 events in 15m, usually 12.5',
        starts_at: '2026-03-01T11:50:30.000Z',
        ends_at: null,
        ending: null,
        peak_count: 1_204,
        is_new: false,
        advice: 'Check that the service runs.',
        links: [{ title: 'Tracefold', url: 'https://tracefold.example/?job=orders' }],
        labels: { team: 'payments' },
        annotations: { note: 'since noon' },
        acknowledged: null,
        hushed: null,
      },
    ])
  })

  it('that are pending have nothing to tell yet', async () => {
    const { ask } = await asking({ alerts: async () => [aShownAlert({ phase: 'pending', alert: null })] })
    expect((await ask({ url: '/alerts' })).body).toMatchObject({
      firing: 0,
      total: 1,
      alerts: [{ state: 'pending', what: null, starts_at: null, since: '2026-03-01T11:49:30.000Z' }],
    })
  })

  it('are counted all, and shown up to the limit', async () => {
    const { ask } = await asking({
      alerts: async () => Array.from({ length: 5 }, (_, i) => aShownAlert({ key: `k${i}`, phase: i < 3 ? 'firing' : 'resolved' })),
    })
    const { body } = await ask({ url: '/alerts?limit=2' })
    expect(body).toMatchObject({ firing: 3, total: 5, alerts: [{ key: 'k0' }, { key: 'k1' }] })
  })

  it('are asked for by state, level, severity, job and rule', async () => {
    const { desk, ask } = await asking()
    await ask({ url: '/alerts?state=firing&level=basic&severity=high&job=a%2Fb&rule=job-spike' })
    await ask({ url: '/alerts' })
    expect(desk.asked.filter(([name]) => name === 'alerts')).toEqual([
      ['alerts', { phase: 'firing', level: 'basic', severity: 'high', job: 'a/b', rule: 'job-spike' }],
      ['alerts', {}],
    ])
  })

  it('of the past are asked for by a range', async () => {
    const { desk, ask } = await asking()
    expect((await ask({ url: '/alerts/history?from=-2h&to=-1h&rule=job-spike' })).body).toMatchObject({
      from: '2026-03-01T10:00:00.000Z',
      alerts: [{ ends_at: '2026-03-01T12:00:30.000Z' }],
    })
    expect(desk.asked).toEqual([['history', { fromMs: NOW - 30_000 - 2 * HOUR, toMs: NOW + 30_000 - HOUR, rule: 'job-spike', limit: 200 }]])
  })

  it('are taken by somebody, and given back', async () => {
    const { desk, ask } = await asking()
    expect(await ask(json('POST', '/alerts/job-spike%3Aorders%3A5f2d/acknowledge', WHO))).toMatchObject({
      status: 200,
      body: { who: 'ada', starts_at: '2026-03-01T11:50:30.000Z' },
    })
    expect(await ask({ method: 'DELETE', url: '/alerts/job-spike:orders:5f2d/acknowledge' })).toMatchObject({
      status: 200,
      body: { done: true },
    })
    expect(desk.asked).toEqual([
      ['acknowledge', 'job-spike:orders:5f2d', WHO],
      ['unacknowledge', 'job-spike:orders:5f2d'],
    ])
  })

  it('tell how their evaluation goes, and that the rules are blind', async () => {
    const { ask } = await asking({
      evaluation: async () => ({
        shards: [{ shard: 0, owner: null, isOurs: false, evaluatedUntilMs: null }],
        blind: 'Druid does not answer',
        last: null,
        refused: 2,
      }),
    })
    expect((await ask({ url: '/alerts/evaluation' })).body).toEqual({
      blind: 'Druid does not answer',
      refused: 2,
      last: null,
      shards: [{ shard: 0, owner: null, is_ours: false, evaluated_until: null }],
    })
    expect((await ask({ url: '/alerts' })).body).toMatchObject({ blind: 'Druid does not answer' })
  })
})

describe('deliveries', () => {
  it('that did not get through are shown, and how each receiver does', async () => {
    const { ask } = await asking()
    expect((await ask({ url: '/deliveries/undelivered' })).body).toEqual({
      undelivered: [
        {
          id: null,
          receiver: 'on-call',
          group: 'job=orders',
          reason: 'gave_up',
          last_error: 'HTTP 503',
          tries: 9,
          alerts: 2,
          at: '2026-03-01T12:00:30.000Z',
        },
      ],
    })
    expect((await ask({ url: '/deliveries/receivers' })).body).toMatchObject({
      receivers: [{ name: 'on-call', type: 'webhook', waiting: 1, last_error: { message: 'HTTP 503', retriable: true } }],
    })
  })
})

describe('rules', () => {
  it('name their source and their faults, and whether they are in force', async () => {
    const { ask } = await asking()
    const { body } = await ask({ url: '/rules' })
    expect(
      (body['rules'] as Record<string, unknown>[]).map(({ id, source, in_force: inForce, title, faults }) => [
        id,
        source,
        inForce,
        title,
        faults,
      ]),
    ).toEqual([
      ['job-spike', 'built-in', false, 'A rule', []],
      ['job-spike', 'api', false, null, []],
      ['orders-fail', 'file', true, 'A rule', [{ line: 3, field: 'per', why: 'expected job' }]],
      ['quiet', 'built-in', true, 'A rule', []],
    ])
    expect((await ask({ url: '/rules/job-spike' })).body).toMatchObject({ source: 'api', text: 'b' })
    expect((await ask({ url: '/rules/orders-fail' })).body).toMatchObject({ in_force: true, text: 'c', written: 'c, with a slip' })
    expect(await ask({ url: '/rules/nobody' })).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  it.each(['application/yaml', 'application/json', 'text/plain; charset=utf-8'])('are put as they were written: %s', async (type) => {
    const { desk, ask } = await asking()
    expect(await ask({ method: 'PUT', url: '/rules/orders-fail?who=ada', headers: { 'content-type': type }, payload: RULE })).toMatchObject(
      { status: 200, body: { id: 'orders-fail', in_force: true } },
    )
    expect(desk.asked).toEqual([['putRule', 'orders-fail', RULE, { who: 'ada', comment: null }]])
  })

  it('with faults are refused with all of them', async () => {
    const { ask } = await asking({ putRule: failing('bad_request', 'line 3: per: expected job\nline 4: for: no such field') })
    expect(
      await ask({ method: 'PUT', url: '/rules/orders-fail?who=ada', headers: { 'content-type': 'text/plain' }, payload: RULE }),
    ).toMatchObject({ status: 400, body: { detail: expect.stringContaining('line 4: for') as string } })
  })

  it('are deleted', async () => {
    const { desk, ask } = await asking()
    expect(await ask({ method: 'DELETE', url: '/rules/orders-fail' })).toMatchObject({ status: 200, body: { done: true } })
    expect(desk.asked).toEqual([['deleteRule', 'orders-fail']])
  })

  it('are tested on history: the last week, or a range that is asked for', async () => {
    const { desk, ask } = await asking()
    expect(
      (await ask({ method: 'POST', url: '/rules/test?from=-1h', headers: { 'content-type': 'application/yaml' }, payload: RULE })).body,
    ).toMatchObject({
      rule: 'orders-fail',
      rows: 7,
      past_from: '2026-03-01T10:00:30.000Z',
      episodes: [{ what: 'ConnectException: Connection refused: <*>', starts_at: '2026-03-01T11:50:30.000Z' }],
    })
    expect(desk.asked).toMatchObject([['testRule', RULE, { fromMs: NOW - 30_000 - HOUR, toMs: NOW + 30_000 }, expect.any(AbortSignal)]])
  })

  it('whose test takes too long for a request are to be tested otherwise', async () => {
    const { ask } = await asking({ testRule: failing('aborted', 'stopped') })
    expect(await ask({ method: 'POST', url: '/rules/test', headers: { 'content-type': 'application/yaml' }, payload: RULE })).toMatchObject(
      { status: 503, body: { code: 'busy', detail: expect.stringContaining('tracefold alerts test') as string } },
    )
  })
})

describe('silences', () => {
  it('are listed, made until a time, and ended', async () => {
    const { desk, ask } = await asking()
    expect((await ask({ url: '/silences' })).body).toMatchObject({
      silences: [{ id: 's-1', match: { job: ['orders*', 'payments'] }, until: '2026-03-01T13:00:30.000Z' }],
    })
    expect(await ask(json('POST', '/silences', { match: { job: 'orders' }, until: '+1h', ...WHO }))).toMatchObject({
      status: 200,
      body: { id: 's-2', comment: 'migration' },
    })
    expect((await ask({ method: 'DELETE', url: '/silences/s-2' })).body).toEqual({ done: true })
    expect(desk.asked.slice(1)).toEqual([
      ['silence', { match: { job: 'orders' }, fromMs: NOW, untilMs: NOW + HOUR, ...WHO }],
      ['unsilence', 's-2'],
    ])
  })

  it.each([
    ['for everything', { match: {}, until: '+1h' }],
    ['without an end', { match: { job: 'orders' } }],
    ['that ended already', { match: { job: 'orders' }, from: '-2h', until: '-1h' }],
    ['that ends before it begins', { match: { job: 'orders' }, from: '+2h', until: '+1h' }],
    ['for ever', { match: { job: 'orders' }, until: '2099-01-01' }],
    ['of nobody', { match: { job: 'orders' }, until: '+1h', who: ' ' }],
  ])('%s are refused', async (_, body) => {
    const { desk, ask } = await asking()
    expect(await ask(json('POST', '/silences', { who: 'ada', ...body }))).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expect(desk.asked).toEqual([])
  })
})

describe('groups', () => {
  it('tell their state, and who changed it', async () => {
    const { desk, ask } = await asking()
    expect((await ask({ url: '/groups/a%2Fb/v1:01' })).body).toMatchObject({
      job: 'orders',
      state: 'ongoing',
      resolved_at: null,
      mute: null,
      changes: [],
    })
    expect((await ask(json('PATCH', '/groups/orders/v1:01', { action: 'resolve', who: 'ada' }))).body).toMatchObject({
      state: 'resolved',
      changes: [{ to: 'resolved', who: 'ada', comment: null }],
    })
    expect(desk.asked).toEqual([
      ['group', { job: 'a/b', fingerprint: 'v1:01' }],
      ['changeGroup', { job: 'orders', fingerprint: 'v1:01' }, { kind: 'resolve' }, { who: 'ada', comment: null }],
    ])
  })

  it.each([
    [{ action: 'mute' }, { kind: 'mute', untilMs: null, untilCount: null }],
    [
      { action: 'mute', until: '+1h' },
      { kind: 'mute', untilMs: NOW + HOUR, untilCount: null },
    ],
    [
      { action: 'mute', until_count: 100 },
      { kind: 'mute', untilMs: null, untilCount: 100 },
    ],
    [{ action: 'unmute' }, { kind: 'unmute' }],
    [{ action: 'reopen' }, { kind: 'reopen' }],
  ])('are changed: %j', async (body, action) => {
    const { desk, ask } = await asking()
    expect((await ask(json('PATCH', '/groups/orders/v1:01', { ...body, who: 'ada' }))).status).toBe(200)
    expect(desk.asked[0]?.[2]).toEqual(action)
  })

  it('are not found where nobody has seen them, and not resolved with an end', async () => {
    const { ask } = await asking({ group: async () => null, changeGroup: failing('not_found', 'never seen') })
    expect(await ask({ url: '/groups/orders/v1:02' })).toMatchObject({ status: 404 })
    expect(await ask(json('PATCH', '/groups/orders/v1:02', { action: 'resolve', who: 'ada' }))).toMatchObject({
      status: 404,
      body: { detail: 'never seen' },
    })
    expect(await ask(json('PATCH', '/groups/orders/v1:02', { action: 'resolve', until: '+1h', who: 'ada' }))).toMatchObject({ status: 400 })
  })

  it('of one job are shown beside its errors, and those of all jobs are not', async () => {
    const rows = [topRow({ key: 'v1:01' }), topRow({ key: 'v1:unknown' })]
    const app = await apiWith({ alerts: fakeDesk(), reader: fakeReader({ top: { rows, total: 60 } }) })
    const statesOf = async (url: string) =>
      ((await app.inject(url)).json() as { exceptions: { group_state: string | null }[] }).exceptions.map(({ group_state: state }) => state)
    expect(await statesOf('/api/v1/jobs/orders/exceptions/top')).toEqual(['resolved', null])
    expect(await statesOf('/api/v1/exceptions/top')).toEqual([null, null])
    expect(await statesOf('/api/v1/jobs/orders/exceptions/top?by=category')).toEqual([null, null])
    expect((await app.inject('/api/v1/jobs/orders/exceptions/groups/v1:01')).json()).toMatchObject({
      exception: { group_state: 'resolved' },
    })
  })
})

const CHANGES: InjectOptions[] = [
  json('POST', '/alerts/k/acknowledge', WHO),
  { method: 'DELETE', url: '/alerts/k/acknowledge' },
  { method: 'PUT', url: '/rules/orders-fail?who=ada', headers: { 'content-type': 'text/plain' }, payload: RULE },
  { method: 'DELETE', url: '/rules/orders-fail' },
  { method: 'POST', url: '/rules/test', headers: { 'content-type': 'text/plain' }, payload: RULE },
  json('POST', '/silences', { match: { job: 'orders' }, until: '+1h', who: 'ada' }),
  { method: 'DELETE', url: '/silences/s-1' },
  json('PATCH', '/groups/orders/v1:01', { action: 'resolve', who: 'ada' }),
]

describe('every change', () => {
  it.each(CHANGES)('$method $url is not for pages of other sites', async (request) => {
    const { desk, ask } = await asking()
    for (const site of ['cross-site', 'same-site']) {
      const { status, body } = await ask({ ...request, headers: { ...request.headers, 'sec-fetch-site': site } })
      expect([status, problemAnswer.parse(body).code]).toEqual([403, 'forbidden'])
    }
    expect(desk.asked).toEqual([])
    expect((await ask({ ...request, headers: { ...request.headers, 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
  })

  it.each(CHANGES.filter(({ payload, url }) => payload !== undefined && !String(url).includes('/rules')))(
    '$method $url takes JSON only, and says so',
    async (request) => {
      const { ask } = await asking()
      expect(await ask({ ...request, headers: { 'content-type': 'text/plain' } })).toMatchObject({
        status: 415,
        body: { detail: 'Expected Content-Type application/json, got text/plain.' },
      })
      expect(await ask({ ...request, payload: '{"who":' })).toMatchObject({ status: 400 })
    },
  )

  it.each([
    ...CHANGES,
    { url: '/alerts' },
    { url: '/rules' },
    { url: '/silences' },
    { url: '/groups/orders/v1:01' },
    { url: '/deliveries/undelivered' },
  ])('$method $url: where no rules are evaluated, that is said', async (request: InjectOptions) => {
    const app = await apiWith({ alerts: null })
    expect((await app.inject({ ...request, url: `/api/v1${String(request.url)}` })).json()).toMatchObject({ status: 409, code: 'not_here' })
  })
})
