/**
 * One partition of a topic, read at any offset, as a member of no group. In: an offset. Out: the committed records from there on, and where to go
 * on. Nothing is committed and nothing is left behind in the broker; there is no joining to wait for (measured: a first record in 9 to 27 ms, with the connecting).
 *
 * kafkajs (2.2.4) reads only as a group, but has all the parts: this asks the leader by kafkajs's own cluster and fetch request, which it hides
 * behind a symbol. Aborted records are called control records already where they are decoded (aborted-records.ts).
 *
 * Delivery: reading changes nothing. After any error the connections are thrown away, and the next call makes new ones. Calls may overlap.
 */
import type { KafkaMessage } from 'kafkajs'
import { TracefoldError } from '../errors.ts'
import type { Bounds, SourceRecord } from '../source/source.ts'
import { kafkaError, type KafkaClient } from './client.ts'
import { recordOf } from './record.ts'

const FETCH_BYTES = 1_048_576
/** No record batch is larger: brokers take 1 MiB by default. */
const LARGEST_BATCH_BYTES = 67_108_864
const METADATA_MAX_AGE_MS = 300_000
/** A cause may lead back to itself. */
const MAX_CAUSES = 8
/** Kafka's numbers. */
const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1

export interface Fetched {
  readonly records: readonly SourceRecord[]
  /** Where to go on. Equal to the offset asked for where there was nothing yet. */
  readonly next: number
  /** Offset after the last record, committed or not. */
  readonly end: number
}

export interface FetchOptions {
  /** How long the broker may wait for a record to come. */
  readonly maxWaitMs?: number
  readonly maxBytes?: number
}

export class PartitionReader {
  readonly #createCluster: () => Cluster
  readonly #topic: string
  readonly #partition: number
  #connected: Promise<Cluster> | null = null
  #isClosed = false

  constructor(kafka: KafkaClient, topic: string, partition = 0) {
    this.#createCluster = clustersOf(kafka)
    this.#topic = topic
    this.#partition = partition
  }

