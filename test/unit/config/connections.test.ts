import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { Client } from '@elastic/elasticsearch'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { druidConnection, elasticsearchOptions, kafkaConfig } from '../../../src/config/connections.ts'
import { loadSettings } from '../../../src/config/load.ts'
import type { Settings } from '../../../src/config/schema.ts'
import { selfSigned } from './self-signed.ts'

const HIDDEN = 'hunter2-and-more'
const folder = mkdtempSync(join(tmpdir(), 'tracefold-connections-'))
const server = selfSigned('server')
const client = selfSigned('client')

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const files = {
  ca: file('ca.pem', server.cert),
  cert: file('cert.pem', client.cert),
  key: file('key.pem', client.key),
  otherKey: file('other-key.pem', server.key),
  lockedKey: file('locked-key.pem', client.lockedKey),
  noPem: file('no.pem', HIDDEN),
  brokenPem: file('broken.pem', '-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n'),
}

/** What came last: the credentials, and the name in the client's certificate. */
let seen: { authorization: string | undefined; client: unknown } = { authorization: undefined, client: undefined }
const https = createServer(
  { key: server.key, cert: server.cert, ca: client.cert, requestCert: true, rejectUnauthorized: false },
  (incoming: IncomingMessage, response: ServerResponse) => {
    // A server made by node:https has TLS sockets only.
    const { authorized, getPeerCertificate } = incoming.socket as TLSSocket
    seen = { authorization: incoming.headers.authorization, client: authorized && getPeerCertificate.call(incoming.socket).subject.CN }
    response.setHeader('x-elastic-product', 'Elasticsearch').setHeader('content-type', 'application/json').end('{}')
  },
)
let url = ''

beforeAll(async () => {
  await new Promise<void>((listening) => https.listen(0, '127.0.0.1', listening))
  // It listens on a port, so its address is one.
  url = `https://127.0.0.1:${(https.address() as AddressInfo).port}`
})

afterAll(async () => {
  https.closeAllConnections()
  await new Promise((closed) => https.close(closed))
  rmSync(folder, { recursive: true })
})

function settings(overrides: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): Settings {
  return loadSettings({ file: null, env, overrides })
}

async function pingElasticsearch(section: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const elasticsearch = new Client(elasticsearchOptions(settings({ elasticsearch: { nodes: [url], ...section } }, env).elasticsearch))
  await elasticsearch.info().finally(() => elasticsearch.close())
}

async function askDruid(section: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { agent, headers } = druidConnection(settings({ druid: { queryUrl: url, ...section } }, env).druid)
  await request(url, { dispatcher: agent, headers: headers() })
    .then(({ body }) => body.dump())
    .finally(() => agent.close())
}

describe.each([
  ['Elasticsearch', pingElasticsearch],
  ['Druid', askDruid],
])('a connection to %s', (_, connect) => {
  it('trusts the authority of its file', async () => {
    await expect(connect({ tls: { caFile: files.ca } })).resolves.toBeUndefined()
  })

  it('does not trust a server that nobody vouches for', async () => {
    await expect(connect({})).rejects.toThrow(/self-signed certificate/)
  })

  it('trusts any server where it shall not check', async () => {
    await expect(connect({ tls: { verify: false } })).resolves.toBeUndefined()
  })

  it('shows its own certificate', async () => {
    await connect({ tls: { caFile: files.ca, certFile: files.cert, keyFile: files.key } })
    expect(seen.client).toBe('client')
  })
})

