/**
 * From the producer's acknowledgement to searchable in Elasticsearch and countable in Druid, caught up, at a trickle: each probe is one event with a
 * message of its own, asked for until it is there. On servers of its own.
 */
import { randomBytes } from 'node:crypto'
import { createNeighbours, setUp } from '../../src/cluster/neighbours.ts'
import { loadSettings } from '../../src/config/load.ts'
import { createLogger } from '../../src/log.ts'
import { startApp } from '../../src/app.ts'
import { startDruid } from '../../tools/services/druid.ts'
import { startElasticsearch } from '../../tools/services/elasticsearch.ts'
import { startKafka } from '../../tools/services/kafka.ts'
import { isCountable, sayTimes, timesOf } from './probes.ts'

export async function benchLatency(): Promise<void> {
  const [kafka, elasticsearch, druid] = await Promise.all([startKafka(), startElasticsearch(), startDruid()])
  const name = `bench-${randomBytes(3).toString('hex')}`
  const settings = loadSettings({
    file: null,
    env: {},
    overrides: {
      name,
      mode: 'cluster',
      logLevel: 'error',
      kafka: { brokers: kafka.brokers, topics: [`${name}-logs`] },
      elasticsearch: { nodes: [elasticsearch.url], replicas: 0 },
      druid: { queryUrl: druid.queryUrl, coordinatorUrl: druid.coordinatorUrl, replicas: 1 },
      http: { port: 0 },
    },
  })
  const neighbours = createNeighbours(settings, createLogger({ level: 'error' }))
  await setUp(neighbours, settings)
  const app = await startApp({ settings, exitAtEnd: false, setup: false, inputs: { sources: [] }, env: {} })
  const isSearchable = async (job: string): Promise<boolean> => {
    const { count } = await neighbours.elasticsearch.count({
      index: neighbours.names.detailIndex,
      query: { term: { job } },
      ignore_unavailable: true,
      allow_no_indices: true,
    })
    return count > 0
  }
  try {
    const [searchable = [], countable = []] = await timesOf(`${name}-logs`, neighbours, [isSearchable, isCountable(neighbours)])
    sayTimes('searchable', searchable, 'within 5 s')
    sayTimes('countable in Druid', countable, 'within 5 s')
  } finally {
    await app.stop()
    await neighbours.close()
    await Promise.allSettled([kafka.close(), elasticsearch.close(), druid.close()])
  }
}
