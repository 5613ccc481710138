/** Probes and metrics, the OpenAPI page, the listener. */
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen } from '../../../src/api/server.ts'
import { createHealth } from '../../../src/health.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { apiWith, fakeLetters } from './fakes.ts'

describe('probes', () => {
  it('a neighbour that is away makes us not ready, and never dead', async () => {
    const health = createHealth()
    health.set('kafka', true, 'Connected.')
    health.set('druid', false, 'No answer.')
    const app = await apiWith({ health })
    expect((await app.inject('/healthz')).statusCode).toBe(200)
    const ready = await app.inject('/readyz')
    expect(ready.statusCode).toBe(503)
    expect(ready.json()).toEqual({
      ready: false,
      checks: [
        { name: 'kafka', ok: true, detail: 'Connected.' },
        { name: 'druid', ok: false, detail: 'No answer.' },
      ],
    })
  })

  it('the newest report of a part counts', async () => {
    const health = createHealth()
    health.set('druid', false, 'No answer.')
    health.set('druid', true, 'Answers.')
    const app = await apiWith({ health })
    const ready = await app.inject('/readyz')
    expect([ready.statusCode, ready.json()]).toEqual([200, { ready: true, checks: [{ name: 'druid', ok: true, detail: 'Answers.' }] }])
  })

  it('a process that answers is alive, and says what runs', async () => {
    const answer = await (await apiWith()).inject('/healthz')
    expect([answer.statusCode, answer.json()]).toEqual([200, { live: true, version: '0.0.0-test', takes_events: false }])
  })

  it('nobody is ready before a part has reported', async () => {
    const app = await apiWith()
    expect((await app.inject('/readyz')).statusCode).toBe(503)
  })

  it('a process says whether events come in over HTTP', async () => {
    const ingest = { ingest: async () => ({ records: 0, duplicate: false }) }
    for (const over of [{ ingest }, {}])
      expect((await (await apiWith(over)).inject('/healthz')).json()).toMatchObject({ live: true, takes_events: 'ingest' in over })
  })
})

