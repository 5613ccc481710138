/** The control log where Kafka itself is in trouble: away for a while, its topic made anew, compacted to holes, full of aborted transactions. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomBytes } from 'node:crypto'
import type { Admin } from 'kafkajs'
import { startKafka, type KafkaHandle } from '../../tools/services/kafka.ts'
import type { ControlEntry } from '../../src/control/control-log.ts'
import { KafkaControlLog } from '../../src/control/kafka-control-log.ts'
import { createHealth, type HealthRegistry } from '../../src/health.ts'
import { createKafka, type KafkaClient } from '../../src/kafka/client.ts'
import { PartitionReader } from '../../src/kafka/partition-reader.ts'
import { silent } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices()
const PATIENCE_MS = 90_000

services.describe('the control log and its Kafka', () => {
  let server: KafkaHandle
  let kafka: KafkaClient
  let admin: Admin
  const logs: KafkaControlLog[] = []

  beforeAll(async () => {
    // A cleaner that does not wait: compaction is over within a test.
    server = await startKafka({ settings: { 'log.cleaner.backoff.ms': '100', 'log.retention.check.interval.ms': '1000' } })
    kafka = createKafka({ brokers: server.brokers, retry: { retries: 2, initialRetryTime: 100 } }, silent)
    admin = kafka.admin()
    await admin.connect()
  })
  afterAll(async () => {
    for (const log of logs) await log.close()
    await admin.disconnect()
    await server.close()
  })

  async function newTopic(config: Record<string, string> = {}): Promise<string> {
    const topic = `control-${randomBytes(4).toString('hex')}`
    await createTopic(topic, config)
    return topic
  }

  const createTopic = (topic: string, config: Record<string, string> = {}): Promise<boolean> =>
    admin.createTopics({
      topics: [
        {
          topic,
          numPartitions: 1,
          configEntries: Object.entries({ 'cleanup.policy': 'compact', ...config }).map(([name, value]) => ({ name, value })),
        },
      ],
      waitForLeaders: true,
    })

  function open(topic: string, health: HealthRegistry = createHealth(), now: () => number = Date.now): KafkaControlLog {
    const log = new KafkaControlLog({ kafka, topic, health, now, onFailed: (error) => expect.unreachable(String(error)) })
    logs.push(log)
    return log
  }

  function kept(): { onEntry: (entry: ControlEntry) => void; state: Map<string, unknown>; deletions: string[] } {
    const state = new Map<string, unknown>()
    const deletions: string[] = []
    const onEntry = ({ key, value }: ControlEntry): void => {
      if (value === null) deletions.push(key)
      if (value === null) state.delete(key)
      else state.set(key, value['n'])
    }
    return { onEntry, state, deletions }
  }

  test('a broker that is killed: a write says so, and when it is back everything goes on where it was', async () => {
    const topic = await newTopic()
    const health = createHealth()
    const log = open(topic, health)
    const seen = kept()
    await log.follow(['rule/'], seen.onEntry)
    await log.put('rule/before', { v: 1, n: 1 })
    await waitUntil('the first write', () => seen.state.has('rule/before'))
    await server.kill()
    await expect(log.put('rule/meanwhile', { v: 1, n: 2 })).rejects.toMatchObject({ code: 'neighbour_away' })
    await waitUntil('it to be said', () => health.ready().checks.some(({ name, ok }) => name === 'control log' && !ok))
    const late = kept()
    const following = log.follow(['rule/'], late.onEntry) // waits for Kafka
    await server.restart()
    await waitUntil('a write', () => log.put('rule/after', { v: 1, n: 3 }).then(() => true), PATIENCE_MS)
    await waitUntil('the write after it', () => seen.state.has('rule/after'), PATIENCE_MS)
    await following
    await waitUntil('both to agree', () => late.state.has('rule/after'), PATIENCE_MS)
    expect(late.state.get('rule/before')).toBe(1)
    expect(seen.deletions).toEqual([])
    await waitUntil('it to be well', () => health.ready().checks.every(({ ok }) => ok))
  })

  test('a topic deleted and made anew is another log: what it does not hold is told as deleted, what comes into it is told', async () => {
    const topic = await newTopic()
    const log = open(topic)
    const seen = kept()
    await log.follow(['rule/'], seen.onEntry)
    for (let i = 0; i < 5; i++) await log.put(`rule/${i}`, { v: 1, n: i })
    await waitUntil('the writes', () => seen.state.size === 5)
    const isThere = async (): Promise<boolean> => (await admin.listTopics()).includes(topic)
    await admin.deleteTopics({ topics: [topic] })
    await waitUntil('the topic to be gone', async () => !(await isThere()))
    await createTopic(topic).catch(() => {}) // kafkajs looks for the leader too early
    await waitUntil('the new topic', isThere)
    await waitUntil('a write into it', () => log.put('rule/3', { v: 1, n: 33 }).then(() => true), PATIENCE_MS)
    await waitUntil('all to be told', () => seen.state.get('rule/3') === 33 && seen.state.size === 1, PATIENCE_MS)
    expect(seen.deletions.toSorted()).toEqual(expect.arrayContaining(['rule/0', 'rule/1', 'rule/2', 'rule/4']))
  })

  test('a process that slept for so long that deletions may be forgotten reads the log anew', async () => {
    const topic = await newTopic()
    let nowMs = 1_000
    const log = open(topic, createHealth(), () => nowMs)
    const told: string[] = []
    await log.follow(['rule/'], ({ key }) => void told.push(key))
    await log.put('rule/a', { v: 1, n: 1 })
    await log.put('rule/b', { v: 1, n: 1 })
    await waitUntil('the writes', () => told.length === 2)
    nowMs += 2 * 3_600_000
    await waitUntil('both again', () => told.length === 4)
    expect(told).toEqual(['rule/a', 'rule/b', 'rule/a', 'rule/b'])
  })

  test('nothing of an aborted transaction is told', async () => {
    const topic = await newTopic()
    const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const aborted = await producer.transaction()
    await aborted.send({ topic, messages: [{ key: 'rule/no', value: JSON.stringify({ v: 1, n: 0 }) }] })
    await aborted.abort()
    const log = open(topic)
    await log.put('rule/yes', { v: 1, n: 1 })
    const seen = kept()
    await log.follow(['rule/'], seen.onEntry)
    await producer.disconnect()
    expect([...seen.state]).toEqual([['rule/yes', 1]])
  })

  test('compaction leaves holes and batches without records: they are read over, and nothing that is left is missed', async () => {
    const topic = await newTopic({
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
      'delete.retention.ms': '1',
      'min.compaction.lag.ms': '0',
    })
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (let i = 0; i < 40; i++) {
      await producer.send({
        topic,
        messages: Array.from({ length: 10 }, (_, j) => ({ key: `rule/${j % 4}`, value: JSON.stringify({ v: 1, n: i }) })),
      })
      await producer.send({
        topic,
        messages: [
          { key: `rule/gone-${i}`, value: JSON.stringify({ v: 1, n: i }) },
          { key: `rule/gone-${i}`, value: null },
        ],
      })
    }
    const reader = new PartitionReader(kafka, topic)
    const all = async (): Promise<string[]> => {
      const { begin, end } = await reader.bounds()
      const keys: string[] = []
      for (let at = begin; at < end;) {
        const { records, next } = await reader.read(at, { maxBytes: 200 })
        expect(next).toBeGreaterThan(at)
        keys.push(...records.map(({ key }) => String(key)))
        at = next
      }
      return keys
    }
    // Each write closes the segment before it, which can be cleaned then.
    await waitUntil(
      'compaction',
      async () => (
        await producer.send({ topic, messages: [{ key: 'rule/last', value: JSON.stringify({ v: 1, n: 1 }) }] }),
        (await all()).length < 60
      ),
      PATIENCE_MS,
    )
    const seen = kept()
    await open(topic).follow(['rule/'], seen.onEntry)
    expect(Object.fromEntries(seen.state)).toEqual({ 'rule/0': 39, 'rule/1': 39, 'rule/2': 39, 'rule/3': 39, 'rule/last': 1 })
    await reader.close()
    await producer.disconnect()
  })
})
