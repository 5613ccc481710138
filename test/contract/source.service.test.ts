/** The contract suite of the source port on Kafka: one topic for all tests, a group of its own for each. */
import { afterAll, beforeAll } from 'vitest'
import { idleSource, install, ownSettings, type Installation } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { describeSeeking, describeSource, type SourceAdapter } from './source.ts'

const services = requireServices('kafka', 'elasticsearch')
const PARTITIONS = 2
const BATCHES = 8
const BATCH_RECORDS = 50

services.describe('on a real server', () => {
  let installation: Installation
  let groups = 0

  beforeAll(async () => {
    // A fetch brings about one of the batches that were produced, so that a partition comes in several.
    installation = await install(ownSettings(services, { kafka: { maxBytesPerPartition: 20_000 } }, PARTITIONS))
    const producer = installation.neighbours.kafka.producer()
    await producer.connect()
    for (let batch = 0; batch < BATCHES * PARTITIONS; batch++) {
      const messages = Array.from({ length: BATCH_RECORDS }, (_, i) => ({
        partition: batch % PARTITIONS,
        value: `${batch}/${i} ${'x'.repeat(300)}`,
      }))
      await producer.send({ topic: installation.topic, messages })
    }
    await producer.disconnect()
  })
  afterAll(() => installation.close())

  const make = async (): Promise<SourceAdapter> => ({
    source: idleSource(installation, `${installation.settings.name}-group-${groups++}`),
    feed: () => undefined,
    records: BATCHES * PARTITIONS * BATCH_RECORDS,
    release: async () => undefined,
  })
  describeSource('Kafka', make)
  describeSeeking('Kafka', make)
})
