/** Kafka away while cluster mode runs: said, waited out, and gone on with where it was, in both branches; and a stop meanwhile comes to an end. */
import { afterEach, expect, test } from 'vitest'
import { startKafka, type KafkaHandle } from '../../tools/services/kafka.ts'
import { eventsInRollupTopic, install, ownSettings, startHere } from '../support/cluster.ts'
import { countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { requireServices } from '../support/services.ts'
import { waitUntil } from '../support/wait.ts'

const services = requireServices('elasticsearch')
const PATIENCE_MS = 90_000

services.describe('Kafka away', () => {
  const releases: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })

  test('a broker that is killed and comes back: everything is counted once, and nobody had to restart us', async () => {
    const kafka: KafkaHandle = await startKafka()
    releases.push(() => kafka.close())
    const settings = ownSettings(
      { kafka, elasticsearch: services.elasticsearch },
      { detail: { flushMs: 50 }, rollup: { flushMs: 50, catchUpFlushMs: 50 } },
    )
    const installation = await install(settings)
    const { neighbours, topic } = installation
    releases.push(() => installation.close())
    const here = await startHere(settings)
    releases.push(() => here.mode.stop())

    const produce = async (count: number): Promise<void> => {
      const producer = neighbours.kafka.producer()
      await producer.connect()
      await producer.send({
        topic,
        messages: Array.from({ length: count }, (_, i) => ({
          partition: i % 2,
          value: JSON.stringify({ message: 'boom', level: 'ERROR', loggerName: 'A', timeMillis: Date.now() }),
        })),
      })
      await producer.disconnect()
    }
    const reached = (events: number) =>
      waitUntil(
        `${events} events in both branches`,
        async () => totalOf(await countsInElasticsearch(neighbours)) >= events && (await eventsInRollupTopic(neighbours)) >= events,
        PATIENCE_MS,
      )
    const unwell = () => here.health.ready().checks.filter(({ name, ok }) => name.startsWith('kafka ') && !ok)

    await produce(50)
    await reached(50)
    await kafka.kill()
    await waitUntil('both groups to say so', () => unwell().length === 2, PATIENCE_MS)
    await kafka.restart()
    await produce(30)
    await reached(80)
    expect(totalOf(await countsInElasticsearch(neighbours))).toBe(80)
    expect(await eventsInRollupTopic(neighbours)).toBe(80)
    expect(unwell()).toEqual([])

    await kafka.kill()
    await here.mode.stop()
  })
})
