import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { kafkaConfig } from '../../../src/config/connections.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { createTokenProvider } from '../../../src/config/oauth-token.ts'
import { isTracefoldError, type ErrorCode } from '../../../src/errors.ts'
import { Secret } from '../../../src/lib/secret.ts'

const HIDDEN = 'hunter2 & more'
interface Asked {
  readonly authorization: string | undefined
  readonly body: string
}

let asked: Asked[] = []
let answer: (n: number) => { status: number; body: string; location?: string } = () => ({ status: 500, body: '' })
let tokenUrl = ''

const endpoint = createServer((incoming, response) => {
  let body = ''
  incoming
    .setEncoding('utf8')
    .on('data', (part: string) => (body += part))
    .on('end', () => {
      asked.push({ authorization: incoming.headers.authorization, body })
      const { status, body: text, location } = answer(asked.length)
      response
        .writeHead(status, { 'content-type': 'application/json', connection: 'close', ...(location === undefined ? {} : { location }) })
        .end(text)
    })
})

beforeAll(async () => {
  await new Promise<void>((listening) => endpoint.listen(0, '127.0.0.1', listening))
  // It listens on a port, so its address is one.
  tokenUrl = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/token`
})
afterAll(() => new Promise((closed) => endpoint.close(closed)))
beforeEach(() => {
  asked = []
  answer = (n) => ({ status: 200, body: JSON.stringify({ access_token: `token-${n}`, expires_in: 100 }) })
})

function provider(nowMs: () => number = () => 0, scope: string | null = null): () => Promise<string> {
  return createTokenProvider({ tokenUrl, clientId: 'me:and you', clientSecret: new Secret(HIDDEN), scope, timeoutMs: 5_000 }, nowMs)
}

async function failure(token: () => Promise<string>): Promise<{ code: ErrorCode; message: string }> {
  return token().then(
    () => {
      throw new Error('expected a failure')
    },
    (error: unknown) => {
      if (!isTracefoldError(error)) throw error
      return error
    },
  )
}

describe('a token', () => {
  it("is asked for with the client's credentials, form-encoded, and its scope", async () => {
    expect(await provider(() => 0, 'kafka read')()).toBe('token-1')
    expect(asked).toEqual([
      {
        authorization: `Basic ${btoa(`me%3Aand%20you:${encodeURIComponent(HIDDEN)}`)}`,
        body: 'grant_type=client_credentials&scope=kafka+read',
      },
    ])
  })

  it('is kept until four fifths of its life are over', async () => {
    let now = 0
    const token = provider(() => now)
    await token()
    now = 79_999
    expect(await token()).toBe('token-1')
    now = 80_000
    expect(await token()).toBe('token-2')
  })

  it('is asked for once by callers at the same time', async () => {
    const token = provider()
    expect(await Promise.all([token(), token(), token()])).toEqual(['token-1', 'token-1', 'token-1'])
  })

  it('is asked for again after a failure', async () => {
    answer = (n) => (n === 1 ? { status: 503, body: '' } : { status: 200, body: '{"access_token":"late"}' })
    const token = provider()
    expect((await failure(token)).code).toBe('neighbour_away')
    expect(await token()).toBe('late')
  })

  it('goes to kafkajs', async () => {
    const sasl = { mechanism: 'oauthbearer', username: 'me', tokenUrl }
    const { kafka } = loadSettings({ file: null, env: { TRACEFOLD_KAFKA_SASL_PASSWORD: HIDDEN }, overrides: { kafka: { sasl } } })
    const options = kafkaConfig(kafka, 'me').sasl
    const given = options !== undefined && 'oauthBearerProvider' in options ? await options.oauthBearerProvider() : null
    expect(given).toEqual({ value: 'token-1' })
  })
})

describe('the endpoint', () => {
  it.each<[string, number, string, ErrorCode, string]>([
    ['that is busy is away', 503, '', 'neighbour_away', 'HTTP 503'],
    ['that wants fewer calls is away', 429, '', 'neighbour_away', 'HTTP 429'],
    [
      'that does not know us is a matter of settings',
      401,
      `{"error":"invalid_client","error_description":"${HIDDEN}"}`,
      'config_invalid',
      'HTTP 401 (invalid_client)',
    ],
    ['whose refusal is no JSON is told by its status', 400, `<html>${HIDDEN}`, 'config_invalid', 'HTTP 400'],
    ['that answers without token is away', 200, `{"token":"${HIDDEN}"}`, 'neighbour_away', 'expected JSON with access_token'],
  ])('%s', async (_, status, body, code, words) => {
    answer = () => ({ status, body })
    const error = await failure(provider())
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
    expect(error.message).not.toContain(HIDDEN)
  })

  it('that redirects is not followed with the credentials', async () => {
    answer = () => ({ status: 302, body: '', location: tokenUrl })
    expect((await failure(provider())).code).toBe('neighbour_away')
    expect(asked).toHaveLength(1)
  })

  it('that nobody answers at is away', async () => {
    const token = createTokenProvider({
      tokenUrl: 'http://127.0.0.1:1/',
      clientId: 'me',
      clientSecret: new Secret(HIDDEN),
      scope: null,
      timeoutMs: 5_000,
    })
    expect((await failure(token)).code).toBe('neighbour_away')
  })
})
