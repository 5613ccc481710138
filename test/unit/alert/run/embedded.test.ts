/** The program as it runs without any server: events in over HTTP, alerts out to a receiver. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startApp, type App } from '../../../../src/app.ts'
import { openDatabase } from '../../../../src/store/sqlite.ts'
import { schema } from '../../../../src/config/schema.ts'
import { waitUntil } from '../../../support/wait.ts'
import { startReceiver, text, type HttpReceiver } from '../deliver/http-receiver.ts'

const RULE = `
title: Orders fail
id: orders-fail
level: custom
severity: critical
per: job
for: { job: orders }
condition: { count: { over: 5m, atLeast: 3 } }
`

let path: string
let receiver: HttpReceiver
let app: App

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'tracefold-alerts-'))
  receiver = await startReceiver(text('ok'))
})
afterEach(async () => {
  await app.stop()
  await receiver.close()
  rmSync(path, { recursive: true, force: true })
})

function start(): Promise<App> {
  const settings = schema.parse({
    logLevel: 'fatal',
    embedded: { path },
    http: { port: 0 },
    alerts: { intervalMs: 500, receivers: { hook: { type: 'webhook', urlEnv: 'HOOK', match: { level: 'custom' } } } },
  })
  return startApp({ settings, exitAtEnd: false, setup: false, inputs: { sources: [] }, env: { HOOK: `${receiver.url}/hook` } })
}

async function call(method: string, resource: string, body?: string, type = 'application/json'): Promise<unknown> {
  const response = await fetch(new URL(resource, app.url), {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
  })
  const answer = await response.text()
  if (!response.ok) throw new Error(answer)
  return answer === '' ? null : JSON.parse(answer)
}

const told = () =>
  receiver.received.map(
    ({ body }) =>
      JSON.parse(body) as { id: string; status: string; alerts: { key: string; what: string; count: number; rule: { id: string } }[] },
  )

function events(count: number): string {
  const one = (i: number) => ({
    '@timestamp': new Date().toISOString(),
    level: 'ERROR',
    loggerName: 'com.acme.Orders',
    message: `could not save order ${i}`,
    contextMap: { job: 'orders' },
    thrown: { name: 'java.lang.IllegalStateException', message: 'no lines' },
  })
  return Array.from(
    { length: count },
    (_, i) => `${JSON.stringify({ ...one(i), instant: { epochSecond: Math.floor(Date.now() / 1_000), nanoOfSecond: 0 } })}\n`,
  ).join('')
}

test('what is posted fires a rule of the API, which a restart does not tell again, and whose end is told', async () => {
  app = await start()
  await call('PUT', 'api/v1/rules/orders-fail?who=ann', RULE, 'application/yaml')
  await call('POST', 'api/v1/events', events(5), 'application/x-ndjson')
  await waitUntil('the notification', () => told().length > 0)
  expect(told()).toMatchObject([{ status: 'firing', alerts: [{ rule: { id: 'orders-fail' }, count: 5 }] }])
  expect(await call('GET', 'api/v1/alerts?state=firing')).toMatchObject({ alerts: [{ rule: { id: 'orders-fail' } }] })

  await app.stop()
  app = await start()
  await waitUntil('the alert after the restart', async () =>
    JSON.stringify(await call('GET', 'api/v1/alerts?state=firing')).includes('orders-fail'),
  )
  await call('DELETE', 'api/v1/rules/orders-fail')
  await waitUntil('the end', () => told().some(({ status }) => status === 'resolved'))
  expect(told().map(({ status }) => status)).toEqual(['firing', 'resolved'])
  expect(JSON.stringify(await call('GET', 'api/v1/alerts/history'))).toContain('orders-fail')
})

test('while the store cannot be written rules are blind, so that nothing ends for want of counts; they see again after the next commit', async () => {
  app = await start()
  await call('PUT', 'api/v1/rules/orders-fail?who=ann', RULE, 'application/yaml')
  await call('POST', 'api/v1/events', events(5), 'application/x-ndjson')
  await waitUntil('the notification', () => told().length > 0)
  const blind = async (): Promise<unknown> => ((await call('GET', 'api/v1/alerts')) as { blind: unknown }).blind
  expect(await blind()).toBeNull()

  const other = openDatabase(join(path, 'tracefold.db'))
  other.exec('BEGIN IMMEDIATE')
  const posted = call('POST', 'api/v1/events', events(1), 'application/x-ndjson')
  await waitUntil('rules to be blind', async () => String(await blind()).includes('not written'))
  other.exec('ROLLBACK')
  other.close()
  await posted
  await waitUntil('rules to see', async () => (await blind()) === null)
  expect(told().map(({ status }) => status)).toEqual(['firing'])
})
