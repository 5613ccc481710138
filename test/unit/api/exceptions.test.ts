/** Jobs, top exceptions and trends: what the reader is asked, and what comes out of its answers. */
import { describe, expect, it } from 'vitest'
import { groupAnswer, jobsAnswer, topAnswer, trendAnswer } from '../../../src/api/schemas.ts'
import { apiWith, fakeReader, fakeRules, jobRow, NOW, REFUSED, topRow } from './fakes.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const CEILING = Date.parse('2026-03-01T12:01:00Z')
const FLOOR = Date.parse('2026-03-01T12:00:00Z')

describe('jobs', () => {
  it('answers with names, counts, the change against the period before, and times in ISO', async () => {
    const app = await apiWith({ reader: fakeReader({ jobs: [jobRow({ job: 'orders/日志 v2' })] }) })
    const answer = jobsAnswer.parse((await app.inject('/api/v1/jobs')).json())
    expect(answer).toEqual({
      from: '2026-02-28T12:00:00.000Z',
      to: '2026-03-01T12:01:00.000Z',
      jobs: [
        {
          job: 'orders/日志 v2',
          count: 30,
          previous_count: 20,
          change: 0.5,
          error_types: 4,
          hosts: 3,
          first_seen: '2026-03-01T11:00:30.000Z',
          last_seen: '2026-03-01T12:00:29.000Z',
        },
      ],
    })
  })

  it('asks for the last day, up to now, unless told otherwise', async () => {
    const reader = fakeReader()
    const app = await apiWith({ reader })
    await app.inject('/api/v1/jobs')
    await app.inject('/api/v1/jobs?from=-2h&to=-1h&limit=7')
    expect(reader.asked.jobs).toEqual([
      { fromMs: FLOOR - 24 * HOUR, toMs: CEILING, limit: 100 },
      { fromMs: FLOOR - 2 * HOUR, toMs: CEILING - HOUR, limit: 7 },
    ])
  })
})

