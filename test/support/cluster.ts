/**
 * A Tracefold installation of its own on the shared servers, for one test: names, clients, topics, templates. `close` ends the clients; what was
 * made stays until the servers end.
 */
import { randomBytes } from 'node:crypto'
import type { Producer } from 'kafkajs'
import { createNeighbours, type Neighbours } from '../../src/cluster/neighbours.ts'
import { clusterIdOf } from '../../src/kafka/cluster-id.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/schema.ts'
import { namesOf } from '../../src/config/names.ts'
import { setUpTopics } from '../../src/kafka/setup.ts'
import type { Mode } from '../../src/mode.ts'
import { startCluster } from '../../src/cluster/app.ts'
import { createHealth, type HealthRegistry } from '../../src/health.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createLogger } from '../../src/log.ts'
import { KafkaSource } from '../../src/source/kafka.ts'
import { withReleasers } from '../../src/lib/releasers.ts'
import { partitionKey, type Partition } from '../../src/source/source.ts'
import type { DeadLetter } from '../../src/store/dead-letter.ts'
import { setUpDruid } from '../../src/store/druid/supervisor.ts'
import { setUpElasticsearch } from '../../src/store/elasticsearch/setup.ts'
import { HOUR, MINUTE } from './builders.ts'
import type { Services } from './services.ts'
import { waitUntil } from './wait.ts'

export interface Installation {
  readonly settings: Settings
  readonly neighbours: Neighbours
  readonly clusterId: string
  readonly topic: string
  readonly partitions: readonly Partition[]
  close(): Promise<void>
}

export const silent = createLogger({ level: 'fatal' })

/** Settings of an installation whose name nobody else has. */
export function ownSettings(
  services: Pick<Services, 'kafka' | 'elasticsearch'> & Partial<Services>,
  over: Record<string, unknown> = {},
  partitions = 2,
  withDruid = false,
): Settings {
  const name = `t-${randomBytes(4).toString('hex')}`
  const own: Record<string, unknown> = {
    name,
    mode: 'cluster',
    logLevel: 'warn',
    kafka: { brokers: services.kafka.brokers, topics: [`${name}-logs`], partitions },
    elasticsearch: { nodes: [services.elasticsearch.url], replicas: 0 },
    http: { port: 0 },
    ...(withDruid ? { druid: { queryUrl: services.druid?.queryUrl, coordinatorUrl: services.druid?.coordinatorUrl, replicas: 1 } } : {}),
  }
  return loadSettings({ file: null, env: {}, overrides: merged(own, over) })
}

/** Section by section. */
function merged(own: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...own }
  for (const [name, value] of Object.entries(over)) {
    result[name] = typeof value === 'object' && value !== null ? { ...(own[name] as object | undefined), ...value } : value
  }
  return result
}

/** Topics and templates are there; Druid is not asked. */
export async function install(settings: Settings): Promise<Installation> {
  const neighbours = createNeighbours(settings, silent)
  const clusterId = await clusterIdOf(neighbours.admin)
  const names = namesOf(settings.name)
  await setUpTopics(neighbours.admin, names, settings)
  await setUpElasticsearch(neighbours.elasticsearch, names, settings.elasticsearch)
  const topic = settings.kafka.topics[0] as string // the schema asks for one
  const partitions = Array.from({ length: settings.kafka.partitions }, (_, partition) => ({ cluster: clusterId, topic, partition }))
  return { settings, neighbours, clusterId, topic, partitions, close: () => neighbours.close() }
}

/** What one of many tests has for itself in an installation that they share. */
export interface Share {
  readonly partitions: readonly [Partition, Partition]
  /** The start of a minute, in the middle of an hour that no other share has. */
  readonly nowMs: number
  readonly fromMs: number
  readonly toMs: number
  owns(contributor: string): boolean
  hasLetter(letter: DeadLetter): boolean
}

/** Gives one share after the other: partitions upwards, hours into the past. */
export function shares({ partitions }: Installation): () => Share {
  const left = [...partitions]
  let nowMs = Math.floor(Date.now() / MINUTE) * MINUTE
  return () => {
    const [one, other] = left.splice(0, 2)
    if (one === undefined || other === undefined) throw new Error('there are more tests than the installation has partitions for')
    const toMs = nowMs + HOUR / 2
    nowMs -= HOUR
    const keys = new Set([one, other].map(partitionKey))
    const withoutIncarnation = (contributor: string): string => contributor.replace(/\/\d+(?:\.[^/]+)?(\/\d+)$/, '$1')
    return {
      partitions: [one, other],
      nowMs: nowMs + HOUR,
      fromMs: toMs - HOUR,
      toMs,
      owns: (contributor) => keys.has(withoutIncarnation(contributor)),
      hasLetter: ({ partition }) => keys.has(partitionKey(partition)),
    }
  }
}

