import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkClusterFiles, namesOfClusters, sourceClusters } from '../../../src/config/clusters.ts'
import { loadSettings } from '../../../src/config/load.ts'
import type { Settings } from '../../../src/config/schema.ts'
import { settingNamed, type Setting } from '../../../src/config/setting.ts'
import { shownValue } from '../../../src/config/shown.ts'
import { supervisorSpec } from '../../../src/store/druid/supervisor.ts'

const HIDDEN = 'hunter2-and-more'
const folder = mkdtempSync(join(tmpdir(), 'tracefold-clusters-'))
const passwordFile = join(folder, 'password')
writeFileSync(passwordFile, `${HIDDEN}\n`)
afterAll(() => rmSync(folder, { recursive: true }))

const OWN_SASL = { mechanism: 'scram-sha-512', username: 'eu-user', passwordFile }

function settings(moreClusters: unknown, over: Record<string, unknown> = {}, env: NodeJS.ProcessEnv = {}): Settings {
  return loadSettings({
    file: null,
    env,
    overrides: { mode: 'cluster', ...over, kafka: { brokers: ['first:9092'], moreClusters, ...(over['kafka'] as object | undefined) } },
  })
}

describe('sourceClusters', () => {
  it('is the kafka section alone by default, by its names', () => {
    const clusters = sourceClusters(settings([]))
    expect(clusters.map(({ name, names }) => [name, names.rollupTopic, names.datasource])).toEqual([
      ['first', 'tracefold-rollups', 'tracefold-rollups'],
    ])
  })

  it('names what is made in a further cluster after it, and nothing that all share', () => {
    const [first, eu] = namesOfClusters(settings([{ name: 'eu', brokers: ['eu:9092'] }]))
    const same = (Object.keys(first) as (keyof typeof first)[]).filter((key) => eu?.[key] === first[key])
    expect(same).toEqual(['alertTopic', 'alertGroup', 'detailIndex', 'ledgerIndex'])
    expect(eu).toMatchObject({
      rollupGroup: 'tracefold-rollup-eu',
      datasource: 'tracefold-rollups-eu',
      letterTopic: 'tracefold-dead-letters-eu',
    })
  })

  it('takes what a further cluster does not say from the first, but never its brokers', () => {
    const [, eu] = sourceClusters(
      settings(
        [{ name: 'eu', brokersDns: 'kafka.eu:9092', druidBootstrap: 'eu:9092' }],
        {
          kafka: { sasl: { mechanism: 'plain', username: 'me' }, topics: ['a', 'b'] },
          druid: { kafkaBootstrap: 'first-inside:9092', kafkaProperties: { a: 'b' } },
        },
        { TRACEFOLD_KAFKA_SASL_PASSWORD: HIDDEN },
      ),
    )
    expect(eu?.settings.kafka).toMatchObject({
      brokers: [],
      brokersDns: 'kafka.eu:9092',
      topics: ['a', 'b'],
      sasl: { mechanism: 'plain', username: 'me' },
    })
    expect(eu?.settings.kafka.sasl.password?.reveal()).toBe(HIDDEN)
    expect(eu?.settings.druid).toMatchObject({ kafkaBootstrap: 'eu:9092', kafkaProperties: { a: 'b' } })
  })

  it('has a login of its own, its password from a file', () => {
    const [, eu] = sourceClusters(
      settings([{ name: 'eu', brokers: ['eu:9092'], sasl: OWN_SASL, druidProperties: { c: 'd' } }], {
        druid: { kafkaProperties: { a: 'b' } },
      }),
    )
    expect(eu?.settings.kafka.sasl).toMatchObject({ mechanism: 'scram-sha-512', username: 'eu-user' })
    expect(eu?.settings.kafka.sasl.password?.reveal()).toBe(HIDDEN)
    expect(eu?.settings.druid.kafkaProperties).toEqual({ c: 'd' })
  })

  it("lets Druid's supervisor of each read from its own brokers", () => {
    const specs = sourceClusters(settings([{ name: 'eu', brokers: ['eu:9092'] }], { druid: { kafkaBootstrap: 'first-inside:9092' } })).map(
      (cluster) => supervisorSpec(cluster.names, cluster.settings).spec,
    )
    expect(
      specs.map(({ dataSchema, ioConfig }) => [dataSchema.dataSource, ioConfig.topic, ioConfig.consumerProperties['bootstrap.servers']]),
    ).toEqual([
      ['tracefold-rollups', 'tracefold-rollups', 'first-inside:9092'],
      ['tracefold-rollups-eu', 'tracefold-rollups-eu', 'eu:9092'],
    ])
  })

  it('can be given in the variable, as JSON', () => {
    const { kafka } = loadSettings({
      file: null,
      env: { TRACEFOLD_MODE: 'cluster', TRACEFOLD_KAFKA_MORE_CLUSTERS: '[{"name":"eu","brokers":["eu:9092"]}]' },
    })
    expect(kafka.moreClusters).toMatchObject([{ name: 'eu', brokers: ['eu:9092'] }])
  })

  it('tells of a password file that is not there, without its path', () => {
    const missing = settings([{ name: 'eu', brokers: ['eu:9092'], sasl: { ...OWN_SASL, passwordFile: join(folder, HIDDEN) } }])
    expect(() => sourceClusters(missing)).toThrow(
      'kafka.moreClusters.0.sasl.passwordFile: expected a readable file that holds the secret; got no such file (ENOENT)',
    )
    expect(() => sourceClusters(missing)).not.toThrow(HIDDEN)
    expect(checkClusterFiles(missing)).toHaveLength(1)
  })
})

