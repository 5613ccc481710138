/** `tracefold produce`: sends the bundled sample to a Kafka topic, as if it were happening now. For trying out, demonstrations and measurements. */
import type { Command } from 'commander'
import type { Producer } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import { kafkaConfig } from '../config/connections.ts'
import type { Settings } from '../config/schema.ts'
import { TracefoldError } from '../errors.ts'
import { createKafka, kafkaError } from '../kafka/client.ts'
import { MINUTE_MS } from '../lib/durations.ts'
import { createLogger } from '../log.ts'
import { packageFolder } from '../package-root.ts'
import { loadSamples, sampleRecords, type SampleRecord } from '../source/sample-records.ts'
import { closing, settingsFor, type Io } from './io.ts'
import { wholeNumber } from './options.ts'

const BATCH_RECORDS = 500

interface ProduceOptions {
  readonly rate?: number
  readonly count?: number
  readonly topic?: string
}

export function registerProduce(program: Command, io: Io): void {
  program
    .command('produce')
    .description('cluster mode: send sample errors to Kafka')
    .option('--rate <events/s>', 'events per second, for ever if there is no --count; else as fast as it goes', wholeNumber(1))
    .option('--count <n>', 'how many; without --rate the bundled sample once if not given', wholeNumber(1))
    .option('--topic <topic>', 'topic (the first of kafka.topics)')
    .action(async (options: ProduceOptions, command: Command) => {
      const settings = settingsFor(command, io)
      if (settings.mode !== 'cluster')
        throw new TracefoldError('usage', 'produce goes with mode cluster; in embedded mode `tracefold run --sample` reads the sample')
      const producer = createKafka(
        kafkaConfig(settings.kafka, `${settings.name}-produce`),
        createLogger({ level: settings.logLevel }),
      ).producer()
      const work = async (): Promise<void> => {
        await producer.connect()
        const sent = await produce(producer, settings, options, io)
        io.stdout.write(`${sent} events sent\n`)
      }
      await closing({ close: () => producer.disconnect() }, work).catch((error: unknown) => {
        throw kafkaError(error, 'sending the sample')
      })
    })
}

async function produce(
  producer: Producer,
  settings: Settings,
  { rate, count, topic = settings.kafka.topics[0] ?? '' }: ProduceOptions,
  io: Io,
): Promise<number> {
  const samples = await loadSamples(packageFolder('samples'))
  const startMs = io.nowMs()
  // With a rate everything is live; without one it is the history of the last minute, at once.
  const plan =
    rate === undefined
      ? { startMs, spreadMs: MINUTE_MS, ...(count === undefined ? {} : { count }) }
      : { startMs, spreadMs: 0, count: 0, rate }
  let sent = 0
  let batch: SampleRecord[] = []
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    await producer.send({ topic, acks: -1, messages: batch.map(({ key, value, timeMs }) => ({ key, value, timestamp: String(timeMs) })) })
    sent += batch.length
    batch = []
  }
  for (const record of sampleRecords(samples, plan)) {
    if (count !== undefined && sent + batch.length >= count) break
    const waitMs = record.timeMs - io.nowMs()
    if (waitMs > 0) {
      await flush()
      await delay(waitMs)
    }
    batch.push(record)
    if (batch.length >= BATCH_RECORDS) await flush()
  }
  await flush()
  return sent
}