  /** `end` counts records of open transactions, too: whoever reads up to it has read all that was committed before the call. */
  async bounds(): Promise<Bounds> {
    return this.#ask('reading the bounds of', async (cluster) => ({
      begin: await this.#offset(cluster, true),
      end: await this.#offset(cluster, false),
    }))
  }

  /** Rejects with `position_lost` where the log does not have the offset, with `neighbour_away` where Kafka or the topic is away. */
  async read(offset: number, options: FetchOptions = {}): Promise<Fetched> {
    return this.#ask('reading', async (cluster) => {
      const { maxWaitMs = 0, maxBytes = FETCH_BYTES } = options
      const first = await this.#fetch(cluster, offset, maxWaitMs, maxBytes)
      if (first.next > offset || offset >= first.stable) return first
      // Batches without records (compaction leaves some), and then one that did not fit. Or nothing but such batches: they end where all is settled.
      const large = await this.#fetch(cluster, offset, 0, LARGEST_BATCH_BYTES)
      return large.next > offset ? large : { ...large, next: large.stable }
    })
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#discard()
  }

  async #ask<T>(doing: string, ask: (cluster: Cluster) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new TracefoldError('aborted', 'the reader is closed')
    this.#connected ??= connect(this.#createCluster(), this.#topic)
    const connected = this.#connected
    try {
      return await ask(await connected)
    } catch (error) {
      if (this.#connected === connected) await this.#discard()
      if (this.#isClosed) throw new TracefoldError('aborted', 'the reader is closed', { cause: error })
      throw isOutOfRange(error)
        ? new TracefoldError('position_lost', `${this.#topic}/${this.#partition} does not have the offset that was asked for`, {
            cause: error,
          })
        : kafkaError(error, `${doing} ${this.#topic}/${this.#partition}`)
    }
  }

  /** Whatever is asked by the same connections fails, and is asked again by who asked it. */
  async #discard(): Promise<void> {
    const connected = this.#connected
    this.#connected = null
    await connected?.then((cluster) => cluster.disconnect()).catch(() => {}) // nothing more is asked of it
  }

  async #offset(cluster: Cluster, fromBeginning: boolean): Promise<number> {
    const [found] = await cluster.fetchTopicsOffset([{ topic: this.#topic, partitions: [{ partition: this.#partition }], fromBeginning }])
    const offset = found?.partitions[0]?.offset
    if (offset === undefined)
      throw new TracefoldError('neighbour_away', `partition ${this.#partition} of ${this.#topic} has no leader at the moment`)
    return Number(offset)
  }

  async #fetch(cluster: Cluster, offset: number, maxWaitTime: number, maxBytes: number): Promise<Fetched & { readonly stable: number }> {
    await cluster.refreshMetadataIfNecessary()
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(this.#topic, [this.#partition]))
    if (nodeId === undefined)
      throw new TracefoldError('neighbour_away', `partition ${this.#partition} of ${this.#topic} has no leader at the moment`)
    const broker = await cluster.findBroker({ nodeId })
    const partitions = [{ partition: this.#partition, fetchOffset: String(offset), maxBytes }]
    const { responses } = await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime,
      minBytes: 1,
      maxBytes,
      topics: [{ topic: this.#topic, partitions }],
    })
    const answer = responses[0]?.partitions[0]
    if (answer === undefined) throw new TracefoldError('neighbour_away', 'an answer without the partition that was asked for')
    const { messages, highWatermark, lastStableOffset } = answer
    return {
      records: messages.filter((message) => !message.isControlRecord && Number(message.offset) >= offset).map(recordOf),
      next: Math.max(offset, nextAfter(messages.at(-1))),
      end: Number(highWatermark),
      stable: Number(lastStableOffset),
    }
  }
}

/** A batch may have lost its last records to compaction. */
function nextAfter(message: RawMessage | undefined): number {
  if (message === undefined) return 0
  const { offset, batchContext } = message
  return (batchContext === undefined ? Number(offset) : Number(batchContext.firstOffset) + batchContext.lastOffsetDelta) + 1
}

function isOutOfRange(error: unknown): boolean {
  return typesOf(error).includes('OFFSET_OUT_OF_RANGE')
}

/** Whether the topic is not there: deleted, not made yet, or not known to this broker at the moment. */
export function isUnknownTopic(error: unknown): boolean {
  return typesOf(error).includes('UNKNOWN_TOPIC_OR_PARTITION')
}

function typesOf(error: unknown): unknown[] {
  const types: unknown[] = []
  for (let at = error; at instanceof Error && types.length < MAX_CAUSES; at = at.cause) types.push((at as { type?: unknown }).type)
  return types
}

async function connect(cluster: Cluster, topic: string): Promise<Cluster> {
  try {
    await cluster.connect()
    await cluster.addTargetTopic(topic)
    return cluster
  } catch (error) {
    await cluster.disconnect().catch(() => {}) // the first error counts
    throw error
  }
}

function clustersOf(kafka: KafkaClient): () => Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster')
  const create = symbol === undefined ? undefined : (kafka as unknown as Record<symbol, CreateCluster>)[symbol]
  if (create === undefined) throw new Error('expected kafkajs 2.2.4, whose client makes clusters')
  return () => create({ metadataMaxAge: METADATA_MAX_AGE_MS, allowAutoTopicCreation: false, isolationLevel: READ_UNCOMMITTED })
}

type CreateCluster = (options: { metadataMaxAge: number; allowAutoTopicCreation: boolean; isolationLevel: number }) => Cluster

/** What is used of kafkajs's insides. */
interface Cluster {
  connect(): Promise<void>
  disconnect(): Promise<void>
  addTargetTopic(topic: string): Promise<void>
  refreshMetadataIfNecessary(): Promise<void>
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>
  findBroker(options: { nodeId: string }): Promise<Broker>
  fetchTopicsOffset(
    topics: readonly { topic: string; partitions: readonly { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<{ partitions: { partition: number; offset: string }[] }[]>
}

interface Broker {
  fetch(request: object): Promise<{ responses: { partitions: RawPartition[] }[] }>
}

interface RawPartition {
  readonly highWatermark: string
  readonly lastStableOffset: string
  readonly messages: readonly RawMessage[]
}

type RawMessage = KafkaMessage & {
  readonly isControlRecord: boolean
  readonly batchContext?: { readonly firstOffset: string; readonly lastOffsetDelta: number }
}