describe('what is wrong with a further cluster', () => {
  it.each<[string, unknown, string]>([
    ['no brokers', [{ name: 'eu' }], 'expected one of brokers, brokersFile and brokersDns in cluster eu; got none'],
    ['two ways to the brokers', [{ name: 'eu', brokers: ['eu:1'], brokersFile: '/x', druidBootstrap: 'eu:1' }], 'in cluster eu; got 2'],
    ['brokers that Druid is not told', [{ name: 'eu', brokersFile: '/x' }], 'expected druidBootstrap'],
    [
      'a name twice',
      [
        { name: 'eu', brokers: ['a:1'] },
        { name: 'eu', brokers: ['b:1'] },
      ],
      'expected a name of its own in cluster eu; got eu',
    ],
    ['the name of the first', [{ name: 'first', brokers: ['a:1'] }], 'expected a name of its own in cluster first'],
    [
      'a login without password',
      [{ name: 'eu', brokers: ['a:1'], sasl: { mechanism: 'plain', username: 'me' } }],
      'kafka.moreClusters.0.sasl.username (command line): expected kafka.moreClusters.0.sasl.passwordFile beside it; got none',
    ],
    [
      'a token without address',
      [{ name: 'eu', brokers: ['a:1'], sasl: { ...OWN_SASL, mechanism: 'oauthbearer' } }],
      'expected kafka.moreClusters.0.sasl.tokenUrl for oauthbearer',
    ],
    ['a user without mechanism', [{ name: 'eu', brokers: ['a:1'], sasl: { username: 'me' } }], 'expected a mechanism, since'],
    [
      'a certificate without key',
      [{ name: 'eu', brokers: ['a:1'], tls: { enabled: true, certFile: '/x' } }],
      'expected kafka.moreClusters.0.tls.keyFile beside it',
    ],
    [
      'files of TLS that is off',
      [{ name: 'eu', brokers: ['a:1'], tls: { caFile: '/x' } }],
      'expected kafka.moreClusters.0.tls.enabled: true beside it',
    ],
    [
      'a password in the open',
      [{ name: 'eu', brokers: ['a:1'], sasl: { ...OWN_SASL, password: HIDDEN } }],
      'got Unrecognized key: "password"',
    ],
    ['a setting that is none', [{ name: 'eu', brokers: ['a:1'], topics: ['x'] }], 'kafka.moreClusters.0'],
    ['no list', HIDDEN, 'expected list of clusters'],
  ])('is told: %s', (_, moreClusters, words) => {
    expect(() => settings(moreClusters)).toThrow(words)
    expect(() => settings(moreClusters)).not.toThrow(HIDDEN)
  })

  it('is told in embedded mode, which reads no Kafka', () => {
    expect(() => settings([{ name: 'eu', brokers: ['a:1'] }], { mode: 'embedded' })).toThrow(
      'expected mode: cluster beside it; got embedded',
    )
  })
})

it('a list of clusters is shown without secrets', () => {
  const shown = shownValue(settingNamed('kafka.moreClusters') as Setting, [
    { name: 'eu', sasl: OWN_SASL, druidProperties: { 'sasl.jaas.config': HIDDEN, 'client.id': 'x' } },
  ])
  expect(shown).toEqual([{ name: 'eu', sasl: OWN_SASL, druidProperties: { 'sasl.jaas.config': '[secret]', 'client.id': 'x' } }])
})
