/** Several producers in one partition, aborted in another order than they began in: what a killed process leaves to its successor's fences. */
import { expect, test } from 'vitest'
import { readTopic } from '../../src/kafka/read-topic.ts'
import { install, ownSettings } from '../support/cluster.ts'
import { requireServices } from '../support/services.ts'

const services = requireServices('kafka', 'elasticsearch')
const PRODUCERS = 4

services.describe('aborted records', () => {
  test('nothing of an aborted transaction is read, whatever order they were aborted in', async () => {
    const installation = await install(ownSettings(services))
    const { kafka, admin, names } = installation.neighbours
    const producers = Array.from({ length: PRODUCERS }, (_, i) =>
      kafka.producer({ transactionalId: `${names.ledgerTopic}-${i}`, idempotent: true, maxInFlightRequests: 1 }),
    )
    await Promise.all(producers.map((producer) => producer.connect()))
    const transactions = []
    for (const producer of producers) transactions.push(await producer.transaction())
    for (const [i, transaction] of transactions.entries())
      await transaction.send({ topic: names.ledgerTopic, messages: [{ key: `aborted-${i}`, value: 'no' }] })
    for (const transaction of transactions.toReversed()) await transaction.abort()
    const committed = await (producers[0] as (typeof producers)[0]).transaction()
    await committed.send({ topic: names.ledgerTopic, messages: [{ key: 'committed', value: 'yes' }] })
    await committed.commit()
    await Promise.all(producers.map((producer) => producer.disconnect()))

    expect([...(await readTopic(kafka, admin, names.ledgerTopic)).keys()]).toEqual(['committed'])
    await installation.close()
  })
})
