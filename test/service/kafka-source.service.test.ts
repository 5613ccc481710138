/**
 * The Kafka source where Kafka is at its worst: groups that change, logs that jump, records compressed, aborted or gone. Each test has a topic and
 * a group of its own.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { fetchKafka } from '../../tools/services/fetch.ts'
import { java } from '../../tools/services/java.ts'
import { createHealth } from '../../src/health.ts'
import { KafkaSource } from '../../src/source/kafka.ts'
import { partitionKey, type Batch, type Partition, type SourceHandler } from '../../src/source/source.ts'
import { deleteRecords, install, ownSettings, silent, type Installation } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch')
const run = promisify(execFile)

services.describe('the Kafka source', () => {
  let installation: Installation
  const readers: Reader[] = []

  beforeAll(async () => {
    installation = await install(ownSettings(services, {}, 1))
  })
  afterEach(async () => {
    await Promise.all(readers.splice(0).map(({ source }) => source.stop()))
  })
  afterAll(() => installation.close())

  /** Plays the stream: opens what is assigned at a given offset, and notes what comes and whether it was open. */
  class Reader implements SourceHandler {
    readonly source: KafkaSource
    readonly batches: Batch[] = []
    readonly uninvited: Batch[] = []
    readonly reopened: string[] = []
    readonly failures: unknown[] = []
    readonly open = new Map<string, number>()
    assigned: readonly Partition[] = []
    assignments = 0
    opensAt: (p: Partition) => number | null = (p) => this.next(p)

    constructor(topic: string, group: string, over: { maxBytesPerPartition?: number } = {}) {
      const { neighbours, clusterId, settings } = installation
      const { sessionTimeoutMs, maxBytesPerPartition } = settings.kafka
      this.source = new KafkaSource({
        kafka: neighbours.kafka,
        admin: neighbours.admin,
        clusterId,
        groupId: group,
        topics: [topic],
        sessionTimeoutMs,
        maxBytesPerPartition,
        health: createHealth(),
        log: silent,
        ...over,
      })
      readers.push(this)
    }

    onAssigned(partitions: readonly Partition[]): void {
      this.assignments++
      this.assigned = partitions
      this.open.clear()
      for (const p of partitions) setImmediate(() => this.openNow(p))
    }

    openNow(p: Partition): void {
      const at = this.opensAt(p)
      if (at === null || !this.assigned.includes(p)) return
      this.open.set(partitionKey(p), at)
      this.source.seek(p, at)
      this.source.resume(p)
    }

    onReopen(p: Partition): void {
      this.open.delete(partitionKey(p))
      this.reopened.push(partitionKey(p))
    }

    onBatch(batch: Batch): void {
      const key = partitionKey(batch.partition)
      if (this.open.get(key) !== batch.fetchedFrom) this.uninvited.push(batch)
      this.open.set(key, batch.next)
      this.batches.push(batch)
    }

    onAdded(): void {
      throw new Error('Kafka announces whole sets')
    }

    onRemoved(): void {
      throw new Error('Kafka announces whole sets')
    }

    onFailed(error: unknown): void {
      this.failures.push(error)
    }

    next(p: Partition): number {
      return this.batches.findLast(({ partition }) => partitionKey(partition) === partitionKey(p))?.next ?? 0
    }

    get values(): string[] {
      return this.batches.flatMap(({ records }) => records.map(({ value }) => String(value)))
    }
  }

  async function newTopic(numPartitions = 1): Promise<string> {
    const topic = `${installation.settings.name}-${randomBytes(3).toString('hex')}`
    await makeTopic(topic, numPartitions)
    return topic
  }

  const makeTopic = (topic: string, numPartitions = 1) =>
    installation.neighbours.admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }], waitForLeaders: true })
  const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i))

  async function produce(topic: string, values: readonly string[], partition = 0): Promise<void> {
    const producer = installation.neighbours.kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: values.map((value) => ({ value, partition })) })
    await producer.disconnect()
  }

  async function reading(topic: string, group = `${topic}-group`): Promise<Reader> {
    const reader = new Reader(topic, group)
    await reader.source.start(reader)
    return reader
  }

  test('members that join and leave: nothing comes for a partition that is not open, and nothing is left out', async () => {
    const topic = await newTopic(6)
    for (let p = 0; p < 6; p++) await produce(topic, numbers(0, 200), p)
    const first = await reading(topic)
    await waitUntil('the first to have all', () => first.assigned.length === 6 && first.values.length === 1_200)
    const second = await reading(topic)
    await waitUntil('both to have some', () => first.assigned.length === 3 && second.assigned.length === 3)
    await waitUntil('the second to read its own', () => second.values.length === 600)
    await second.source.stop()
    await waitUntil('the first to have all again', () => first.assigned.length === 6)
    for (let p = 0; p < 6; p++) await produce(topic, ['last'], p)
    await waitUntil('what came last', () => first.values.filter((value) => value === 'last').length === 6)
    for (const reader of [first, second]) expect([reader.uninvited, reader.reopened, reader.failures]).toEqual([[], [], []])
  })

  test('a seek while batches are fetched and queued: only what lies at the new place counts', async () => {
    const topic = await newTopic(3)
    for (let p = 0; p < 3; p++) for (let i = 0; i < 10; i++) await produce(topic, numbers(i * 50, i * 50 + 50), p)
    const reader = new Reader(topic, `${topic}-group`, { maxBytesPerPartition: 1_500 })
    let seeks = 0
    const onBatch = reader.onBatch.bind(reader)
    reader.onBatch = (batch) => {
      onBatch(batch)
      // Batches of the other partitions wait in the same answer: what is asked of them now must hold for these too.
      for (const p of reader.assigned) if (p.partition !== batch.partition.partition && seeks++ < 40) reader.openNow(p)
    }
    reader.opensAt = (p) => Math.floor(reader.next(p) / 2)
    await reader.source.start(reader)
    await waitUntil('the ends', () => reader.assigned.length === 3 && reader.assigned.every((p) => reader.next(p) === 500))
    expect(seeks).toBeGreaterThan(30)
    expect([reader.uninvited, reader.reopened, reader.failures]).toEqual([[], [], []])
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('what a Java producer compresses with %s is read', async (codec) => {
    const topic = await newTopic()
    const lines = numbers(0, 300).map((n) => `${n} java.lang.IllegalStateException: 訂單 ${n} 失敗`)
    const jars = join(await fetchKafka(), '*')
    const producer = run(java(), [
      '-Xmx64m',
      '-XX:TieredStopAtLevel=1',
      '-Dfile.encoding=UTF-8',
      '-cp',
      jars,
      'kafka.tools.ConsoleProducer',
      '--bootstrap-server',
      services.kafka.brokers.join(','),
      '--topic',
      topic,
      '--compression-codec',
      codec,
    ])
    producer.child.stdin?.end(`${lines.join('\n')}\n`)
    const reader = await reading(topic)
    await Promise.all([producer, waitUntil('the lines', () => reader.values.length === lines.length)])
    expect(reader.values).toEqual(lines)
  })

  test('aborted transactions and control records are stepped over, up to the very end', async () => {
    const topic = await newTopic()
    const producer = installation.neighbours.kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transact = async (values: readonly string[], end: 'commit' | 'abort'): Promise<void> => {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: values.map((value) => ({ value, partition: 0 })) })
      await transaction[end]()
    }
    await transact(numbers(0, 5), 'commit')
    const reader = await reading(topic)
    // The markers of a transaction are written after its end was answered: until then the log's end is the one before.
    const atTheEnd = (end: number) =>
      waitUntil(`the end at ${end}`, async () => {
        const [p] = reader.assigned
        return p !== undefined && reader.open.get(partitionKey(p)) === end && (await reader.source.bounds(p)).end === end
      })
    await atTheEnd(5 + 1)
    await transact(['aborted', 'aborted'], 'abort') // comes alone: a batch without anything for us
    await atTheEnd(6 + 2 + 1)
    await transact(numbers(5, 9), 'commit')
    await transact(['aborted'], 'abort')
    await atTheEnd(9 + 4 + 1 + 1 + 1)
    await producer.disconnect()
    expect(reader.values).toEqual(numbers(0, 9))
    expect(reader.uninvited).toEqual([])
  })

  test('a partition that was assigned and not resumed delivers nothing, while another does', async () => {
    const topic = await newTopic(2)
    await produce(topic, numbers(0, 5), 1)
    const reader = new Reader(topic, `${topic}-group`)
    reader.opensAt = (p) => (p.partition === 0 ? 0 : null)
    await reader.source.start(reader)
    await waitUntil('the assignment', () => reader.assigned.length === 2)
    const closed = reader.assigned.find(({ partition }) => partition === 1) as Partition
    reader.source.seek(closed, 0)
    for (const value of numbers(0, 4)) {
      await produce(topic, [value])
      await waitUntil('a record of the other', () => reader.values.at(-1) === value)
    }
    expect(reader.values).toEqual(numbers(0, 4))
    reader.source.resume(closed)
    await waitUntil('its records, too', () => reader.values.length === 9)
  })

  test('records that are deleted before they were read: the partition is to be opened again', async () => {
    const topic = await newTopic()
    await produce(topic, numbers(0, 10))
    const reader = await reading(topic)
    await waitUntil('the first', () => reader.values.length === 10)
    const [p] = reader.assigned as [Partition]
    reader.source.pause(p)
    await produce(topic, numbers(10, 20))
    await deleteRecords(installation.neighbours, topic, 15)
    reader.source.resume(p)
    await waitUntil('the jump to be noticed', () => reader.reopened.length === 1)
    reader.opensAt = () => 15
    reader.openNow(p)
    await waitUntil('the rest', () => reader.values.length === 15)
    expect(reader.values.slice(10)).toEqual(numbers(15, 20))
    expect(reader.reopened).toHaveLength(1)
  })

  test('a log that was emptied is noticed although nothing comes after it', async () => {
    const topic = await newTopic()
    await produce(topic, numbers(0, 10))
    const reader = new Reader(topic, `${topic}-group`)
    reader.opensAt = () => 4
    await reader.source.start(reader)
    await waitUntil('the first', () => reader.values.length === 6)
    reader.open.clear()
    reader.source.seek(reader.assigned[0] as Partition, 5)
    reader.source.pause(reader.assigned[0] as Partition)
    await deleteRecords(installation.neighbours, topic, -1)
    reader.source.resume(reader.assigned[0] as Partition)
    await waitUntil('it to be noticed', () => reader.reopened.length === 1)
    expect(reader.values).toHaveLength(6)
  })

  test('a topic that is deleted and made anew while it is read: opened again, and read from its beginning', async () => {
    const topic = await newTopic()
    await produce(topic, numbers(0, 10))
    const reader = await reading(topic)
    await waitUntil('the first', () => reader.values.length === 10)
    await installation.neighbours.admin.deleteTopics({ topics: [topic] })
    await waitUntil('the new topic', () => makeTopic(topic))
    await produce(topic, ['new'])
    const at = { end: 10 }
    reader.opensAt = () => at.end
    await waitUntil(
      'the change to be noticed',
      async () => {
        at.end = Math.min(at.end, (await reader.source.bounds(reader.assigned[0] as Partition)).end - 1)
        for (const p of reader.assigned) if (!reader.open.has(partitionKey(p))) reader.openNow(p)
        return reader.values.at(-1) === 'new'
      },
      60_000,
    )
    expect(reader.values).toEqual([...numbers(0, 10), 'new'])
    expect(reader.failures).toEqual([])
  })

  test('a stop at any moment of joining leaves no member behind', async () => {
    const topic = await newTopic()
    const group = `${topic}-group`
    for (let looks = 0; looks < 8; looks++) {
      const reader = await reading(topic, group)
      for (let i = 0; i < looks; i++) await members(group) // some milliseconds each
      await reader.source.stop()
      expect(await members(group)).toBe(0)
    }
    // Whoever had joined late would share the group now.
    const last = await reading(topic, group)
    await produce(topic, ['1'])
    await waitUntil('the record', () => last.values.length === 1)
    expect(await members(group)).toBe(1)
  })

  test('a commit is refused where the group has moved on, and says so', async () => {
    const topic = await newTopic()
    await produce(topic, numbers(0, 3))
    const reader = await reading(topic)
    await waitUntil('the records', () => reader.values.length === 3)
    const [partition] = reader.assigned as [Partition]
    const progress = { partition, incarnation: 0, from: 0, next: 3, rules: 'r' }
    await reader.source.commit([progress], new AbortController().signal)
    await reader.source.stop()
    await expect(reader.source.commit([progress], new AbortController().signal)).rejects.toMatchObject({ code: 'partition_lost' })
  })

  async function members(group: string): Promise<number> {
    const { groups } = await installation.neighbours.admin.describeGroups([group])
    return groups[0]?.members.length ?? 0
  }
})