/** Fills every partition with so many records. */
export async function fill({ neighbours, topic, partitions }: Installation, records: number): Promise<void> {
  const producer: Producer = neighbours.kafka.producer()
  await producer.connect()
  try {
    for (const { partition } of partitions) {
      const messages = Array.from({ length: records }, (_, i) => ({ partition, value: String(i) }))
      await producer.send({ topic, messages })
    }
  } finally {
    await producer.disconnect()
  }
}

/** A source that reads nothing and joins nothing: it only knows the log's bounds. */
export function idleSource({ neighbours, settings, clusterId, topic }: Installation, groupId: string): KafkaSource {
  const { kafka, admin } = neighbours
  const { sessionTimeoutMs, maxBytesPerPartition } = settings.kafka
  return new KafkaSource({
    kafka,
    admin,
    clusterId,
    groupId,
    topics: [topic],
    sessionTimeoutMs,
    maxBytesPerPartition,
    health: createHealth(),
    log: silent,
  })
}

/** A member of the group, to commit as one. It reads nothing. */
export async function joinGroup(installation: Installation, groupId: string): Promise<KafkaSource> {
  const source = idleSource(installation, groupId)
  let assigned: readonly Partition[] = []
  const ignore = (): void => {}
  await source.start({
    onAssigned: (ours) => void (assigned = ours),
    onAdded: ignore,
    onRemoved: ignore,
    onReopen: ignore,
    onBatch: ignore,
    onFailed: ignore,
  })
  await waitUntil('the partitions to be ours', () => new Set(assigned.map(partitionKey)).size === installation.partitions.length)
  return source
}

/** Deletes the records of partition 0 before `offset` (-1: all), as retention does. */
export async function deleteRecords({ admin }: Neighbours, topic: string, offset: number): Promise<void> {
  await admin.fetchTopicOffsets(topic) // else kafkajs does not know the leader
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] })
}

export interface Here {
  readonly mode: Mode & { stop(): Promise<void> }
  readonly health: HealthRegistry
  /** Lines of its log, as JSON. */
  readonly logged: readonly string[]
}

/** Cluster mode in this process, without the API. Whoever starts it stops it. */
export async function startHere(settings: Settings, { exitAtEnd = false, setup = false } = {}): Promise<Here> {
  const health = createHealth()
  const logged: string[] = []
  const log = createLogger({ level: 'info', destination: { write: (line) => void logged.push(line) } })
  const context = { settings, exitAtEnd, setup, inputs: { sources: [] }, env: {}, health, metrics: createMetrics(), log }
  const mode = await withReleasers(async (onRelease) => {
    const started = await startCluster(context, onRelease)
    return (stop) => ({ ...started, stop })
  })
  return { mode, health, logged }
}

/** Reads all that is there at this moment until it is committed, and stops. */
export async function runToEnd(settings: Settings): Promise<Here> {
  const here = await startHere(settings, { exitAtEnd: true })
  try {
    await here.mode.done
  } finally {
    await here.mode.stop()
  }
  return here
}

/** Events in the committed rows of the rollup topic: what Druid would count. A row of no events, sent last, tells that everything before it is settled. */
export async function eventsInRollupTopic({ kafka, admin, names }: Neighbours): Promise<number> {
  const topic = names.rollupTopic
  const producer = kafka.producer()
  await producer.connect()
  const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition)
  const sent = await producer.send({ topic, messages: partitions.map((partition) => ({ partition, value: JSON.stringify({ count: 0 }) })) })
  await producer.disconnect()
  const last = new Map(sent.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]))

  const consumer = kafka.consumer({ groupId: `${topic}-counts-${randomBytes(4).toString('hex')}`, maxWaitTimeInMs: 50 })
  let events = 0
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch }) => {
      for (const { value } of batch.messages) events += (JSON.parse(String(value)) as { count: number }).count
      if (Number(batch.lastOffset()) >= (last.get(batch.partition) ?? 0)) last.delete(batch.partition)
      return Promise.resolve()
    },
  })
  await waitUntil('the end of the rollup topic', () => last.size === 0)
  await consumer.disconnect()
  return events
}

/** The supervisor reads from now on. `endDruid` frees its worker again. */
export async function installDruid({ neighbours, settings }: Installation): Promise<void> {
  await setUpDruid(neighbours.druid, neighbours.names, settings)
}

export async function endDruid({ neighbours }: Pick<Installation, 'neighbours'>): Promise<void> {
  await neighbours.druid.manage('POST', `/druid/indexer/v1/supervisor/${neighbours.names.datasource}/terminate`)
}
