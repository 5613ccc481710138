/** The control log's contract on a real Kafka: each test has a topic of its own. */
import { KafkaControlLog } from '../../src/control/kafka-control-log.ts'
import { createHealth } from '../../src/health.ts'
import { fail, ownTopics } from '../support/kafka-topic.ts'
import { requireServices } from '../support/services.ts'
import { describeControlLog } from './control-log.ts'

const services = requireServices('kafka')

services.describe('on a real server', () => {
  const ownTopic = ownTopics(services)

  describeControlLog('Kafka', async () => {
    const { kafka, topic } = await ownTopic('control', 1)
    return {
      open: () => new KafkaControlLog({ kafka, topic, health: createHealth(), now: Date.now, onFailed: fail }),
      close: async () => {},
    }
  })
})
