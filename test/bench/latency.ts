/**
 * From the producer's acknowledgement to searchable in Elasticsearch and countable in Druid, caught up, at a trickle: each probe is one event with a
 * message of its own, asked for until it is there. On servers of its own.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createNeighbours, setUp } from '../../src/cluster/neighbours.ts'
import { loadSettings } from '../../src/config/load.ts'
import { createLogger } from '../../src/log.ts'
import { startApp } from '../../src/app.ts'
import { startDruid } from '../../tools/services/druid.ts'
import { startElasticsearch } from '../../tools/services/elasticsearch.ts'
import { startKafka } from '../../tools/services/kafka.ts'
import { machine, say } from './support.ts'

const PROBES = 20
const ASK_MS = 50

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
  const producer = neighbours.kafka.producer()
  await producer.connect()
  try {
    const searchable: number[] = []
    const countable: number[] = []
    for (let i = -1; i < PROBES; i++) {
      const job = `probe-${i + 1}`
      const value = JSON.stringify({
        '@timestamp': new Date().toISOString(),
        'ecs.version': '1.2.0',
        'log.level': 'ERROR',
        message: 'probe',
        'log.logger': 'Probe',
        job,
      })
      await producer.send({ topic: `${name}-logs`, messages: [{ value }] })
      const acknowledgedMs = performance.now()
      const [inElasticsearch, inDruid] = await Promise.all([
        until(
          async () =>
            (
              await neighbours.elasticsearch.count({
                index: neighbours.names.detailIndex,
                query: { term: { job } },
                ignore_unavailable: true,
                allow_no_indices: true,
              })
            ).count > 0,
          acknowledgedMs,
        ),
        until(
          async () => (await neighbours.druid.sql(`SELECT job FROM "${neighbours.names.datasource}" WHERE job = ?`, [job])).length > 0,
          acknowledgedMs,
        ),
      ])
      if (i < 0) continue // the first makes the index and the first segment
      searchable.push(inElasticsearch)
      countable.push(inDruid)
    }
    say('machine', machine())
    say('probes, one after the other', String(PROBES))
    for (const [what, times] of [
      ['searchable', searchable],
      ['countable in Druid', countable],
    ] as const) {
      const sorted = times.toSorted((a, b) => a - b)
      say(`${what}: median / slowest`, `${seconds(sorted[PROBES >> 1])} / ${seconds(sorted.at(-1))} s`, 'within 5 s')
    }
  } finally {
    await producer.disconnect()
    await app.stop()
    await neighbours.close()
    await Promise.allSettled([kafka.close(), elasticsearch.close(), druid.close()])
  }
}

async function until(isThere: () => Promise<boolean>, sinceMs: number): Promise<number> {
  while (!(await isThere().catch(() => false))) await delay(ASK_MS) // an index that is being made answers 503
  return performance.now() - sinceMs
}

function seconds(ms: number | undefined): string {
  return ((ms ?? 0) / 1_000).toFixed(2)
}
