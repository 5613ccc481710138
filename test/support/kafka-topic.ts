/** For a contract that runs on a topic of its own: a client, and compacted topics that no other test has. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { createKafka, type KafkaClient } from '../../src/kafka/client.ts'
import { silent } from './cluster.ts'
import type { Services } from './services.ts'

export interface OwnTopic {
  readonly kafka: KafkaClient
  readonly admin: ReturnType<KafkaClient['admin']>
  readonly topic: string
}

/** To be called in a `describe`; what it returns makes a topic, and may be called by its tests. */
export function ownTopics(services: Services): (prefix: string, partitions: number) => Promise<OwnTopic> {
  let kafka: KafkaClient
  let admin: OwnTopic['admin']
  beforeAll(async () => {
    kafka = createKafka({ brokers: services.kafka.brokers }, silent)
    admin = kafka.admin()
    await admin.connect()
  })
  afterAll(() => admin.disconnect())
  return async (prefix, numPartitions) => {
    const topic = `${prefix}-${randomBytes(4).toString('hex')}`
    await admin.createTopics({
      topics: [{ topic, numPartitions, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
      waitForLeaders: true,
    })
    return { kafka, admin, topic }
  }
}

/** For parts that tell their failures to a callback. */
export function fail(error: unknown): never {
  throw error
}