describe('top exceptions', () => {
  it('gives each its share of all events, not only of those among the rows', async () => {
    const app = await apiWith({ reader: fakeReader({ top: { rows: [topRow({ count: 30 })], total: 120 } }), rules: fakeRules(REFUSED) })
    const answer = topAnswer.parse((await app.inject('/api/v1/jobs/orders/exceptions/top')).json())
    expect(answer).toMatchObject({ job: 'orders', by: 'fingerprint', total: 120 })
    expect(answer.exceptions).toEqual([
      {
        key: 'v1:0123456789abcdef',
        previous_fingerprints: [],
        title: 'ConnectException: Connection refused: <*>',
        culprit: 'com.acme.Orders.load:41',
        exception_class: 'java.lang.RuntimeException',
        root_cause_class: 'java.net.ConnectException',
        category: 'connection-refused',
        severity: 'high',
        rule: 'connection-refused',
        rule_title: 'Nobody listens there',
        advice: 'Check that the service runs.',
        link: 'patterns.html#connection-refused',
        level: 'ERROR',
        count: 30,
        share: 0.25,
        previous_count: 20,
        change: 0.5,
        is_new: false,
        group_state: null,
        hosts: 3,
        jobs: 1,
        first_seen: '2026-03-01T11:00:30.000Z',
        last_seen: '2026-03-01T12:00:29.000Z',
        sample_message: 'Connection refused: db-3/10.0.0.3:5432',
      },
    ])
  })

  it('has no change where there was nothing before', async () => {
    const app = await apiWith({ reader: fakeReader({ top: { rows: [topRow({ previousCount: 0 })], total: 30 } }) })
    expect(topAnswer.parse((await app.inject('/api/v1/exceptions/top')).json()).exceptions[0]?.change).toBeNull()
  })

  it('asks for all jobs where no job is named', async () => {
    const reader = fakeReader()
    const app = await apiWith({ reader })
    expect((await app.inject('/api/v1/exceptions/top?by=category&limit=3&from=-1h')).statusCode).toBe(200)
    expect(reader.asked.top).toEqual([{ fromMs: FLOOR - HOUR, toMs: CEILING, job: null, by: 'category', limit: 3, only: {} }])
  })

  it('narrows to a category, a severity, a rule, an error', async () => {
    const reader = fakeReader()
    const app = await apiWith({ reader })
    await app.inject('/api/v1/jobs/orders/exceptions/top?category=out-of-memory&severity=critical&rule=heap-memory&fingerprint=v1:00')
    await app.inject('/api/v1/exceptions/top?severity=(none)')
    expect(reader.asked.top.map(({ only }) => only)).toEqual([
      { category: 'out-of-memory', severity: 'critical', rule: 'heap-memory', fingerprint: 'v1:00' },
      { severity: '(none)' },
    ])
    expect((await app.inject('/api/v1/exceptions/top?severity=awful')).statusCode).toBe(400)
  })

  it('says what category and severity an error was counted with, where its rule is not in force any more', async () => {
    const top = { rows: [topRow({ rule: 'gone', category: 'then', severity: 'low', previousKeys: ['v0:a', 'v0:b'] })], total: 30 }
    for (const rules of [fakeRules(REFUSED), null]) {
      const app = await apiWith({ reader: fakeReader({ top }), rules })
      expect(topAnswer.parse((await app.inject('/api/v1/exceptions/top')).json()).exceptions[0]).toMatchObject({
        category: 'then',
        severity: 'low',
        rule: 'gone',
        rule_title: null,
        advice: null,
        link: null,
        previous_fingerprints: ['v0:a', 'v0:b'],
      })
    }
  })

  it.each([
    ['fingerprint', REFUSED.advice],
    ['rule', REFUSED.advice],
    ['category', null],
    ['exception_class', null],
  ])('by %s the advice is %s: it never speaks for the newest of many errors', async (by, advice) => {
    const app = await apiWith({ reader: fakeReader({ top: { rows: [topRow()], total: 30 } }), rules: fakeRules(REFUSED) })
    expect(topAnswer.parse((await app.inject(`/api/v1/exceptions/top?by=${by}`)).json()).exceptions[0]?.advice).toBe(advice)
  })

  it.each(['orders/v2', 'a b', '日志', 'a%2Fb', '?#&=+', 'x'.repeat(900), '日'.repeat(300)])(
    'takes any job name, URL-encoded: %s',
    async (job) => {
      const reader = fakeReader()
      const app = await apiWith({ reader })
      const url = `/api/v1/jobs/${encodeURIComponent(job)}/exceptions/top`
      expect((await app.inject(url)).json()).toMatchObject({ job })
      expect(reader.asked.top[0]?.job).toBe(job)
    },
  )
})

describe('one error', () => {
  const URL_OF_ONE = `/api/v1/jobs/orders/exceptions/groups/${encodeURIComponent('v1:a')}?from=-1h`

  it('is found by any of its keys, with its share of all events and the advice', async () => {
    const reader = fakeReader({ top: { rows: [topRow({ key: 'v1:part', count: 90 }), topRow({ key: 'v1:a', count: 30 })], total: 120 } })
    const app = await apiWith({ reader, rules: fakeRules(REFUSED) })
    const answer = groupAnswer.parse((await app.inject(URL_OF_ONE)).json())
    expect(answer).toMatchObject({ job: 'orders', exception: { key: 'v1:a', count: 30, share: 0.25, advice: REFUSED.advice } })
    expect(reader.asked.top[0]).toMatchObject({
      fromMs: FLOOR - HOUR,
      toMs: CEILING,
      job: 'orders',
      by: 'fingerprint',
      only: { fingerprint: 'v1:a' },
    })
  })

  it('is found under the key that has taken its place', async () => {
    const app = await apiWith({
      reader: fakeReader({
        top: { rows: [topRow({ key: 'v2:a', previousKeys: ['v1:a'] }), topRow({ key: 'v2:part', previousKeys: ['v1:a'] })], total: 60 },
      }),
    })
    expect(groupAnswer.parse((await app.inject(URL_OF_ONE)).json()).exception.key).toBe('v2:a')
  })

  it('without an event in the range is not found, and the answer says what may help', async () => {
    const response = await (await apiWith()).inject('/api/v1/exceptions/groups/v1:a')
    expect([response.statusCode, response.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'not_found', detail: expect.stringMatching(/v1:a from .* A longer range/) }),
    ])
  })
})