describe('credentials', () => {
  const tls = { caFile: files.ca }

  it('reach Elasticsearch as an API key', async () => {
    await pingElasticsearch({ tls }, { TRACEFOLD_ELASTICSEARCH_API_KEY: HIDDEN })
    expect(seen.authorization).toBe(`ApiKey ${HIDDEN}`)
  })

  it('reach Elasticsearch as user and password', async () => {
    await pingElasticsearch({ tls, username: 'me' }, { TRACEFOLD_ELASTICSEARCH_PASSWORD: HIDDEN })
    expect(seen.authorization).toBe(`Basic ${btoa(`me:${HIDDEN}`)}`)
  })

  it('reach Druid as a token', async () => {
    await askDruid({ tls }, { TRACEFOLD_DRUID_TOKEN: HIDDEN })
    expect(seen.authorization).toBe(`Bearer ${HIDDEN}`)
  })

  it('reach Druid as user and password', async () => {
    await askDruid({ tls, username: 'me' }, { TRACEFOLD_DRUID_PASSWORD: HIDDEN })
    expect(seen.authorization).toBe(`Basic ${btoa(`me:${HIDDEN}`)}`)
  })
})

describe('elasticsearchOptions', () => {
  it('leave retries to the caller', () => {
    expect(elasticsearchOptions(settings({}).elasticsearch)).toMatchObject({ maxRetries: 0, requestTimeout: 30_000, compression: false })
  })
})

describe('kafkaConfig', () => {
  it('is plain by default', () => {
    expect(kafkaConfig(settings({}).kafka, 'me')).toMatchObject({ clientId: 'me', brokers: ['127.0.0.1:9092'], ssl: false })
    expect(kafkaConfig(settings({}).kafka, 'me')).not.toHaveProperty('sasl')
  })

  it('has the certificates where TLS is on', () => {
    const kafka = { tls: { enabled: true, caFile: files.ca, certFile: files.cert, keyFile: files.key, verify: false } }
    expect(kafkaConfig(settings({ kafka }).kafka, 'me').ssl).toEqual({
      ca: server.cert,
      cert: client.cert,
      key: client.key,
      rejectUnauthorized: false,
    })
  })

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('has user and password for %s', (mechanism) => {
    const { kafka } = settings({ kafka: { sasl: { mechanism, username: 'me' } } }, { TRACEFOLD_KAFKA_SASL_PASSWORD: HIDDEN })
    expect(kafkaConfig(kafka, 'me').sasl).toEqual({ mechanism, username: 'me', password: HIDDEN })
  })
})

describe('a TLS file', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['that is not there', { caFile: join(folder, HIDDEN) }, 'druid.tls.caFile: expected a readable file (PEM); got ENOENT'],
    ['without certificate', { caFile: files.noPem }, 'druid.tls.caFile: expected a file of certificates (PEM); got something else'],
    [
      'with a broken certificate',
      { caFile: files.brokenPem },
      'druid.tls.caFile: expected a file of certificates (PEM); got something else',
    ],
    [
      'with a key of another certificate',
      { certFile: files.cert, keyFile: files.otherKey },
      'druid.tls.keyFile: expected a private key (PEM, without passphrase) that belongs to the certificate; got ERR_OSSL_X509_KEY_VALUES_MISMATCH',
    ],
    [
      'with no key',
      { certFile: files.cert, keyFile: files.noPem },
      'druid.tls.keyFile: expected a private key (PEM, without passphrase) that belongs to the certificate; got ERR_OSSL_',
    ],
    [
      'with a key behind a passphrase',
      { certFile: files.cert, keyFile: files.lockedKey },
      'druid.tls.keyFile: expected a private key (PEM, without passphrase) that belongs to the certificate; got ERR_',
    ],
  ])('%s is told by its setting, and not printed', (_, tls, expected) => {
    const connect = (): unknown => druidConnection(settings({ druid: { tls } }).druid)
    expect(connect).toThrow(expected)
    expect(connect).not.toThrow(HIDDEN)
  })

  it('at fault comes together with the others', () => {
    const connect = (): unknown =>
      druidConnection(settings({ druid: { tls: { caFile: files.noPem, certFile: files.noPem, keyFile: join(folder, 'none') } } }).druid)
    expect(connect).toThrow(/^3 settings are wrong:/)
  })
})
