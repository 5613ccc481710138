import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Notification } from '../../../../src/alert/alert.ts'
import { HttpClient } from '../../../../src/alert/deliver/http.ts'
import type { DeliveryError, Receiver } from '../../../../src/alert/deliver/receiver.ts'
import { createAlertmanager } from '../../../../src/alert/deliver/receivers/alertmanager.ts'
import { createDingtalk } from '../../../../src/alert/deliver/receivers/dingtalk.ts'
import { createFeishu } from '../../../../src/alert/deliver/receivers/feishu.ts'
import { createPagerduty } from '../../../../src/alert/deliver/receivers/pagerduty.ts'
import { createSlack } from '../../../../src/alert/deliver/receivers/slack.ts'
import { createWebhook, REPLAY_WINDOW_SECONDS, webhookBody } from '../../../../src/alert/deliver/receivers/webhook.ts'
import { createWecom } from '../../../../src/alert/deliver/receivers/wecom.ts'
import { scrubber } from '../../../../src/alert/deliver/scrub.ts'
import { Secret } from '../../../../src/lib/secret.ts'
import { T0 } from '../../../support/builders.ts'
import { aNotification, anAlert, resolved } from './alerts.ts'
import { half, json, reset, silence, startReceiver, text, type Answer, type HttpReceiver, type Received } from './http-receiver.ts'

const TOKEN = 'XyZ0123456789tokenTOKEN'
const SECRET = 'SECdeadbeefdeadbeef'
const NOW = T0 + 123

let server: HttpReceiver
const open: Receiver[] = []

beforeEach(async () => {
  server = await startReceiver()
})

afterEach(async () => {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()))
  await server.close()
})

const path = `/services/T000/${TOKEN}?access_token=${TOKEN}`
const http = (timeoutMs = 5_000): HttpClient =>
  new HttpClient({ timeoutMs, tls: null, scrub: scrubber([`${server.url}${path}`, SECRET, TOKEN]), now: () => NOW })
const now = (): number => NOW

