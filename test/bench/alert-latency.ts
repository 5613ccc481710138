/**
 * From the producer's acknowledgement to the receiver's request, by a rule with a threshold, no pending time and no wait for company, on servers of its own; and of that, how long until
 * Druid counts the event. Each probe is one event of a job of its own.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp } from '../../src/app.ts'
import { createNeighbours, setUp } from '../../src/cluster/neighbours.ts'
import { loadSettings } from '../../src/config/load.ts'
import { createLogger } from '../../src/log.ts'
import { startDruid } from '../../tools/services/druid.ts'
import { startElasticsearch } from '../../tools/services/elasticsearch.ts'
import { startKafka } from '../../tools/services/kafka.ts'
import { startReceiver, text } from '../unit/alert/deliver/http-receiver.ts'
import { isCountable, sayTimes, timesOf } from './probes.ts'

const RULE = 'title: A probe\nid: probe\nlevel: custom\nseverity: high\nper: job\ncondition: { count: { over: 5m, atLeast: 1 } }\n'

export async function benchAlertLatency(): Promise<void> {
  const [kafka, elasticsearch, druid] = await Promise.all([startKafka(), startElasticsearch(), startDruid()])
  const receiver = await startReceiver(text('ok'))
  const folder = mkdtempSync(join(tmpdir(), 'tracefold-bench-'))
  writeFileSync(join(folder, 'probe.yml'), RULE)
  const name = `bench-${randomBytes(3).toString('hex')}`
  const overrides = {
    name,
    mode: 'cluster',
    logLevel: 'error',
    kafka: { brokers: kafka.brokers, topics: [`${name}-logs`] },
    elasticsearch: { nodes: [elasticsearch.url], replicas: 0 },
    druid: { queryUrl: druid.queryUrl, coordinatorUrl: druid.coordinatorUrl, replicas: 1 },
    alerts: {
      folders: [folder],
      receivers: { hook: { type: 'webhook', url: receiver.url, groupBy: ['alert'], match: { rule: 'probe' } } },
    },
    http: { port: 0 },
  }
  const settings = loadSettings({ file: null, env: {}, overrides })
  const neighbours = createNeighbours(settings, createLogger({ level: 'error' }))
  await setUp(neighbours, settings)
  const app = await startApp({ settings, exitAtEnd: false, setup: false, inputs: { sources: [] }, env: {} })
  try {
    const [countable = [], told = []] = await timesOf(`${name}-logs`, neighbours, [
      isCountable(neighbours),
      async (job) => receiver.received.some(({ body }) => body.includes(`"${job}"`)),
    ])
    sayTimes('countable in Druid', countable, '')
    sayTimes(
      'from there to the receiver',
      told.map((ms, i) => Math.max(0, ms - (countable[i] ?? 0))),
      `evaluated every ${settings.alerts.intervalMs / 1_000} s`,
    )
    sayTimes('from the acknowledgement to the receiver', told, 'within 15 s')
  } finally {
    await app.stop()
    await neighbours.close()
    await receiver.close()
    rmSync(folder, { recursive: true, force: true })
    await Promise.allSettled([kafka.close(), elasticsearch.close(), druid.close()])
  }
}
