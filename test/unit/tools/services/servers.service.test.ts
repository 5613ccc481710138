/** The real servers: what test files ask for is there and answers, and servers of one's own can be killed, hung and restarted. */
import { existsSync } from 'node:fs'
import { Client } from '@elastic/elasticsearch'
import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { startDruid } from '../../../../tools/services/druid.ts'
import { startElasticsearch } from '../../../../tools/services/elasticsearch.ts'
import { startKafka } from '../../../../tools/services/kafka.ts'
import { inspect } from '../../../../tools/services/process.ts'
import { requireServices } from '../../../support/services.ts'
import { waitUntil } from '../../../support/wait.ts'

const services = requireServices('kafka', 'elasticsearch', 'druid')

const client = (brokers: string[]) => new Kafka({ brokers, logLevel: logLevel.NOTHING })

async function endOffset(brokers: string[], topic: string): Promise<string | undefined> {
  const admin = client(brokers).admin()
  await admin.connect()
  try {
    return (await admin.fetchTopicOffsets(topic))[0]?.high
  } finally {
    await admin.disconnect()
  }
}

/** Creates the topic and writes one record. */
async function write(brokers: string[], topic: string): Promise<void> {
  const kafka = client(brokers)
  const [admin, producer] = [kafka.admin(), kafka.producer()]
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
  await producer.send({ topic, messages: [{ value: 'x' }] })
  await Promise.all([admin.disconnect(), producer.disconnect()])
}

services.describe('the servers of a test run', () => {
  test('Kafka takes a record', async () => {
    await write(services.kafka.brokers, 'servers-test')
    expect(await endOffset(services.kafka.brokers, 'servers-test')).toBe('1')
  })

  test('Elasticsearch 8.19.13 takes a document and finds it', async () => {
    const elasticsearch = new Client({ node: services.elasticsearch.url })
    await elasticsearch.index({ index: 'servers-test', document: { a: 1 }, refresh: true })
    expect((await elasticsearch.count({ index: 'servers-test' })).count).toBe(1)
    expect((await elasticsearch.info()).version.number).toBe('8.19.13')
    await elasticsearch.close()
  })

  test('Druid answers SQL and has a worker', async () => {
    const { queryUrl, coordinatorUrl } = services.druid
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'SELECT 1 AS answer' }),
    }
    expect(await (await fetch(`${queryUrl}/druid/v2/sql`, request)).json()).toEqual([{ answer: 1 }])
    expect(await (await fetch(`${coordinatorUrl}/druid/indexer/v1/workers`)).json()).toHaveLength(1)
  })
})

services.describe("servers of one's own", () => {
  test('a killed Kafka comes back with its records, on its ports', async () => {
    const kafka = await startKafka()
    await write(kafka.brokers, 'kept')
    const first = kafka.pid
    await kafka.kill()
    expect(inspect(first)).toBeNull()
    expect(() => kafka.pid).toThrow('does not run')
    await kafka.restart()
    expect(kafka.pid).not.toBe(first)
    expect(await endOffset(kafka.brokers, 'kept')).toBe('1')
    await kafka.close()
    expect(existsSync(kafka.dir)).toBe(false)
  })

  test('a hung Elasticsearch does not answer, then goes on; a killed one comes back with its documents', async () => {
    const server = await startElasticsearch()
    const count = async () => {
      const response = await fetch(`${server.url}/kept/_count`, { signal: AbortSignal.timeout(1_000) })
      return ((await response.json()) as { count?: number }).count // Elasticsearch's count API
    }
    const document = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' }
    await fetch(`${server.url}/kept/_doc/1?refresh=true`, document)
    server.signal('SIGSTOP')
    await expect(count()).rejects.toThrow('timeout')
    server.signal('SIGCONT')
    expect(await waitUntil('an answer', count)).toBe(1)
    await server.kill()
    await server.restart()
    expect(await waitUntil('the document', count)).toBe(1)
    await server.close()
  })

  test('a killed Druid starts again', async () => {
    const druid = await startDruid()
    const first = druid.pid
    await druid.kill()
    await druid.restart()
    expect(druid.pid).not.toBe(first)
    await druid.close()
  })
})
