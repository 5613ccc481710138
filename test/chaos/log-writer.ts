/**
 * Writes the source topic of one Kafka cluster, and knows the offset of every record: it is the topic's only writer, so after an error the log's end tells
 * whether what was sent is in it. What is written waits for what was to be written before.
 */
import type { Producer } from 'kafkajs'
import type { Neighbours } from '../../src/cluster/neighbours.ts'
import { topicOffsets } from '../../src/kafka/topic-offsets.ts'
import { waitUntil } from '../support/wait.ts'
import type { ChaosRecord } from './records.ts'

/** Records of one partition that are sent at once. */
const SEND_RECORDS = 250
/** An outage lasts no longer. */
const OUTAGE_MS = 240_000

export type OnWritten = (partition: number, offset: number, record: ChaosRecord) => void

export class LogWriter {
  readonly #neighbours: Pick<Neighbours, 'kafka' | 'admin'>
  readonly #topic: string
  readonly #onWritten: OnWritten
  /** Offset of the next record of each partition, as far as it is known. */
  readonly #next = new Map<number, number>()
  #producer: Producer | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(neighbours: Pick<Neighbours, 'kafka' | 'admin'>, topic: string, onWritten: OnWritten) {
    this.#neighbours = neighbours
    this.#topic = topic
    this.#onWritten = onWritten
  }

  write(partition: number, records: readonly ChaosRecord[]): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      for (let at = 0; at < records.length; at += SEND_RECORDS) await this.#send(partition, records.slice(at, at + SEND_RECORDS))
    })
    return this.#writing
  }

  /** All that was to be written so far is in the log. */
  get written(): Promise<void> {
    return this.#writing
  }

  /** The topic was deleted and created again: offsets begin at zero. */
  beginAnew(): void {
    this.#next.clear()
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect().catch(() => {})
  }

  async #send(partition: number, records: readonly ChaosRecord[]): Promise<void> {
    const from = this.#next.get(partition) ?? (await this.#endOf(partition))
    const messages = records.map(({ key, value, timestampMs }) => ({
      key,
      value,
      partition,
      ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
    }))
    for (;;) {
      try {
        this.#producer ??= await this.#connected()
        await this.#producer.send({ topic: this.#topic, acks: -1, messages })
        break
      } catch {
        await this.close()
        this.#producer = null
        const { end } = await waitUntil('the end of the log', async () => ({ end: await this.#endOf(partition) }), OUTAGE_MS)
        if (end === from + records.length) break
        if (end !== from) throw new Error(`the log of partition ${partition} ends at ${end}; expected ${from} or ${from + records.length}`)
      }
    }
    records.forEach((record, i) => this.#onWritten(partition, from + i, record))
    this.#next.set(partition, from + records.length)
  }

  async #connected(): Promise<Producer> {
    const producer = this.#neighbours.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 5 },
    })
    await producer.connect()
    return producer
  }

  async #endOf(partition: number): Promise<number> {
    const bounds = (await topicOffsets(this.#neighbours.admin, this.#topic)).get(partition)
    if (bounds === undefined) throw new Error(`partition ${partition} is not there`)
    return bounds.end
  }
}