it('metrics are served as Prometheus text', async () => {
  const metrics = createMetrics()
  metrics.recordsConsumed.inc({ branch: 'detail' }, 3)
  const app = await apiWith({ metrics })
  const response = await app.inject('/metrics')
  expect(response.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(response.body).toContain('tracefold_records_consumed_total{branch="detail"} 3')
})

describe('the OpenAPI page', () => {
  it('describes every route, parameter and field, with an example', async () => {
    const app = await apiWith()
    const document = (await app.inject('/docs/json')).json() as OpenApi
    expect(Object.keys(document.paths).toSorted()).toEqual([
      '/api/v1/alerts',
      '/api/v1/alerts/evaluation',
      '/api/v1/alerts/history',
      '/api/v1/alerts/{key}/acknowledge',
      '/api/v1/dead-letters',
      '/api/v1/dead-letters/replay',
      '/api/v1/dead-letters/{id}',
      '/api/v1/deliveries/receivers',
      '/api/v1/deliveries/undelivered',
      '/api/v1/events',
      '/api/v1/exceptions/groups/{fingerprint}',
      '/api/v1/exceptions/groups/{fingerprint}/events',
      '/api/v1/exceptions/top',
      '/api/v1/exceptions/trend',
      '/api/v1/groups/{job}/{fingerprint}',
      '/api/v1/jobs',
      '/api/v1/jobs/{job}/exceptions/groups/{fingerprint}',
      '/api/v1/jobs/{job}/exceptions/groups/{fingerprint}/events',
      '/api/v1/jobs/{job}/exceptions/top',
      '/api/v1/jobs/{job}/exceptions/trend',
      '/api/v1/ledger',
      '/api/v1/offsets',
      '/api/v1/offsets/reset',
      '/api/v1/offsets/skip',
      '/api/v1/patterns',
      '/api/v1/pipeline',
      '/api/v1/rules',
      '/api/v1/rules/test',
      '/api/v1/rules/{id}',
      '/api/v1/silences',
      '/api/v1/silences/{id}',
      '/healthz',
      '/metrics',
      '/readyz',
    ])
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    expect(operations.filter((operation) => !operation.summary)).toEqual([])
    expect(
      operations
        .flatMap((operation) => operation.parameters ?? [])
        .filter(({ description = '', example }) => description === '' || (example === undefined && !description.includes('Example: '))),
    ).toEqual([])
    const fields = Object.values(document.components.schemas).flatMap((schema) => Object.entries(schema.properties))
    expect(fields.filter(([name, field]) => !field.description && name !== 'ready' && name !== 'checks')).toEqual([])
  })

  it('says of every resource how it fails, and none takes a parameter that it does not know', async () => {
    const app = await apiWith()
    const { paths } = (await app.inject('/docs/json')).json() as OpenApi
    const resources = Object.entries(paths).filter(([path]) => path.startsWith('/api/'))
    const operations = resources.flatMap(([path, methods]) => Object.entries(methods).map(([method, said]) => ({ path, method, ...said })))
    expect(operations.filter(({ responses }) => !('4XX' in responses && '5XX' in responses)).map(({ path }) => path)).toEqual([])
    for (const { path } of operations.filter(({ method }) => method === 'get')) {
      const url = `${path.replaceAll(/\{\w+\}/g, 'x')}?nosuch=1`
      expect([url, (await app.inject(url)).json().detail]).toEqual([url, expect.stringContaining('not known: "nosuch"')])
    }
  })

  it('leaves filters empty, so that a request as it stands there asks for what there is', async () => {
    const app = await apiWith({
      letters: fakeLetters(),
      offsets: { reader: { show: async () => ({ offsets: [], skipped: [] }) }, desk: null },
    })
    const { paths } = (await app.inject('/docs/json')).json() as OpenApi
    const parametersOf = (path: string) => paths[path]?.['get']?.parameters ?? []
    const prefilled = (path: string) =>
      parametersOf(path).flatMap(({ name, example }) => (example === undefined ? [] : [`${name}=${encodeURIComponent(String(example))}`]))
    expect(prefilled('/api/v1/exceptions/top')).toEqual(['from=-24h', 'to=now', 'limit=20', 'by=fingerprint'])
    expect(prefilled('/api/v1/dead-letters')).toEqual(['limit=50'])
    expect(parametersOf('/api/v1/dead-letters').find(({ name }) => name === 'reason')?.description).toMatch(/ Example: `not_json`\.$/)
    for (const path of ['/api/v1/exceptions/top', '/api/v1/exceptions/trend', '/api/v1/jobs', '/api/v1/dead-letters', '/api/v1/offsets'])
      expect([path, (await app.inject(`${path}?${prefilled(path).join('&')}`)).statusCode]).toEqual([path, 200])
  })

  it('names each schema once', async () => {
    const app = await apiWith()
    const document = (await app.inject('/docs/json')).json() as OpenApi
    expect(Object.keys(document.components.schemas).toSorted()).toEqual([
      'Alert',
      'AlertEpisode',
      'AlertRule',
      'DeadLetter',
      'DeadLetterInFull',
      'ErrorDocument',
      'FullEvent',
      'GroupState',
      'JobRow',
      'LedgerLine',
      'LedgerTotal',
      'Pattern',
      'Problem',
      'Readiness',
      'Receiver',
      'Silence',
      'Stream',
      'TopRow',
      'Undelivered',
    ])
    expect(JSON.stringify(document.paths)).not.toMatch(/Input"/)
  })

  it('is a page that asks no other host', async () => {
    const app = await apiWith()
    const page = await app.inject('/docs')
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(page.headers['content-security-policy']).not.toMatch(/https?:|\*|script-src[^;]*unsafe/)
  })
})

interface OpenApi {
  paths: Record<
    string,
    Record<string, { summary?: string; parameters?: { name: string; description?: string; example?: unknown }[]; responses: object }>
  >
  components: { schemas: Record<string, { properties: Record<string, { description?: string }> }> }
}

describe('the listener', () => {
  it('says where it listens, and frees the port', async () => {
    const server = await listen(await apiWith(), { host: '127.0.0.1', port: 0 })
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/`)
    expect((await fetch(`${server.url}healthz`)).status).toBe(200)
    await server.close()
    expect(await refused(server.port)).toBe(true)
  })

  it('says which setting to change where the port is taken', async () => {
    const server = await listen(await apiWith(), { host: '127.0.0.1', port: 0 })
    await expect(listen(await apiWith(), { host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('http.port'),
    })
    await server.close()
  })
})

function refused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(false)))
    socket.on('error', () => resolve(true))
  })
}
