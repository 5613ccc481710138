import { describe, expect, it } from 'vitest'
import { loadSettings } from '../../../src/config/load.ts'
import { druidPorts, settingsFiles } from '../../../tools/services/druid-settings.ts'
import { readCompose, readDockerfile, readText, serviceNamed } from './compose-file.ts'

const compose = readCompose()
const ours = Object.entries(compose.services).filter(([, { image }]) => image.startsWith('tracefold:'))

/** What the image sets and a service may override. */
function imageEnvironment(): Record<string, string> {
  const text = readDockerfile()
    .filter(([name]) => name === 'ENV')
    .map(([, values]) => values)
  return Object.fromEntries(
    text.flatMap((values) => values.split(' ')).map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

function settingsOf(name: string) {
  return loadSettings({ file: null, env: { ...imageEnvironment(), ...serviceNamed(compose, name).environment } })
}

/** Kafka's or Druid's properties, from the variables their images turn into them. */
function properties(service: string, prefix: 'KAFKA_' | 'druid_'): Map<string, string> {
  const variables = Object.entries(serviceNamed(compose, service).environment).filter(
    ([name]) => name.startsWith(prefix) && name !== 'KAFKA_HEAP_OPTS',
  )
  return new Map(
    variables.map(([name, value]) => [
      prefix === 'KAFKA_' ? name.slice(prefix.length).toLowerCase().replaceAll('_', '.') : name.replaceAll('_', '.'),
      value,
    ]),
  )
}

/** The settings that a file of tools/services gives its server, where they do not depend on folder or port: 'a.b': 'c'. */
function testSettings(file: string): Map<string, string> {
  const pairs = readText(`tools/services/${file}`).matchAll(/^ +'?([a-z.]+[a-z_.]*)'?: '([^']*)',$/gm)
  return new Map([...pairs].map(([, name = '', value = '']) => [name, value]))
}

/** Druid's settings for the tests, by server. */
function druidTestSettings(role: string): Map<string, string> {
  const files = settingsFiles('/place', druidPorts(0))
  const lines = `${files['_common/common.runtime.properties']}${files[`${role}/runtime.properties`]}`.split('\n')
  return new Map(lines.filter((line) => line !== '').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

/** What both have and what differs, but for names that say where something is. */
function compare(mine: ReadonlyMap<string, string>, theirs: ReadonlyMap<string, string>, places: ReadonlySet<string>) {
  const shared = [...mine].filter(([name]) => theirs.has(name) && !places.has(name))
  return { shared: shared.length, different: shared.filter(([name, value]) => theirs.get(name) !== value) }
}

describe('the settings of Tracefold in docker-compose.yml', () => {
  it.each(ours)('are all real ones, and valid, in %s', (name) => {
    expect(settingsOf(name).mode).toBe('cluster')
  })

  it('are the same for all services of ours', () => {
    expect(new Set(ours.map(([, { environment }]) => JSON.stringify(environment))).size).toBe(1)
  })

  it('point at Kafka as it advertises itself inside', () => {
    const advertised = properties('kafka', 'KAFKA_').get('advertised.listeners')?.split(',') ?? []
    expect(settingsOf('tracefold').kafka.brokers.map((broker) => `INSIDE://${broker}`)).toEqual(
      advertised.filter((listener) => listener.startsWith('INSIDE')),
    )
  })

  it('point at Elasticsearch, without replicas, since there is one node', () => {
    const { nodes, replicas } = settingsOf('tracefold').elasticsearch
    expect(nodes).toEqual(['http://elasticsearch:9200'])
    expect(nodes).toEqual([serviceNamed(compose, 'kibana').environment['ELASTICSEARCH_HOSTS']])
    expect(replicas).toBe(0)
  })

  it("point at Druid's broker and coordinator on the ports their health checks ask", () => {
    const { queryUrl, coordinatorUrl } = settingsOf('tracefold').druid
    for (const url of [queryUrl, coordinatorUrl].map((address) => new URL(address))) {
      const { healthcheck, environment } = serviceNamed(compose, url.hostname)
      expect(healthcheck?.test?.join(' ')).toContain(`http://127.0.0.1:${url.port}/`)
      expect(environment['druid_host']).toBe(url.hostname)
    }
    expect([queryUrl, coordinatorUrl].map((url) => new URL(url).hostname)).toEqual(['druid-broker', 'druid-coordinator'])
  })

  it('let the published port reach the API', () => {
    const { host, port } = settingsOf('tracefold').http
    expect(host).toBe('0.0.0.0')
    expect(serviceNamed(compose, 'tracefold').ports).toEqual([`127.0.0.1:${port}:${port}`])
  })
})

describe('the servers of docker-compose.yml', () => {
  it('run Kafka with the settings of the tests', () => {
    const places = new Set([
      'process.roles',
      'node.id',
      'controller.quorum.voters',
      'listeners',
      'advertised.listeners',
      'inter.broker.listener.name',
      'listener.security.protocol.map',
      'log.dirs',
    ])
    const { shared, different } = compare(properties('kafka', 'KAFKA_'), testSettings('kafka.ts'), places)
    expect(different).toEqual([])
    expect(shared).toBeGreaterThanOrEqual(12)
  })

  it('let Kafka take what Tracefold takes, and form transactions on one broker', () => {
    const kafka = properties('kafka', 'KAFKA_')
    expect(Number(kafka.get('message.max.bytes'))).toBe(settingsOf('tracefold').limits.maxRecordBytes)
    for (const name of [
      'offsets.topic.replication.factor',
      'transaction.state.log.replication.factor',
      'transaction.state.log.min.isr',
      'min.insync.replicas',
    ])
      expect(kafka.get(name)).toBe('1')
  })

  it('run Elasticsearch with the settings of the tests', () => {
    const { shared, different } = compare(
      new Map(Object.entries(serviceNamed(compose, 'elasticsearch').environment)),
      testSettings('elasticsearch.ts'),
      new Set(),
    )
    expect(different).toEqual([])
    expect(shared).toBeGreaterThanOrEqual(4)
  })

  it.each(['coordinator', 'broker', 'historical', 'indexer'])("run Druid's %s with the settings of the tests", (role) => {
    const places = new Set(
      [
        'extensions.loadList',
        'host',
        'zk.service.host',
        'storage.storageDirectory',
        'indexer.logs.directory',
        'processing.tmpDir',
        'segmentCache.locations',
        'metadata.storage.connector.connectURI',
        'metadata.storage.connector.host',
        'metadata.storage.connector.port',
      ].map((name) => `druid.${name}`),
    )
    const { shared, different } = compare(properties(`druid-${role}`, 'druid_'), druidTestSettings(role), places)
    expect(different).toEqual([])
    expect(shared).toBeGreaterThanOrEqual(14)
  })

  it('give every Druid server the same common settings, and the extensions that the supervisor needs', () => {
    const druids = Object.keys(compose.services).filter((name) => name.startsWith('druid-'))
    expect(druids).toHaveLength(5)
    for (const name of druids) {
      const druid = properties(name, 'druid_')
      expect(JSON.parse(druid.get('druid.extensions.loadList') ?? '')).toEqual(['druid-kafka-indexing-service', 'druid-datasketches'])
      expect(druid.get('druid.host')).toBe(name)
      expect(druid.get('druid.zk.service.host')).toBe('zookeeper:2181')
    }
  })

  it.each([
    ['kafka', 'kafka'],
    ['elasticsearch', 'elasticsearch'],
    ['druid-broker', 'druid'],
  ])('run %s at the version of the tests', (service, name) => {
    const version = new RegExp(`'${name}-([0-9.]+)'`).exec(readText('tools/services/fetch.ts'))?.[1]
    expect(version).toBeDefined()
    expect(serviceNamed(compose, service).image.split(':')[1]).toBe(version)
  })
})
