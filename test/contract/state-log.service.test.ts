/** The contract of the alerts' state on a real Kafka: each test has a topic and a group of its own. */
import { KafkaState } from '../../src/alert/run/kafka-state.ts'
import { createHealth } from '../../src/health.ts'
import { silent } from '../support/cluster.ts'
import { fail, ownTopics } from '../support/kafka-topic.ts'
import { requireServices } from '../support/services.ts'
import { describeStateLog } from './state-log.ts'

const services = requireServices('kafka')

services.describe('on a real server', () => {
  const ownTopic = ownTopics(services)

  describeStateLog('Kafka', async () => {
    const { kafka, admin, topic } = await ownTopic('alerts', 2)
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