/** Each receiver on our server, and how its protocol says yes. */
const KINDS: Readonly<Record<string, { readonly create: (timeoutMs?: number) => Receiver; readonly yes: Answer }>> = {
  webhook: {
    create: (ms) => createWebhook({ name: 'x', url: server.url + path, headers: {}, secret: new Secret(SECRET), http: http(ms), now }),
    yes: text('', 204),
  },
  alertmanager: {
    create: (ms) => createAlertmanager({ name: 'x', urls: [server.url], headers: {}, http: http(ms), warn: () => {} }),
    yes: text(''),
  },
  slack: { create: (ms) => createSlack({ name: 'x', url: server.url + path, http: http(ms) }), yes: text('ok') },
  dingtalk: {
    create: (ms) => createDingtalk({ name: 'x', url: server.url + path, secret: new Secret(SECRET), http: http(ms), now }),
    yes: json({ errcode: 0, errmsg: 'ok' }),
  },
  feishu: {
    create: (ms) => createFeishu({ name: 'x', url: server.url + path, secret: new Secret(SECRET), http: http(ms), now }),
    yes: json({ StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' }),
  },
  wecom: { create: (ms) => createWecom({ name: 'x', url: server.url + path, http: http(ms) }), yes: json({ errcode: 0, errmsg: 'ok' }) },
  pagerduty: {
    create: (ms) => createPagerduty({ name: 'x', url: server.url, routingKey: new Secret(TOKEN), http: http(ms) }),
    yes: json({ status: 'success', message: 'Event processed', dedup_key: 'x' }, 202),
  },
}
const names = Object.keys(KINDS)

function opened(receiver: Receiver): Receiver {
  open.push(receiver)
  return receiver
}

async function send(name: string, notification: Notification = aNotification(), timeoutMs?: number): Promise<void> {
  await opened(KINDS[name]!.create(timeoutMs)).send(notification, new AbortController().signal)
}

async function failure(name: string, answer: Answer, timeoutMs?: number): Promise<DeliveryError> {
  server.answer(answer)
  // What send rejects with is a DeliveryError; the tests say so of all that they use of it.
  return (await send(name, aNotification(), timeoutMs).then(
    () => expect.unreachable('it was taken'),
    (error: unknown) => error,
  )) as DeliveryError
}

function bodyOf(received: Received | undefined): Record<string, unknown> {
  return JSON.parse(received?.body ?? 'null') as Record<string, unknown>
}

describe.each(names)('%s', (name) => {
  it('is done when the receiver says yes, after one JSON request', async () => {
    server.answer(KINDS[name]!.yes)
    await send(name)
    expect(server.received).toHaveLength(1)
    expect(server.received[0]).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json; charset=utf-8' } })
    expect(JSON.parse(server.received[0]!.body)).toBeTruthy()
  })

  it.each([
    ['HTTP 400', text('bad', 400)],
    ['HTTP 403', text('bad', 403)],
    ['HTTP 404', text('bad', 404)],
    ['a redirect', text('', 302, { location: 'http://127.0.0.1:1/' })],
  ])('refuses for good at %s', async (_, answer) => {
    expect(await failure(name, answer)).toMatchObject({ name: 'DeliveryError', retriable: false })
  })

  it.each([
    ['HTTP 500', text('oops', 500)],
    ['HTTP 503', text('oops', 503)],
    ['HTTP 408', text('oops', 408)],
    ['a reset connection', reset],
    ['half an answer', half],
  ])('may be tried again after %s', async (_, answer) => {
    expect(await failure(name, answer)).toMatchObject({ name: 'DeliveryError', retriable: true })
  })

  it('may be tried again when no answer comes in time', async () => {
    const error = await failure(name, silence, 150)
    expect(error).toMatchObject({ retriable: true })
    expect(error.message).toMatch(/no answer/)
  })

  it('honours the pause that is asked for with HTTP 429, in seconds or as a date', async () => {
    expect(await failure(name, text('slow down', 429, { 'retry-after': '17' }))).toMatchObject({ retriable: true, retryAfterMs: 17_000 })
    const date = new Date(T0 + 30_000).toUTCString()
    expect(await failure(name, text('slow down', 429, { 'retry-after': date }))).toMatchObject({
      retriable: true,
      retryAfterMs: 30_000 - 123,
    })
    expect(await failure(name, text('slow down', 429))).toMatchObject({ retriable: true, retryAfterMs: null })
  })

  it('may be tried again when nobody listens', async () => {
    await server.close()
    const error = await send(name).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ retriable: true, message: expect.stringContaining('ECONNREFUSED') as string })
    server = await startReceiver()
  })

  it('tells no secret, even where the answer repeats the address', async () => {
    const error = await failure(
      name,
      (response, { url }) =>
        void response
          .writeHead(404)
          .end(`nothing at ${server.url}${url.pathname}${url.search}, nor ${decodeURIComponent(url.href)} ${TOKEN} ${SECRET}`),
    )
    const told = `${error.message} ${error.stack ?? ''} ${JSON.stringify(error)} ${String(error.cause)}`
    expect(told).not.toContain(TOKEN)
    expect(told).not.toContain(SECRET)
    expect(told).toContain('404')
  })

  it('ends with `aborted` at a stop', async () => {
    server.answer(silence)
    const stop = new AbortController()
    const sending = opened(KINDS[name]!.create()).send(aNotification(), stop.signal)
    stop.abort()
    await expect(sending).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('the body decides, not the status:', () => {
  it.each([
    ['slack', text('invalid_payload'), true],
    ['slack', text('<html>log in</html>'), true],
    ['dingtalk', json({ errcode: 310_000, errmsg: 'sign not match' }), false],
    ['dingtalk', json({ errcode: '310000', errmsg: 'keywords not in content' }), false],
    ['dingtalk', json({ errcode: 300_001, errmsg: 'token is not exist' }), false],
    ['dingtalk', json({ errcode: 130_101, errmsg: 'send too fast, exceed 20 times per minute' }), true],
    ['dingtalk', json({ errcode: 410_100, errmsg: 'too fast' }), true],
    ['dingtalk', json({ errcode: -1, errmsg: 'system busy' }), true],
    ['dingtalk', json({ status: 1_111, wait: 5, punish: 'deny' }), true],
    ['dingtalk', text('<html>log in</html>'), true],
    ['feishu', json({ code: 19_021, msg: 'sign match fail or timestamp is not within one hour from current time' }), false],
    ['feishu', json({ StatusCode: 0, StatusMessage: '', code: 19_007, msg: 'Bot Not Enabled' }), false],
    ['feishu', json({ code: 9_499, msg: 'Bad Request', data: {} }, 400), false],
    ['feishu', json({ code: 9_499, msg: 'too many request', data: {} }, 400), true],
    ['feishu', json({ code: 11_232, data: {}, msg: 'frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]' }), true],
    ['feishu', json({}), true],
    ['wecom', json({ errcode: 93_000, errmsg: 'invalid webhook url' }), false],
    ['wecom', json({ errcode: 40_058, errmsg: 'markdown.content exceed max length 4096' }), false],
    ['wecom', json({ errcode: 45_009, errmsg: 'api freq out of limit' }), true],
    ['wecom', json({ errcode: -1, errmsg: 'system busy' }), true],
    ['pagerduty', json({ status: 'invalid event', message: 'Event object is invalid', errors: ['x'] }), false],
    ['pagerduty', text('accepted', 202), true],
  ])('%s (case %#)', async (name, answer, retriable) => {
    expect(await failure(name, answer)).toMatchObject({ name: 'DeliveryError', retriable })
  })

  it('a robot that is sent to too fast gets a pause', async () => {
    expect(await failure('dingtalk', json({ errcode: 130_101, errmsg: 'send too fast' }))).toMatchObject({ retryAfterMs: 60_000 })
    expect(await failure('wecom', json({ errcode: 45_009, errmsg: 'api freq' }))).toMatchObject({ retryAfterMs: 60_000 })
    expect(await failure('feishu', json({ code: 11_232, msg: 'frequency limited' }))).toMatchObject({ retryAfterMs: 10_000 })
  })
})

describe('a generic webhook', () => {
  /** As a receiver would do it: from what came, with the secret, and nothing else. */
  function verifies({ headers, body }: Received, key: string | Buffer): boolean {
    const wanted = createHmac('sha256', key)
      .update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`)
      .digest('base64')
    const isFresh = Math.abs(NOW / 1_000 - Number(headers['webhook-timestamp'])) <= REPLAY_WINDOW_SECONDS
    return isFresh && String(headers['webhook-signature']).split(' ').includes(`v1,${wanted}`)
  }

  it('signs id, time and body, so that a changed one is found out', async () => {
    server.answer(text(''))
    await send('webhook')
    const [one] = server.received
    expect(verifies(one!, SECRET)).toBe(true)
    expect(verifies(one!, 'another secret')).toBe(false)
    expect(verifies({ ...one!, body: one!.body.replace('1234', '1235') }, SECRET)).toBe(false)
    expect(verifies({ ...one!, headers: { ...one!.headers, 'webhook-timestamp': String(Math.floor(NOW / 1_000) + 60) } }, SECRET)).toBe(
      false,
    )
    expect(verifies({ ...one!, headers: { ...one!.headers, 'webhook-id': 'another' } }, SECRET)).toBe(false)
  })

  it('takes a secret of Standard Webhooks, whose key is base64', async () => {
    server.answer(text(''))
    const key = Buffer.from('a key of thirty-two bytes, or so')
    await opened(
      createWebhook({ name: 'x', url: server.url, headers: {}, secret: new Secret(`whsec_${key.toString('base64')}`), http: http(), now }),
    ).send(aNotification(), new AbortController().signal)
    expect(verifies(server.received[0]!, key)).toBe(true)
  })

  it('sends the same id and body at each try', async () => {
    server.answer(text('', 500), text('', 200))
    await send('webhook').catch(() => {})
    await send('webhook')
    expect(server.received.map(({ headers, body }) => [headers['webhook-id'], body])).toEqual([
      ['0123456789abcdef0123456789abcdef', server.received[0]?.body],
      ['0123456789abcdef0123456789abcdef', server.received[0]?.body],
    ])
  })

  it('signs nothing without a secret, and sends the login it was given', async () => {
    server.answer(text(''))
    await opened(
      createWebhook({ name: 'x', url: server.url, headers: { authorization: 'Bearer abc' }, secret: null, http: http(), now }),
    ).send(aNotification(), new AbortController().signal)
    expect(server.received[0]?.headers).toMatchObject({ authorization: 'Bearer abc' })
    expect(server.received[0]?.headers['webhook-signature']).toBeUndefined()
  })

  it('sends what its schema says', async () => {
    server.answer(text(''))
    await send('webhook', aNotification({ alerts: [anAlert(), resolved(anAlert({ subject: { job: null, environment: null } }))] }))
    expect(webhookBody.safeParse(bodyOf(server.received[0])).error).toBeUndefined()
  })

  it('leaves alerts out where the body would be larger than a megabyte, and says how many', async () => {
    server.answer(text(''))
    const alerts = Array.from({ length: 900 }, (_, i) => anAlert({ key: String(i), why: 'x'.repeat(2_000) }))
    await send('webhook', aNotification({ alerts }))
    const body = webhookBody.parse(bodyOf(server.received[0]))
    expect(server.received[0]!.body.length).toBeLessThanOrEqual(1_000_000)
    expect(body.alerts.length + body.notShown).toBe(900)
    expect(body.notShown).toBeGreaterThan(0)
  })
})

describe('DingTalk', () => {
  it('is signed by the query, in milliseconds, with the secret as the key', async () => {
    server.answer(KINDS['dingtalk']!.yes)
    await send('dingtalk')
    const { searchParams } = server.received[0]!.url
    expect(searchParams.get('access_token')).toBe(TOKEN)
    expect(searchParams.get('timestamp')).toBe(String(NOW))
    expect(searchParams.get('sign')).toBe(createHmac('sha256', SECRET).update(`${NOW}\n${SECRET}`).digest('base64'))
  })

  it('signs the address anew each time, and never twice in one', async () => {
    server.answer(KINDS['dingtalk']!.yes)
    let ms = NOW
    const receiver = opened(
      createDingtalk({ name: 'x', url: server.url + path, secret: new Secret(SECRET), http: http(), now: () => ms++ }),
    )
    for (let i = 0; i < 3; i++) await receiver.send(aNotification(), new AbortController().signal)
    expect(server.received.map(({ url }) => url.searchParams.getAll('timestamp'))).toEqual([
      [String(NOW)],
      [String(NOW + 1)],
      [String(NOW + 2)],
    ])
  })
})

describe('Feishu', () => {
  it('is signed in the body, in seconds, with "timestamp\\nsecret" as the key and no message', async () => {
    server.answer(KINDS['feishu']!.yes)
    await send('feishu')
    const seconds = String(Math.floor(NOW / 1_000))
    expect(bodyOf(server.received[0])).toMatchObject({
      timestamp: seconds,
      sign: createHmac('sha256', `${seconds}\n${SECRET}`).digest('base64'),
      msg_type: 'interactive',
    })
  })

  it('takes the older form of yes', async () => {
    server.answer(json({ StatusCode: 0, StatusMessage: 'success' }))
    await expect(send('feishu')).resolves.toBeUndefined()
  })
})

describe('PagerDuty', () => {
  it('is sent an event for each alert, with the routing key', async () => {
    server.answer(KINDS['pagerduty']!.yes)
    await send('pagerduty', aNotification({ alerts: [anAlert(), resolved(anAlert({ subject: { job: 'billing' } }))] }))
    expect(server.received.map(bodyOf)).toMatchObject([
      { routing_key: TOKEN, event_action: 'trigger', payload: { source: 'orders' } },
      { routing_key: TOKEN, event_action: 'resolve', payload: { source: 'billing' } },
    ])
    expect(server.received[0]?.url.pathname).toBe('/v2/enqueue')
  })
})

describe('Alertmanager', () => {
  it('is sent many alerts in several requests', async () => {
    server.answer(text(''))
    await send('alertmanager', aNotification({ alerts: Array.from({ length: 450 }, (_, i) => anAlert({ key: String(i) })) }))
    expect(server.received.map(({ body }) => (JSON.parse(body) as unknown[]).length)).toEqual([200, 200, 50])
    expect(server.received[0]?.url.pathname).toBe('/api/v2/alerts')
  })

  it('is one cluster of several: one that takes all is enough, and the others are told of', async () => {
    server.answer(text(''))
    const bad = await startReceiver(text('no', 500))
    const warnings: string[] = []
    await opened(
      createAlertmanager({
        name: 'am',
        urls: [bad.url, `${server.url}/prefix/`],
        headers: {},
        http: http(),
        warn: (message) => void warnings.push(message),
      }),
    ).send(aNotification(), new AbortController().signal)
    expect(server.received[0]?.url.pathname).toBe('/prefix/api/v2/alerts')
    expect(warnings).toEqual(['alertmanager am: one of 2 addresses failed: HTTP 500, "no"'])
    await bad.close()
  })

  it('may be tried again while one of its addresses may yet answer', async () => {
    const away = await startReceiver(text('no', 503))
    server.answer(text('no', 400))
    const receiver = opened(createAlertmanager({ name: 'am', urls: [server.url, away.url], headers: {}, http: http(), warn: () => {} }))
    await expect(receiver.send(aNotification(), new AbortController().signal)).rejects.toMatchObject({ retriable: true })
    await away.close()
  })
})