describe('trend', () => {
  it('has a point for every interval, and their sum', async () => {
    const app = await apiWith()
    const answer = trendAnswer.parse(
      (await app.inject('/api/v1/jobs/orders/exceptions/trend?from=2026-03-01T10:00:00Z&to=2026-03-01T11:00:00Z&interval=15m')).json(),
    )
    expect(answer).toMatchObject({ job: 'orders', by: null, key: null, interval_seconds: 900, total: 4 })
    expect(answer.points.map(({ time }) => time.slice(11, 16))).toEqual(['10:00', '10:15', '10:30', '10:45'])
  })

  it('widens the range to whole intervals, so that every point speaks of a whole one', async () => {
    const reader = fakeReader()
    const app = await apiWith({ reader })
    await app.inject('/api/v1/exceptions/trend?from=-90m&interval=1h')
    expect(reader.asked.trend[0]).toEqual({
      fromMs: Date.parse('2026-03-01T10:00:00Z'),
      toMs: Date.parse('2026-03-01T13:00:00Z'),
      job: null,
      intervalMs: HOUR,
      only: {},
    })
  })

  it.each([
    ['-15m', MINUTE],
    ['-24h', 15 * MINUTE],
    ['-7d', 2 * HOUR],
    ['-400d', 7 * 24 * HOUR],
  ])('chooses an interval for %s', async (from, intervalMs) => {
    const reader = fakeReader()
    const app = await apiWith({ reader })
    await app.inject(`/api/v1/exceptions/trend?from=${from}`)
    expect(reader.asked.trend[0]?.intervalMs).toBe(intervalMs)
  })

  it('narrows to a key, of a fingerprint unless by says otherwise', async () => {
    const reader = fakeReader()
    const app = await apiWith({ reader })
    await app.inject('/api/v1/exceptions/trend?key=v1:00')
    await app.inject('/api/v1/exceptions/trend?by=category&key=(none)')
    await app.inject('/api/v1/exceptions/trend?key=v1:00&severity=high&category=overload')
    expect(reader.asked.trend.map(({ only }) => only)).toEqual([
      { fingerprint: 'v1:00' },
      { category: '(none)' },
      { fingerprint: 'v1:00', severity: 'high', category: 'overload' },
    ])
  })

  it('does not guess which of two values is meant', async () => {
    const response = await (await apiWith()).inject('/api/v1/exceptions/trend?by=category&key=a&category=b')
    expect([response.statusCode, response.json()]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringContaining('given twice') }),
    ])
  })
})

it('an answer that does not keep its own schema is a 500, not a lie', async () => {
  const app = await apiWith({ reader: fakeReader({ top: { rows: [topRow({ hosts: 1.5 })], total: 1 } }) })
  const response = await app.inject('/api/v1/exceptions/top')
  expect(response.statusCode).toBe(500)
  expect(response.body).not.toContain('hosts')
})

it('counts from the clock that was passed in', async () => {
  const reader = fakeReader()
  const app = await apiWith({ reader, now: () => NOW + 10 * MINUTE })
  await app.inject('/api/v1/jobs?from=-1m')
  expect(reader.asked.jobs[0]).toMatchObject({ fromMs: FLOOR + 9 * MINUTE, toMs: CEILING + 10 * MINUTE })
})
