import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { faultsOfReceivers, openReceivers, type Opened } from '../../../../src/alert/deliver/open.ts'
import { receiversSchema, type ReceiversSettings } from '../../../../src/alert/deliver/settings.ts'
import { selfSigned } from '../../config/self-signed.ts'
import { aNotification, anAlert } from './alerts.ts'
import { json, startReceiver, text, type HttpReceiver } from './http-receiver.ts'

const TOKEN = 'XyZ0123456789tokenTOKEN'
const folder = mkdtempSync(join(tmpdir(), 'tracefold-receivers-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function read(receivers: Record<string, unknown>): ReceiversSettings {
  return receiversSchema.parse(receivers)
}

function faults(receivers: unknown): string[] {
  const { error } = receiversSchema.safeParse(receivers)
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

const warnings: string[] = []
const opened: { routes: Opened['routes'] }[] = []
afterEach(async () => {
  for (const { routes } of opened.splice(0)) for (const { receiver } of routes) await receiver.close()
})

function openAll(receivers: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): Opened {
  const all = openReceivers({ receivers: read(receivers), env, now: Date.now, warn: (message) => void warnings.push(message) })
  opened.push(all)
  return all
}

const signal = new AbortController().signal

describe('settings of receivers', () => {
  it('need little: a type, and where the secret is', () => {
    expect(read({ team: { type: 'slack', urlEnv: 'SLACK' } })).toMatchObject({
      team: {
        type: 'slack',
        match: {},
        groupBy: ['rule'],
        groupWaitMs: 10_000,
        groupIntervalMs: 60_000,
        repeatIntervalMs: 14_400_000,
        maxRepeatIntervalMs: 86_400_000,
        sendResolved: true,
      },
    })
  })

  it('tell machines of each alert at once', () => {
    expect(read({ page: { type: 'pagerduty', routingKeyEnv: 'KEY' } })).toMatchObject({
      page: { url: 'https://events.pagerduty.com', groupBy: ['alert'], groupWaitMs: 0, groupIntervalMs: 0 },
    })
  })

  it.each([
    [{ type: 'pager' }, 'x.type: expected a type: webhook, alertmanager, slack, dingtalk, feishu, wecom, pagerduty, email or heartbeat'],
    [{ type: 'slack' }, 'x.urlFile: expected urlFile or urlEnv'],
    [{ type: 'slack', urlFile: 'a', urlEnv: 'B' }, 'x.urlEnv: expected only one of urlFile and urlEnv'],
    [{ type: 'webhook', url: 'https://a.example', urlEnv: 'B' }, 'x.urlEnv: expected only one of url and urlEnv'],
    [
      { type: 'webhook', url: 'https://a.example/?token=x' },
      'x.url: expected a URL without user name, password or query: one with them is a secret, and belongs into urlFile or urlEnv',
    ],
    [{ type: 'webhook', url: 'ftp://a.example' }, 'x.url: expected an http or https URL'],
    [
      { type: 'webhook', url: 'https://a.example', username: 'u' },
      'x.username: expected a username and passwordFile or passwordEnv, or neither',
    ],
    [
      { type: 'webhook', url: 'https://a.example', username: 'u', passwordEnv: 'P', bearerTokenEnv: 'T' },
      'x.username: expected a username or a bearer token, not both',
    ],
    [{ type: 'webhook', url: 'https://a.example', certFile: 'c' }, 'x.keyFile: expected certFile and keyFile, or neither'],
    [{ type: 'email', host: 'mail', from: 'no address', to: ['a@b'] }, 'x.from: expected an e-mail address, or Name <address>'],
    [{ type: 'email', host: 'mail', from: 'a@b', to: ['a@b, c@d'] }, 'x.to.0: expected an e-mail address'],
    [{ type: 'wecom', urlEnv: 'A-B' }, 'x.urlEnv: expected the name of an environment variable'],
    [{ type: 'wecom', urlEnv: 'A', groupWaitMs: -1 }, 'x.groupWaitMs: expected whole milliseconds from 0 on'],
  ])('%j is wrong', (receiver, fault) => {
    expect(faults({ x: receiver })).toContain(fault)
  })

  it.each(['slack', 'dingtalk', 'feishu', 'wecom'])('take no address of %s in the clear, nor quote it', (type) => {
    const found = faults({ x: { type, url: `https://example.com/${TOKEN}` } })
    expect(found).toHaveLength(2)
    expect(found.join()).not.toContain(TOKEN)
  })
})

describe('opening receivers', () => {
  it('finds all that is wrong with their secrets at once, and quotes none', () => {
    const receivers = read({
      a: { type: 'slack', urlEnv: 'NONE' },
      b: { type: 'slack', urlFile: join(folder, TOKEN) },
      c: { type: 'feishu', urlEnv: 'NO_URL', secretEnv: 'EMPTY' },
      d: { type: 'wecom', urlFile: file('url', `https://qyapi.example/?key=${TOKEN}\n`), caFile: file('no.pem', TOKEN) },
      e: { type: 'wecom', urlFile: file('empty', '\n') },
    })
    const found = faultsOfReceivers(receivers, { NO_URL: TOKEN, EMPTY: '' })
    expect(found.map(({ setting, got }) => `${setting}: ${got}`)).toEqual([
      'alerts.receivers.a.urlEnv: a variable that is not set',
      'alerts.receivers.b.urlFile: no such file (ENOENT)',
      'alerts.receivers.c.urlEnv: something else',
      'alerts.receivers.c.secretEnv: an empty variable',
      'alerts.receivers.e.urlFile: an empty file',
      expect.stringMatching(/^alerts\.receivers\.d: .*caFile: expected a file of certificates/) as string,
    ])
    expect(JSON.stringify(found)).not.toContain(TOKEN)
    expect(() => openReceivers({ receivers, env: {}, now: Date.now, warn: () => {} })).toThrowError(
      expect.objectContaining({ code: 'config_invalid' }),
    )
  })

  it('opens every type, with its secrets from files and variables, and shows none of them', () => {
    const { routes, heartbeats } = openAll(
      {
        hook: { type: 'webhook', urlEnv: 'URL', secretFile: file('secret', `${TOKEN}\n`), username: 'u', passwordEnv: 'PASSWORD' },
        am: {
          type: 'alertmanager',
          urls: ['http://am.example:9093'],
          bearerTokenEnv: 'PASSWORD',
          match: { severity: ['critical', 'high'] },
        },
        slack: { type: 'slack', urlEnv: 'URL' },
        ding: { type: 'dingtalk', urlEnv: 'URL', secretEnv: 'PASSWORD' },
        feishu: { type: 'feishu', urlEnv: 'URL', secretEnv: 'PASSWORD' },
        wecom: { type: 'wecom', urlEnv: 'URL' },
        page: { type: 'pagerduty', routingKeyEnv: 'PASSWORD' },
        mail: { type: 'email', host: 'mail.example', from: 'a@b.example', to: ['c@d.example'], username: 'u', passwordEnv: 'PASSWORD' },
        dead: { type: 'heartbeat', urlEnv: 'URL' },
      },
      { URL: `https://hooks.example/${TOKEN}`, PASSWORD: `password-${TOKEN}` },
    )
    expect(routes.map(({ type }) => type)).toEqual([
      'webhook',
      'alertmanager',
      'slack',
      'dingtalk',
      'feishu',
      'wecom',
      'pagerduty',
      'email',
    ])
    expect(heartbeats.map(({ name }) => name)).toEqual(['dead'])
    for (const shown of [
      inspect(routes, { depth: 9, showHidden: true }),
      JSON.stringify(routes),
      inspect(heartbeats, { depth: 9 }),
      JSON.stringify(heartbeats),
    ])
      expect(shown).not.toContain(TOKEN)
  })

  it('spaces what goes to receivers with a rate limit', () => {
    const { routes } = openAll(
      { ding: { type: 'dingtalk', urlEnv: 'URL' }, hook: { type: 'webhook', urlEnv: 'URL' } },
      { URL: 'https://hooks.example/x' },
    )
    expect(routes.map(({ limits }) => limits)).toEqual([{ gapMs: 3_100, maxParallel: 1 }, {}])
  })

  it('says what the schedule must know of Alertmanager', () => {
    const { routes } = openAll({ am: { type: 'alertmanager', urls: ['http://am.example:9093'] } })
    expect(routes[0]?.policy).toMatchObject({ receiver: 'am', groupWaitMs: 0, resend: { everyMs: 60_000, afterResolvedMs: 300_000 } })
  })

  it('matches alerts by fields and labels, with patterns', () => {
    const matches = (match: Record<string, unknown>): boolean =>
      openAll({ x: { type: 'webhook', url: 'http://a.example', match } }).routes[0]!.policy.matches(anAlert())
    expect(matches({})).toBe(true)
    expect(
      matches({ severity: ['critical', 'high'], job: 'ord*', team: 'payments', rule: 'spike', level: 'basic', environment: 'prod*' }),
    ).toBe(true)
    expect(matches({ severity: 'critical' })).toBe(false)
    expect(matches({ job: 'order' })).toBe(false)
    expect(matches({ owner: 'somebody' })).toBe(false)
    expect([matches({ team: '*' }), matches({ owner: '*' }), matches({ owner: ['*', '**'] }), matches({ owner: '' })]).toEqual([
      true,
      false,
      false,
      true,
    ])
  })

  it('lets a field beat a label of its name', () => {
    const { routes } = openAll({ x: { type: 'webhook', url: 'http://a.example', match: { severity: 'high' } } })
    expect(routes[0]!.policy.matches(anAlert({ labels: { severity: 'critical' } }))).toBe(true)
  })
})

describe('an opened receiver', () => {
  let server: HttpReceiver
  afterEach(() => server.close())

  it('logs in', async () => {
    server = await startReceiver(text(''))
    const { routes } = openAll(
      {
        a: { type: 'webhook', url: server.url, username: 'me', passwordEnv: 'P' },
        b: { type: 'alertmanager', urls: [server.url], bearerTokenEnv: 'P' },
      },
      { P: TOKEN },
    )
    for (const { receiver } of routes) await receiver.send(aNotification(), signal)
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from(`me:${TOKEN}`).toString('base64')}`,
      `Bearer ${TOKEN}`,
    ])
  })

  it('tells no secret of its own, whatever the answer repeats', async () => {
    server = await startReceiver(
      (response, { headers, url, body }) =>
        void response.writeHead(400).end(`${headers.authorization} ${url.pathname} ${body.slice(0, 40)}`),
    )
    const { routes } = openAll(
      { a: { type: 'webhook', urlEnv: 'U', username: 'me', passwordEnv: 'P' } },
      { U: `${server.url}/hooks/${TOKEN}/x`, P: 'correct horse' },
    )
    const error: unknown = await routes[0]!.receiver.send(aNotification(), signal).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ message: expect.stringContaining('Basic [secret] [secret]') as string })
    expect(inspect(error)).not.toContain(TOKEN)
  })

  it('is sent to over TLS with the authority of its file', async () => {
    server = await startReceiver(text(''))
    const pem = selfSigned('server')
    const https = createServer({ key: pem.key, cert: pem.cert }, (_, response) => void response.end('ok'))
    await new Promise<void>((listening) => https.listen(0, '127.0.0.1', listening))
    // It listens on a port, so its address is one.
    const env = { URL: `https://127.0.0.1:${(https.address() as AddressInfo).port}` }
    const { routes } = openAll(
      { with: { type: 'slack', urlEnv: 'URL', caFile: file('ca.pem', pem.cert) }, without: { type: 'slack', urlEnv: 'URL' } },
      env,
    )
    await expect(routes[0]!.receiver.send(aNotification(), signal)).resolves.toBeUndefined()
    await expect(routes[1]!.receiver.send(aNotification(), signal)).rejects.toMatchObject({
      retriable: true,
      message: expect.stringContaining('SELF_SIGNED') as string,
    })
    https.closeAllConnections()
    await new Promise((closed) => https.close(closed))
  })

  it('is another one for each name', async () => {
    server = await startReceiver(json({ errcode: 0 }))
    const { routes } = openAll(
      { a: { type: 'wecom', urlEnv: 'A' }, b: { type: 'wecom', urlEnv: 'B' } },
      { A: `${server.url}/?key=aaa`, B: `${server.url}/?key=bbb` },
    )
    for (const { receiver } of routes) await receiver.send(aNotification(), signal)
    expect(server.received.map(({ url }) => url.searchParams.get('key'))).toEqual(['aaa', 'bbb'])
  })
})
