/** Every way to log in at Kafka that the settings know, at a broker that asks for it: SASL by each mechanism, and TLS with a client certificate. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterIdOf } from '../../src/kafka/cluster-id.ts'
import { sourceClusters } from '../../src/config/clusters.ts'
import { kafkaConfig } from '../../src/config/connections.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { KafkaSettings } from '../../src/config/schema.ts'
import { createKafka } from '../../src/kafka/client.ts'
import { startKafka, type KafkaHandle } from '../../tools/services/kafka.ts'
import { freeBase, LOOPBACK } from '../../tools/services/ports.ts'
import { silent } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { selfSigned } from '../unit/config/self-signed.ts'

const PASSWORD = 'hunter2-and-more'
const MODULES = 'org.apache.kafka.common.security'

requireServices().describe('a broker that asks who we are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tracefold-login-'))
  const written = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const [server, client, stranger] = [selfSigned('broker'), selfSigned('tracefold'), selfSigned('stranger')]
  const passwordFile = written('password', PASSWORD)
  const caFile = written('ca.pem', server.cert)
  let kafka: KafkaHandle
  let tokens: Server
  let saslPort: number
  let tlsPort: number
  let tokenUrl: string

  beforeAll(async () => {
    const port = await freeBase([0, 1, 2, 3])
    ;[saslPort, tlsPort] = [port + 2, port + 3]
    const open = { PLAINTEXT: port, SASL_PLAINTEXT: saslPort, SSL: tlsPort }
    const listeners = Object.entries(open)
      .map(([name, at]) => `${name}://${LOOPBACK}:${at}`)
      .join(',')
    const jaas = (mechanism: string, words: string) => ({
      [`listener.name.sasl_plaintext.${mechanism}.sasl.jaas.config`]: `${MODULES}.${words};`,
    })
    kafka = await startKafka({
      port,
      scram: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => `${mechanism}=[name=me,password=${PASSWORD}]`),
      settings: {
        listeners: `${listeners},CONTROLLER://${LOOPBACK}:${port + 1}`,
        'advertised.listeners': listeners,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL',
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
        ...jaas('plain', `plain.PlainLoginModule required user_me="${PASSWORD}"`),
        ...jaas('scram-sha-256', 'scram.ScramLoginModule required'),
        ...jaas('scram-sha-512', 'scram.ScramLoginModule required'),
        ...jaas('oauthbearer', 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"'),
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': written('broker.pem', server.key + server.cert),
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': written('clients.pem', client.cert),
        'ssl.client.auth': 'required',
      },
    })
    tokens = createServer((request, response) => {
      const isUs = request.headers.authorization === `Basic ${btoa(`me:${PASSWORD}`)}`
      response
        .writeHead(isUs ? 200 : 401, { 'content-type': 'application/json' })
        .end(JSON.stringify(isUs ? { access_token: unsignedToken(), expires_in: 300 } : { error: 'invalid_client' }))
    })
    await new Promise<void>((resolve) => tokens.listen(0, LOOPBACK, resolve))
    tokenUrl = `http://${LOOPBACK}:${(tokens.address() as AddressInfo).port}/token` // a server that listens on a port
  }, 180_000)
  afterAll(async () => {
    tokens?.close()
    await kafka?.close()
    rmSync(folder, { recursive: true })
  })

  /** The broker takes it without a signature: it has no keys to check one by. */
  function unsignedToken(): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const now = Math.floor(Date.now() / 1_000)
    return `${part({ alg: 'none' })}.${part({ sub: 'me', iat: now, exp: now + 300 })}.`
  }

  /** Writes a record and finds it, by these settings alone. */
  async function writeAndFind(settings: KafkaSettings, topic: string): Promise<number> {
    const connection = createKafka({ ...kafkaConfig(settings, 'login'), retry: { retries: 0 } }, silent)
    const [admin, producer] = [connection.admin(), connection.producer()]
    try {
      await clusterIdOf(admin)
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
      await producer.connect()
      await producer.send({ topic, messages: [{ value: 'found' }] })
      return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0)
    } finally {
      await Promise.allSettled([producer.disconnect(), admin.disconnect()])
    }
  }

  const settingsOf = (kafkaSection: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): KafkaSettings =>
    loadSettings({ file: null, env, overrides: { mode: 'cluster', kafka: kafkaSection } }).kafka
  const withSasl = (sasl: Record<string, unknown>, password = PASSWORD): KafkaSettings =>
    settingsOf({ brokers: [`${LOOPBACK}:${saslPort}`], sasl: { username: 'me', ...sasl } }, { TRACEFOLD_KAFKA_SASL_PASSWORD: password })
  const withTls = (tls: Record<string, unknown>): KafkaSettings =>
    settingsOf({ brokers: [`${LOOPBACK}:${tlsPort}`], tls: { enabled: true, ...tls } })
  const pair = (name: string, { cert, key }: { cert: string; key: string }) => ({
    certFile: written(`${name}.pem`, cert),
    keyFile: written(`${name}.key`, key),
  })

  test.each(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])(
    'lets us in by SASL %s, and not with another password',
    async (mechanism) => {
      const sasl = { mechanism, ...(mechanism === 'oauthbearer' ? { tokenUrl } : {}) }
      expect(await writeAndFind(withSasl(sasl), `by-${mechanism}`)).toBe(1)
      const refused = writeAndFind(withSasl(sasl, 'another'), 'never')
      const code = mechanism === 'oauthbearer' ? 'config_invalid' : 'neighbour_away' // whoever gives out tokens says clearly what is wrong; a broker may not know its users yet
      await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(/auth|401/i) as string })
      await expect(refused).rejects.not.toThrow('another')
    },
  )

  test('lets us in by TLS with the certificate of a client that it knows, and no other', async () => {
    expect(await writeAndFind(withTls({ caFile, ...pair('client', client) }), 'by-certificate')).toBe(1)
    for (const tls of [{ caFile }, { caFile, ...pair('stranger', stranger) }, pair('client', client)])
      await expect(writeAndFind(withTls(tls), 'never')).rejects.toMatchObject({ code: 'neighbour_away' })
  })

  test('lets a further cluster in by its own login, the password from its file', async () => {
    const settings = loadSettings({
      file: null,
      env: {},
      overrides: {
        mode: 'cluster',
        kafka: {
          moreClusters: [
            { name: 'eu', brokers: [`${LOOPBACK}:${saslPort}`], sasl: { mechanism: 'scram-sha-512', username: 'me', passwordFile } },
          ],
        },
      },
    })
    const [, eu] = sourceClusters(settings)
    expect(await writeAndFind((eu as NonNullable<typeof eu>).settings.kafka, 'by-file')).toBe(1)
  })
})
