/** The contract of the alerts' state on a real Kafka: each test has a topic and a group of its own. */
import { afterAll, beforeAll } from 'vitest'
import { randomBytes } from 'node:crypto'
import { KafkaState } from '../../src/alert/run/kafka-state.ts'
import { createHealth } from '../../src/health.ts'
import { createKafka, type KafkaClient } from '../../src/kafka/client.ts'
import { silent } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { describeStateLog } from './state-log.ts'

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

  describeStateLog('Kafka', async () => {
    const topic = `alerts-${randomBytes(4).toString('hex')}`
    await admin.createTopics({
      topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
      waitForLeaders: true,
    })
    const open = () =>
      new KafkaState({
        kafka,
        admin,
        topic,
        group: topic,
        sessionTimeoutMs: 6_000,
        transactionTimeoutMs: 10_000,
        health: createHealth(),
        log: silent,
        now: Date.now,
        onFailed: fail,
      })
    return { open, close: async () => {} }
  })
})

function fail(error: unknown): never {
  throw error
}
