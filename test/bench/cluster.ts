/**
 * Cluster mode, apart, catching up with a full topic: CPU-seconds per million events for both branches in one process, and its memory. Beside it, from
 * the same run, the plain twin: a consumer that only fetches the same topic twice. On servers of its own.
 */
import { randomBytes } from 'node:crypto'
import kafkajs from 'kafkajs'
import { startDruid } from '../../tools/services/druid.ts'
import { startElasticsearch } from '../../tools/services/elasticsearch.ts'
import { startKafka } from '../../tools/services/kafka.ts'
import { ecsRecords, machine, measure, say } from './support.ts'

const EVENTS = 200_000
const PARTITIONS = 4
const BATCH = 500

export async function benchCluster(): Promise<void> {
  const [kafka, elasticsearch, druid] = await Promise.all([startKafka(), startElasticsearch(), startDruid()])
  try {
    const name = `bench-${randomBytes(3).toString('hex')}`
    const settings = {
      name,
      mode: 'cluster',
      logLevel: 'error',
      kafka: { brokers: kafka.brokers, topics: [`${name}-logs`], partitions: PARTITIONS },
      elasticsearch: { nodes: [elasticsearch.url], replicas: 0 },
      druid: { queryUrl: druid.queryUrl, coordinatorUrl: druid.coordinatorUrl, replicas: 1 },
      http: { port: 0 },
    }
    await createTopic(kafka.brokers, `${name}-logs`)
    const bytes = await fill(kafka.brokers, `${name}-logs`)
    const run = await measure(settings, ['--setup', '--exit-at-end'])
    const fetchOnly = await fetchTwice(kafka.brokers, `${name}-logs`)
    const perMillion = (run.cpuSeconds / EVENTS) * 1e6
    say('machine', machine())
    say('events, size of one', `${EVENTS} x ${Math.round(bytes / EVENTS)} B`)
    say('CPU-seconds per million events, both branches', perMillion.toFixed(1), '90 or less')
    say('peak resident', `${Math.round(run.peakMiB)} MiB`, '350 MB (334 MiB) or less')
    say('events/s', String(Math.round(EVENTS / run.wallSeconds)))
    say('CPU, times that of fetching alone, twice', (run.cpuSeconds / fetchOnly).toFixed(1))
    if (run.exitCode !== 0) console.log(`  the program ended with ${run.exitCode}: figures void`)
  } finally {
    await Promise.allSettled([kafka.close(), elasticsearch.close(), druid.close()])
  }
}

async function createTopic(brokers: string[], topic: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] })
  await admin.disconnect()
}

async function fill(brokers: string[], topic: string): Promise<number> {
  const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer()
  await producer.connect()
  let bytes = 0
  let messages: { key: Buffer; value: Buffer; partition: number }[] = []
  let i = 0
  for (const { key, value } of await ecsRecords(EVENTS)) {
    bytes += value.length
    messages.push({ key, value, partition: i++ % PARTITIONS })
    if (messages.length < BATCH) continue
    await producer.send({ topic, messages })
    messages = []
  }
  if (messages.length > 0) await producer.send({ topic, messages })
  await producer.disconnect()
  return bytes
}

/** CPU-seconds of two consumers, one after the other, that look at nothing. */
async function fetchTwice(brokers: string[], topic: string): Promise<number> {
  const before = process.cpuUsage()
  for (const group of ['one', 'two']) {
    const consumer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).consumer({
      groupId: `${topic}-${group}`,
      maxBytesPerPartition: 4_194_304,
      maxBytes: 16_777_216,
    })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    let left = EVENTS
    await new Promise<void>((resolve, reject) => {
      void consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            left -= batch.messages.length
            if (left <= 0) resolve()
            return Promise.resolve()
          },
        })
        .catch(reject)
    })
    await consumer.disconnect()
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
