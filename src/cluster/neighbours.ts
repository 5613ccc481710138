/**
 * The neighbours of cluster mode: one client each, and what `setup` makes in them or finds missing. Where there are several Kafka clusters, each comes with
 * the same Elasticsearch and Druid, and with the settings as they hold for it: what is done here is done for one. Making a client connects to nothing;
 * whatever is away is found out, and retried, by who uses it.
 */
import { Client } from '@elastic/elasticsearch'
import type { Admin } from 'kafkajs'
import { sourceClusters, type SourceCluster } from '../config/clusters.ts'
import { druidConnection, elasticsearchOptions, kafkaConfig } from '../config/connections.ts'
import type { Settings } from '../config/schema.ts'
import { clientIdOf, type Names } from '../config/names.ts'
import { messageOf, TracefoldError } from '../errors.ts'
import { clusterIdOf } from '../kafka/cluster-id.ts'
import { closeKafka, createKafka, type KafkaClient } from '../kafka/client.ts'
import { missingTopics, setUpTopics } from '../kafka/setup.ts'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import type { HealthRegistry } from '../health.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { DruidClient } from '../store/druid/client.ts'
import { setUpDruid, supervisorHealth } from '../store/druid/supervisor.ts'
import { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import { missingInElasticsearch, setUpElasticsearch } from '../store/elasticsearch/setup.ts'

export interface Neighbours {
  readonly names: Names
  /** As they hold for this Kafka cluster. */
  readonly settings: Settings
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly elasticsearch: Client
  readonly druid: DruidClient
  /** Of the first cluster: the further ones, which it also closes. */
  readonly more: readonly Neighbours[]
  close(): Promise<void>
}

/** Those of the first Kafka cluster. */
export function createNeighbours(settings: Settings, log: Logger): Neighbours {
  const [first, ...others] = sourceClusters(settings)
  const shared = { elasticsearch: new Client(elasticsearchOptions(settings.elasticsearch)), druid: createDruid(settings) }
  const of = ({ section, names, settings: own }: SourceCluster, more: readonly Neighbours[]): Neighbours => {
    const kafka = createKafka(kafkaConfig(own.kafka, clientIdOf(own), section), log)
    const admin = kafka.admin()
    const closeShared = names.cluster === null ? [() => shared.elasticsearch.close(), () => shared.druid.close()] : []
    const close = async (): Promise<void> => {
      await Promise.allSettled([admin.disconnect(), ...more.map((one) => one.close()), ...closeShared.map((end) => end())])
      closeKafka(kafka)
    }
    return { names, settings: own, kafka, admin, ...shared, more, close }
  }
  return of(
    first,
    others.map((cluster) => of(cluster, [])),
  )
}

/** Those of each Kafka cluster, the first one first. */
export function everyCluster(neighbours: Neighbours): readonly Neighbours[] {
  return [neighbours, ...neighbours.more]
}

/** What there is one of for each cluster, in words: `start`, `start eu`. */
export function inCluster(what: string, { cluster }: Pick<Names, 'cluster'>): string {
  return cluster === null ? what : `${what} ${cluster}`
}

export function createDruid({ druid }: Settings): DruidClient {
  const { agent, headers } = druidConnection(druid)
  return new DruidClient({
    queryUrl: druid.queryUrl,
    coordinatorUrl: druid.coordinatorUrl,
    headers,
    dispatcher: agent,
    timeoutMs: druid.requestTimeoutMs,
  })
}

/** In one cluster. Topics first: a supervisor whose topic does not exist turns unhealthy. Resolves with one line for each thing. */
export async function setUp(neighbours: Neighbours, settings: Settings): Promise<string[]> {
  await clusterIdOf(neighbours.admin)
  return [
    ...(await setUpInKafka(neighbours, settings)),
    ...(await setUpInElasticsearch(neighbours, settings)),
    ...(await setUpInDruid(neighbours, settings)),
  ]
}

export function setUpInKafka({ admin, names }: Neighbours, settings: Settings): Promise<string[]> {
  return setUpTopics(admin, names, settings)
}

export function setUpInElasticsearch({ elasticsearch, names }: Neighbours, settings: Settings): Promise<string[]> {
  return retriable('Elasticsearch', () => setUpElasticsearch(elasticsearch, names, settings.elasticsearch))
}

export function setUpInDruid({ druid, names }: Neighbours, settings: Settings): Promise<string[]> {
  return setUpDruid(druid, names, settings)
}

/** Rejects with `not_set_up` where topics are missing. Druid's supervisor is not looked for by those who start: rows wait in the topic. */
export async function checkTopics({ admin, names }: Neighbours, settings: Settings): Promise<void> {
  demand(await missingTopics(admin, names, settings))
}

/** Rejects with `not_set_up` where something is missing that the detail branch needs, with `neighbour_away` where nobody knows. */
export async function checkElasticsearch({ elasticsearch, names }: Neighbours): Promise<void> {
  demand(await retriable('Elasticsearch', () => missingInElasticsearch(elasticsearch, names)))
}

function demand(missing: readonly string[]): void {
  if (missing.length > 0)
    throw new TracefoldError('not_set_up', `missing: ${missing.join(', ')}. Run \`tracefold setup\`, or start with \`run --setup\``)
}

/** How Druid's side is: whether the supervisor reads, and has not fallen behind what the rollup topic still holds. Never rejects. */
export async function supervisorState({
  druid,
  admin,
  names,
}: Pick<Neighbours, 'druid' | 'admin' | 'names'>): Promise<{ ok: boolean; detail: string }> {
  try {
    const { ok, detail, offsets } = await supervisorHealth(druid, names)
    const expired = ok ? await expiredRows(admin, names.rollupTopic, offsets) : 0
    return expired === 0
      ? { ok, detail }
      : { ok: false, detail: `${expired} rows of ${names.rollupTopic} expired before Druid had read them` }
  } catch (error) {
    return { ok: false, detail: messageOf(error) }
  }
}

async function expiredRows(admin: Admin, topic: string, offsets: Readonly<Record<string, number>>): Promise<number> {
  const log = await topicOffsets(admin, topic)
  return [...log].reduce((sum, [partition, { begin }]) => sum + Math.max(0, begin - (offsets[partition] ?? begin)), 0)
}

export function documentsOf(
  settings: Settings,
  { names, elasticsearch }: Neighbours,
  metrics: Metrics,
  health: HealthRegistry,
): ElasticsearchDocuments {
  return new ElasticsearchDocuments({
    client: elasticsearch,
    names,
    settings: settings.elasticsearch,
    retentionDays: settings.detail.retentionDays,
    metrics,
    health,
    now: Date.now,
  })
}

/** An error of the Elasticsearch client as a neighbour that is away. */
async function retriable<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new TracefoldError('neighbour_away', `${name} does not answer as expected: ${messageOf(cause)}`, { cause })
  }
}
