/** A consumer that stands still without a word: it is made anew and reads on, or, where that is in vain, the source ends with a clear error. */
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createHealth } from '../../src/health.ts'
import type { KafkaClient } from '../../src/kafka/client.ts'
import { KafkaSource } from '../../src/source/kafka.ts'
import type { Batch, Partition, SourceHandler } from '../../src/source/source.ts'
import { install, ownSettings, silent, type Installation } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch')

services.describe('a consumer that stands still', () => {
  let installation: Installation
  const releases: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 1))
  })
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })
  afterAll(() => installation.close())

  /** A stream that opens what it gets where it was, and remembers what comes. */
  class Reader implements SourceHandler {
    readonly source: KafkaSource
    readonly values: string[] = []
    readonly failures: unknown[] = []
    readonly health = createHealth()
    restarts = 0
    holds = false
    assigned: readonly Partition[] = []
    #next = 0

    constructor(kafka: KafkaClient, topic: string) {
      const { neighbours, clusterId } = installation
      const onStalled = (): void => void this.restarts++
      this.source = new KafkaSource({
        kafka,
        admin: neighbours.admin,
        clusterId,
        groupId: `${topic}-group`,
        topics: [topic],
        sessionTimeoutMs: 6_000,
        maxBytesPerPartition: 1_000_000,
        stallMs: 2_000,
        onStalled,
        health: this.health,
        log: silent,
      })
      releases.push(() => this.source.stop())
    }

    onAssigned(partitions: readonly Partition[]): void {
      this.assigned = partitions
      for (const p of partitions) setImmediate(() => this.#open(p))
    }
    onBatch({ records, next }: Batch): void {
      this.values.push(...records.map(({ value }) => String(value)))
      this.#next = next
    }
    onFailed(error: unknown): void {
      this.failures.push(error)
    }
    onReopen(p: Partition): void {
      setImmediate(() => this.#open(p))
    }
    onAdded(): void {}
    onRemoved(): void {}

    progress() {
      return this.health.ready().checks.find(({ name }) => name.startsWith('progress'))
    }

    #open(p: Partition): void {
      if (!this.assigned.includes(p)) return
      this.source.seek(p, this.#next)
      if (!this.holds) this.source.resume(p)
    }
  }

  /** The real client, whose first so many consumers hang with the first batch that they get: for ever, and without a word. */
  function hanging(consumers: number): KafkaClient {
    const { kafka } = installation.neighbours
    let left = consumers
    return Object.assign(Object.create(kafka) as KafkaClient, {
      consumer: (config: Parameters<KafkaClient['consumer']>[0]) => {
        const consumer = kafka.consumer(config)
        if (left-- <= 0) return consumer
        return Object.assign(Object.create(consumer) as typeof consumer, {
          run: (how: object) => consumer.run({ ...how, eachBatch: () => new Promise<void>(() => {}) }),
        })
      },
    })
  }

  async function filled(): Promise<string> {
    const topic = `${installation.settings.name}-${randomBytes(3).toString('hex')}`
    await installation.neighbours.admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }], waitForLeaders: true })
    const producer = installation.neighbours.kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'one' }, { value: 'two' }] })
    await producer.disconnect()
    return topic
  }

  test('is made anew, said to be so, and reads on', async () => {
    const reader = new Reader(hanging(1), await filled())
    await reader.source.start(reader)
    const said = await waitUntil('it to be said', () => reader.progress())
    expect(said).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/nothing came from .* although there is more; the consumer is made anew \(\d of 3\)/) as string,
    })
    await waitUntil('the records', () => reader.values.length > 0)
    expect(reader.values).toEqual(['one', 'two'])
    await waitUntil('it to be well', () => reader.progress()?.ok === true)
    expect(reader.restarts).toBeGreaterThan(0) // on a busy machine a new one may be too slow for the watch, too
    expect(reader.failures).toEqual([])
  })

  test('is given up after three in vain', async () => {
    const reader = new Reader(hanging(Infinity), await filled())
    await reader.source.start(reader)
    await waitUntil('it to be given up', () => reader.failures.length > 0, 60_000)
    expect(reader.failures[0]).toMatchObject({
      code: 'stalled',
      message: expect.stringContaining('a new consumer was made 3 times in vain') as string,
    })
    expect(reader.restarts).toBe(3)
  })

  test('because the stream holds it back has not stalled', async () => {
    const looks: string[] = []
    const kafka = installation.neighbours.kafka
    const { admin } = installation.neighbours
    const topic = await filled()
    const reader = new Reader(kafka, topic)
    reader.holds = true
    await reader.source.start(reader)
    // Looks at the bounds are the watch's clock: of a consumer that stands still, the fourth would be the one too many.
    const asked = admin.fetchTopicOffsets.bind(admin)
    admin.fetchTopicOffsets = (name) => {
      if (name === topic) looks.push(name)
      return asked(name)
    }
    releases.push(async () => void (admin.fetchTopicOffsets = asked))
    await waitUntil('twelve looks', () => looks.length >= 12)
    expect([reader.restarts, reader.progress(), reader.values]).toEqual([0, undefined, []])
  })
})
