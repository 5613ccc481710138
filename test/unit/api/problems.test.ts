/** Every way to go wrong ends in one format, with a status, a code and words that help. */
import { describe, expect, it } from 'vitest'
import { problemAnswer } from '../../../src/api/schemas.ts'
import { TracefoldError } from '../../../src/errors.ts'
import { apiWith, fakeLetters, fakeReader } from './fakes.ts'

const TREND = '/api/v1/exceptions/trend'

describe('a request that cannot be answered is a 400 that says why', () => {
  it.each([
    ['/api/v1/jobs?foo=1', '"foo"'],
    ['/api/v1/jobs?from=-1h&form=-1h', '"form"'],
    ['/api/v1/ledger?since=1', '"since"'],
    ['/api/v1/jobs?limit=0', 'limit'],
    ['/api/v1/jobs?limit=1001', '1000'],
    ['/api/v1/jobs?limit=ten', 'limit'],
    ['/api/v1/jobs?limit=1.5', 'limit'],
    ['/api/v1/jobs?limit=1&limit=2', 'limit'],
    ['/api/v1/jobs?from=', 'from'],
    ['/api/v1/jobs?from=yesterday', 'yesterday'],
    ['/api/v1/jobs?from=-1h&to=-2h', 'from must lie before to'],
    ['/api/v1/jobs?from=now', 'from must lie before to'],
    ['/api/v1/jobs?from=-401d', '400 days'],
    ['/api/v1/exceptions/top?by=logger', 'by'],
    [`${TREND}?interval=90s`, 'whole minutes'],
    [`${TREND}?interval=500d`, 'whole minutes'],
    [`${TREND}?interval=soon`, 'such as 5m, 1h or 7d (above zero, at most 100 years), got "soon"'],
    [`${TREND}?from=-7d&interval=1m`, '10081 points are too many'],
    [`${TREND}?by=category`, 'key'],
    ['/api/v1/ledger?from=2026-02-30', 'from'],
    ['/api/v1/ledger?from=2026-03-02&to=2026-03-01', 'from must not lie after to'],
    ['/api/v1/dead-letters?reason=bored', 'reason'],
    ['/api/v1/jobs/%ZZ/exceptions/top', 'URL'],
    ['/api/v1/jobs//exceptions/top', 'job'],
  ])('%s: %s', async (url, words) => {
    const app = await apiWith({ ledger: { ledger: async () => [] }, letters: fakeLetters() })
    const response = await app.inject(url)
    expect(response.headers['content-type']).toContain('application/problem+json')
    const body = problemAnswer.parse(response.json())
    expect({ status: response.statusCode, inBody: body.status, code: body.code }).toEqual({ status: 400, inBody: 400, code: 'bad_request' })
    expect(body.detail).toContain(words)
  })
})

it('a zone whose plus sign arrived as a space is understood', async () => {
  const reader = fakeReader()
  const app = await apiWith({ reader })
  await app.inject('/api/v1/jobs?from=2026-03-01T12:00:00+08:00')
  expect(reader.asked.jobs[0]?.fromMs).toBe(Date.parse('2026-03-01T04:00:00Z'))
})

it.each([
  ['GET', '/nowhere'],
  ['GET', '/api/v1/nowhere'],
  ['POST', '/api/v1/jobs'],
  ['GET', '/vendor/../../package.json'],
] as const)('%s %s is a 404 in the same format', async (method, url) => {
  const app = await apiWith()
  const response = await app.inject({ method, url })
  expect(response.headers['content-type']).toContain('application/problem+json')
  expect(problemAnswer.parse(response.json())).toMatchObject({ status: 404, code: 'not_found' })
})

it.each([
  ['/nosuch.html', './'],
  ['/a/b/nosuch', '../../'],
])('a browser that asks for %s is shown a page that leads back, and a program the problem', async (url, home) => {
  const app = await apiWith()
  const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  const page = await app.inject({ url, headers })
  expect([page.statusCode, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
  expect(page.body).toContain(`<a href="${home}">`)
  expect((await app.inject({ url, headers: { accept: '*/*' } })).json()).toMatchObject({ code: 'not_found' })
  expect((await app.inject({ url: '/api/v1/nosuch', headers })).json()).toMatchObject({ code: 'not_found' })
})

it.each(['not_available', 'neighbour_away'] as const)(
  'a neighbour that is away (%s) is a 503 that says who, and when to come back',
  async (code) => {
    const app = await apiWith({ reader: fakeReader({ fails: new TracefoldError(code, 'Druid does not answer.') }) })
    for (const url of ['/api/v1/jobs', '/api/v1/exceptions/top', TREND, '/api/v1/jobs/x/exceptions/trend']) {
      const response = await app.inject(url)
      expect(problemAnswer.parse(response.json())).toMatchObject({ status: 503, code: 'not_available', detail: 'Druid does not answer.' })
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
    }
  },
)

it.each([new Error('secret: s3cr3t'), new TracefoldError('store_corrupt', 'page 17 of /var/lib/s3cr3t.db')])(
  'what is our fault is a 500 without internals, and is logged: %s',
  async (fails) => {
    const lines: string[] = []
    const log = (...what: unknown[]): void => void lines.push(JSON.stringify(what[1]))
    const quiet = (): void => {}
    const logger = {
      level: 'error',
      info: quiet,
      warn: quiet,
      debug: quiet,
      trace: quiet,
      fatal: log,
      error: log,
      silent: quiet,
      child: () => logger,
    }
    const app = await apiWith({ reader: fakeReader({ fails }), logger })
    const response = await app.inject('/api/v1/jobs')
    expect(problemAnswer.parse(response.json())).toMatchObject({ status: 500, code: 'internal' })
    expect(response.body).not.toContain('s3cr3t')
    expect(lines).toEqual(['"a request failed"'])
  },
)

describe('limits', () => {
  const far = { remoteAddress: '203.0.113.7' }

  it('turn a client from afar away when it asks without end, and say for how long', async () => {
    const app = await apiWith()
    let response = await app.inject({ url: '/api/v1/jobs', ...far })
    for (let i = 0; i < 1_200 && response.statusCode === 200; i++) response = await app.inject({ url: '/api/v1/jobs', ...far })
    expect(problemAnswer.parse(response.json())).toMatchObject({ status: 429, code: 'too_many_requests' })
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
    expect((await app.inject({ url: '/healthz', ...far })).statusCode).toBe(200)
    expect((await app.inject('/api/v1/jobs')).statusCode).toBe(200)
  })

  it('do not hold for tools on the same machine', async () => {
    const app = await apiWith()
    const response = await app.inject('/api/v1/jobs')
    expect(response.headers['x-ratelimit-limit']).toBeUndefined()
  })
})
