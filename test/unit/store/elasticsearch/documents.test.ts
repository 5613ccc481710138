/** Documents and ledger over HTTP, against a server that answers as told: what is retried, what is said, and which days are dropped. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@elastic/elasticsearch'
import { afterEach, expect, test } from 'vitest'
import { elasticsearchOptions } from '../../../../src/config/connections.ts'
import { loadSettings } from '../../../../src/config/load.ts'
import { namesOf } from '../../../../src/config/names.ts'
import { createHealth } from '../../../../src/health.ts'
import { createMetrics } from '../../../../src/metrics.ts'
import { ElasticsearchDocuments } from '../../../../src/store/elasticsearch/documents.ts'
import { anIdentity, anUpdate, aPartition, DAY, T0 } from '../../../support/builders.ts'
import { waitUntil } from '../../../support/wait.ts'

interface Reply {
  readonly status: number
  readonly body?: unknown
}
type Answer = (path: string, method: string, body: string) => Reply | 'hang up'

const SECRET = 'c2VjcmV0LWtleQ=='
const NAMES = namesOf('acme')
const never = new AbortController().signal
const open: { server: Server; client: Client }[] = []

afterEach(async () => {
  for (const { server, client } of open.splice(0)) {
    await client.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function documentsOver(answer: Answer, nowMs = T0) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '')
      asked.push(`${request.method} ${path}`)
      const reply = answer(path, request.method ?? '', body)
      if (reply === 'hang up') request.socket.destroy()
      else
        response
          .writeHead(reply.status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
          .end(JSON.stringify(reply.body ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const nodes = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`]
  const { elasticsearch: settings } = loadSettings({
    file: null,
    env: { TRACEFOLD_ELASTICSEARCH_API_KEY: SECRET },
    overrides: { mode: 'cluster', elasticsearch: { nodes } },
  })
  const client = new Client(elasticsearchOptions(settings))
  open.push({ server, client })
  const health = createHealth()
  const documents = new ElasticsearchDocuments({
    client,
    names: NAMES,
    settings,
    retentionDays: 14,
    metrics: createMetrics(),
    health,
    now: () => nowMs,
  })
  return { documents, health, asked }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

const ok = (items = 1): Reply => ({
  status: 200,
  body: { items: Array.from({ length: items }, () => ({ update: { status: 200, result: 'updated' } })) },
})
const refused = (status: number, type: string, reason = 'because'): Reply => ({
  status,
  body: { error: { type, reason, root_cause: [{ type, reason }] }, status },
})
const update = (window = T0) => anUpdate({ identity: anIdentity({ window }) })

const away: readonly [string, Reply | 'hang up', RegExp][] = [
  ['no rights', refused(401, 'security_exception', 'missing authentication credentials'), /security_exception/],
  ['a hang-up', 'hang up', /hang up|ECONNRESET|other side closed|closed/i],
  ['unavailable', refused(503, 'cluster_block_exception', 'no master'), /no master/],
  ["a success that is not Elasticsearch's", { status: 200, body: { welcome: 'to nginx' } }, /names no items/],
]
test.each(away)('%s: waits, says why without a secret, and goes on when it answers again', async (_, reply, words) => {
  const said: string[] = []
  let times = 0
  const { documents, health } = await documentsOver(() => {
    said.push(...health.ready().checks.map(({ detail }) => detail))
    return ++times > 2 ? ok() : reply
  })
  expect(await documents.merge([update()], never)).toEqual([])
  expect(said.join()).toMatch(words)
  expect(said.join()).not.toContain(SECRET)
  expect(health.ready().checks).toMatchObject([{ name: 'elasticsearch', ok: true }])
})

test('every update asks for an alias, so that no write makes an index, and for tries on conflict', async () => {
  let sent = ''
  const { documents } = await documentsOver((_path, _method, body) => {
    sent = body
    return ok()
  })
  await documents.merge([update()], never)
  expect(JSON.parse(sent.split('\n')[0] ?? '')).toEqual({
    update: { _index: 'acme-detail-2026.11.20', _id: update().id, retry_on_conflict: 5, require_alias: true },
  })
})

test('a day index is made with its alias when it is missing; where it is there, it gets the alias', async () => {
  const missing: Reply = {
    status: 200,
    body: { items: [{ update: { status: 404, error: { type: 'index_not_found_exception', reason: 'no such index' } } }] },
  }
  for (const isThere of [false, true]) {
    let bulks = 0
    const { documents, asked } = await documentsOver((path) => {
      if (path === '/_bulk') return ++bulks === 1 ? missing : ok()
      if (path === '/acme-detail-2026.11.20-v1' && isThere) return refused(400, 'resource_already_exists_exception')
      return { status: 200, body: { acknowledged: true } }
    })
    expect(await documents.merge([update()], never)).toEqual([])
    const alias = isThere ? ['PUT /acme-detail-2026.11.20-v1/_alias/acme-detail-2026.11.20'] : []
    expect(asked).toEqual(['POST /_bulk', 'PUT /acme-detail-2026.11.20-v1', ...alias, 'POST /_bulk'])
  }
})

test('a window past retention is refused as expired and makes no index; the last one kept is kept', async () => {
  const missing: Reply = {
    status: 200,
    body: { items: [{ update: { status: 404, error: { type: 'index_not_found_exception', reason: 'no such index' } } }] },
  }
  const merge = async (window: number) => {
    let bulks = 0
    const { documents, asked } = await documentsOver((path) => (path === '/_bulk' && ++bulks === 1 ? missing : ok()))
    return { refusals: await documents.merge([update(window)], never), asked }
  }
  const today = Date.UTC(2026, 10, 20)
  const gone = await merge(today - 15 * DAY)
  expect(gone.refusals).toMatchObject([{ expired: true }])
  expect(gone.asked).toEqual(['POST /_bulk'])
  expect((await merge(today - 14 * DAY)).refusals).toEqual([])
})

test('only whole days past retention are dropped, and nothing that is not ours', async () => {
  const day = (ago: number) => new Date(Date.UTC(2026, 10, 20) - ago * DAY).toISOString().slice(0, 10).replaceAll('-', '.')
  const indices = [
    `acme-detail-${day(0)}-v1`,
    `acme-detail-${day(14)}-v1`,
    `acme-detail-${day(15)}-v1`,
    `acme-detail-${day(200)}-v1`,
    `acme-detail-${day(200)}-backup`,
    'acme-detail-notes',
  ]
  const { documents, asked } = await documentsOver((_path, method) => ({
    status: 200,
    body: method === 'GET' ? Object.fromEntries(indices.map((name) => [name, {}])) : { acknowledged: true },
  }))
  expect(await documents.dropOldDays()).toEqual([`acme-detail-${day(15)}-v1`, `acme-detail-${day(200)}-v1`])
  expect(asked.filter((line) => line.startsWith('DELETE'))).toHaveLength(2)
})

test('where the position is asked for, an outage is one to wait for; where a person asks, one to be told of', async () => {
  const { documents } = await documentsOver(() => refused(503, 'no_shard_available_action_exception'))
  await expect(documents.evidence(aPartition())).rejects.toMatchObject({ code: 'neighbour_away', retriable: true })
  await expect(documents.ledger({ from: '2026-11-20', to: '2026-11-20' })).rejects.toMatchObject({ code: 'not_available' })
})

test('a stop ends the waiting for Elasticsearch', async () => {
  const abort = new AbortController()
  const { documents, asked } = await documentsOver(() => 'hang up')
  const work = documents.merge([update()], abort.signal)
  await waitUntil('a try', () => asked.length > 0)
  abort.abort()
  await expect(work).rejects.toMatchObject({ code: 'aborted' })
})
