/** Jobs, top exceptions and trends: what the reader is asked, and what comes out of its answers. */
import { describe, expect, it } from 'vitest'
import { jobsAnswer, topAnswer, trendAnswer } from '../../../src/api/schemas.ts'
import { apiWith, fakeReader, jobRow, NOW, topRow } from './fakes.ts'

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
      jobs: [{ job: 'orders/日志 v2', count: 30, previous_count: 20, change: 0.5, error_types: 4, hosts: 3, first_seen: '2026-03-01T11:00:30.000Z', last_seen: '2026-03-01T12:00:29.000Z' }],
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
    const app = await apiWith({ reader: fakeReader({ top: { rows: [topRow({ count: 30 })], total: 120 } }) })
    const answer = topAnswer.parse((await app.inject('/api/v1/jobs/orders/exceptions/top')).json())
    expect(answer).toMatchObject({ job: 'orders', by: 'fingerprint', total: 120 })
    expect(answer.exceptions).toEqual([
      {
        key: 'v1:0123456789abcdef',
        title: 'ConnectException: Connection refused: <*>',
        culprit: 'com.acme.Orders.load:41',
        exception_class: 'java.lang.RuntimeException',
        root_cause_class: 'java.net.ConnectException',
        category: 'connection_refused',
        level: 'ERROR',
        count: 30,
        share: 0.25,
        previous_count: 20,
        change: 0.5,
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
    expect(reader.asked.top).toEqual([{ fromMs: FLOOR - HOUR, toMs: CEILING, job: null, by: 'category', limit: 3 }])
  })

  it.each(['orders/v2', 'a b', '日志', 'a%2Fb', '?#&=+', 'x'.repeat(900), '日'.repeat(300)])('takes any job name, URL-encoded: %s', async (job) => {
    const reader = fakeReader()
    const app = await apiWith({ reader })
    const url = `/api/v1/jobs/${encodeURIComponent(job)}/exceptions/top`
    expect((await app.inject(url)).json()).toMatchObject({ job })
    expect(reader.asked.top[0]?.job).toBe(job)
  })
})

describe('trend', () => {
  it('has a point for every interval, and their sum', async () => {
    const app = await apiWith()
    const answer = trendAnswer.parse((await app.inject('/api/v1/jobs/orders/exceptions/trend?from=2026-03-01T10:00:00Z&to=2026-03-01T11:00:00Z&interval=15m')).json())
    expect(answer).toMatchObject({ job: 'orders', by: null, key: null, interval_seconds: 900, total: 4 })
    expect(answer.points.map(({ time }) => time.slice(11, 16))).toEqual(['10:00', '10:15', '10:30', '10:45'])
  })

  it('widens the range to whole intervals, so that every point speaks of a whole one', async () => {
    const reader = fakeReader()
    const app = await apiWith({ reader })
    await app.inject('/api/v1/exceptions/trend?from=-90m&interval=1h')
    expect(reader.asked.trend[0]).toEqual({ fromMs: Date.parse('2026-03-01T10:00:00Z'), toMs: Date.parse('2026-03-01T13:00:00Z'), job: null, intervalMs: HOUR, only: null })
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
    expect(reader.asked.trend.map(({ only }) => only)).toEqual([
      { by: 'fingerprint', key: 'v1:00' },
      { by: 'category', key: '(none)' },
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
