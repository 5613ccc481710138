/** The control log's contract on a real Kafka: each test has a topic of its own. */
import { afterAll, beforeAll } from 'vitest'
import { randomBytes } from 'node:crypto'
import { KafkaControlLog } from '../../src/control/kafka-control-log.ts'
import { createHealth } from '../../src/health.ts'
import { createKafka, type KafkaClient } from '../../src/kafka/client.ts'
import { silent } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { describeControlLog } from './control-log.ts'

const services = requireServices('kafka')

services.describe('on a real server', () => {
  let kafka: KafkaClient
  let admin: ReturnType<KafkaClient['admin']>

  beforeAll(async () => {
    kafka = createKafka({ brokers: services.kafka.brokers }, silent)
    admin = kafka.admin()
    await admin.connect()
  })
  afterAll(() => admin.disconnect())

  describeControlLog('Kafka', async () => {
    const topic = `control-${randomBytes(4).toString('hex')}`
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
      waitForLeaders: true,
    })
    return {
      open: () => new KafkaControlLog({ kafka, topic, health: createHealth(), now: Date.now, onFailed: fail }),
      close: async () => {},
    }
  })
})

function fail(error: unknown): never {
  throw error
}
