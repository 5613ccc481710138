/**
 * The state of alerting as a compacted topic: a partition for each shard, and a consumer group whose members own the partitions. It fetches nothing as a group;
 * every process reads all partitions for itself.
 *
 * What must hold, as for the rollup branch's transactions (store/rollup-topic.ts):
 * - The transactional id is bound to the shard. Opening, in this order: we ask the group whether the shard is ours still; a new producer is initialised, which
 *   fences every earlier one and settles what it had in flight; and only then is the partition read to its end.
 * - A save is one transaction. After any failure its producer is thrown away, and the shard is opened again by the same order.
 *
 * Delivery: a save whose outcome is unknown is settled by the next opening, which reads what became of it.
 */
import type { Admin, Message, Producer, Transaction } from 'kafkajs'
import { isTracefoldError, messageOf, TracefoldError } from '../../errors.ts'
import type { HealthRegistry } from '../../health.ts'
import { chunked } from '../../kafka/chunks.ts'
import { kafkaError, type KafkaClient } from '../../kafka/client.ts'
import { transactionalProducer } from '../../kafka/transactional-producer.ts'
import { PartitionFollower } from '../../kafka/follow-partition.ts'
import { PartitionReader } from '../../kafka/partition-reader.ts'
import { retry } from '../../lib/retry.ts'
import type { Logger } from '../../log.ts'
import { KafkaSource } from '../../source/kafka.ts'
import type { Partition } from '../../source/source.ts'
import type { OpenShard, SavedRecord, StateHandler, StateLog, StateValue } from './state-log.ts'

/** A partition of the group's, in the source's words. */
const CLUSTER = 'alerts'
const MEMBER_PATIENCE_MS = 5_000
const MAX_WAIT_MS = 500
const HEALTH = 'alert state'

export interface KafkaStateOptions {
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly topic: string
  readonly group: string
  readonly sessionTimeoutMs: number
  readonly transactionTimeoutMs: number
  readonly health: HealthRegistry
  readonly log: Logger
  readonly now: () => number
  /** Told of a fault of the program. */
  readonly onFailed: (error: unknown) => void
}

export class KafkaState implements StateLog {
  readonly #options: KafkaStateOptions
  readonly #stopping = new AbortController()
  readonly #followers: PartitionFollower[] = []
  readonly #members: KafkaSource

  constructor(options: KafkaStateOptions) {
    const { kafka, admin, topic, group, sessionTimeoutMs, health, log } = options
    this.#options = options
    this.#members = new KafkaSource({
      kafka,
      admin,
      clusterId: CLUSTER,
      groupId: group,
      topics: [topic],
      sessionTimeoutMs,
      maxBytesPerPartition: 1,
      health,
      log,
    })
  }

  async start(handler: StateHandler): Promise<number> {
    const { health, onFailed } = this.#options
    const shards = await retry(() => this.#partitions(), {
      signal: this.#stopping.signal,
      isRetriable: (error) => isTracefoldError(error) && error.retriable,
      onRetry: (error) => health.set(HEALTH, false, messageOf(error)),
    })
    for (let shard = 0; shard < shards; shard++) this.#followers.push(this.#follow(shard, handler))
    await Promise.all(this.#followers.map(({ caughtUp }) => caughtUp))
    const ignore = (): void => {}
    // The partitions stay paused, as they are assigned: being a member is all.
    await this.#members.start({
      onAssigned: (ours) => handler.onOwned(ours.map(({ partition }) => partition)),
      onAdded: ignore,
      onRemoved: ignore,
      onReopen: ignore,
      onBatch: ignore,
      onFailed,
    })
    return shards
  }

  async open(shard: number): Promise<OpenShard> {
    const { topic } = this.#options
    await this.#assertMember(shard)
    const { producer, begun } = await this.#fence(shard)
    try {
      const restored = await this.#read(shard)
      return new TransactionalShard(producer, begun, topic, shard, restored)
    } catch (error) {
      await producer.disconnect().catch(() => {}) // the first error counts
      throw kafkaError(error, `reading shard ${shard} of the alerts`)
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#members.stop(), ...this.#followers.map((follower) => follower.stop())])
  }

  #follow(shard: number, handler: StateHandler): PartitionFollower {
    const { kafka, topic, now, health, onFailed } = this.#options
    const onRecord = ({ key, value }: { key: Buffer | null; value: Buffer | null }): void => {
      if (key !== null) handler.onRecord(shard, { key: key.toString(), value: parsed(value) })
    }
    const report = (ok: boolean, detail: string): void => health.set(HEALTH, ok, detail)
    return new PartitionFollower(
      { kafka, topic, partition: shard, now, onRecord, onRestart: () => handler.onReset(shard), report },
      onFailed,
    )
  }

  async #partitions(): Promise<number> {
    const { admin, topic } = this.#options
    try {
      await admin.connect()
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const found = topics[0]?.partitions.length ?? 0
      if (found === 0) throw new TracefoldError('not_set_up', `missing: topic ${topic}. Run \`tracefold setup\``)
      return found
    } catch (error) {
      throw kafkaError(error, `looking at ${topic}`)
    }
  }

  /** The broker refuses a commit of one who is no member any more: such a one must not fence the shard's owner. */
  async #assertMember(shard: number): Promise<void> {
    const partition: Partition = { cluster: CLUSTER, topic: this.#options.topic, partition: shard }
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(MEMBER_PATIENCE_MS)])
    await this.#members.commit([{ partition, incarnation: 0, next: 0, from: 0, rules: '' }], signal)
  }

  async #fence(shard: number): Promise<{ producer: Producer; begun: Transaction }> {
    const { kafka, topic, transactionTimeoutMs } = this.#options
    const producer = transactionalProducer(kafka, `${topic}-${shard}`, transactionTimeoutMs)
    try {
      await producer.connect()
      return { producer, begun: await producer.transaction() } // kafkajs initialises the producer only with a first transaction
    } catch (error) {
      await producer.disconnect().catch(() => {}) // the first error counts
      throw kafkaError(error, `opening shard ${shard} of the alerts`)
    }
  }

  async #read(shard: number): Promise<Map<string, StateValue>> {
    const { kafka, topic } = this.#options
    const reader = new PartitionReader(kafka, topic, shard)
    const restored = new Map<string, StateValue>()
    try {
      const { begin, end } = await reader.bounds()
      for (let at = begin; at < end;) {
        const { records, next } = await reader.read(at, { maxWaitMs: MAX_WAIT_MS })
        for (const { key, value } of records) {
          const content = parsed(value)
          if (key === null) continue
          if (content === null) restored.delete(key.toString())
          else restored.set(key.toString(), content)
        }
        at = next
      }
      return restored
    } finally {
      await reader.close()
    }
  }
}

class TransactionalShard implements OpenShard {
  readonly restored: ReadonlyMap<string, StateValue>
  readonly #producer: Producer
  readonly #topic: string
  readonly #shard: number
  /** Begun at the opening; sends nothing by itself. */
  #begun: Transaction | null
  #isLost = false

  constructor(producer: Producer, begun: Transaction, topic: string, shard: number, restored: ReadonlyMap<string, StateValue>) {
    this.#producer = producer
    this.#begun = begun
    this.#topic = topic
    this.#shard = shard
    this.restored = restored
  }

  async save(records: readonly SavedRecord[]): Promise<void> {
    if (this.#isLost) throw this.#lost('it was given up')
    try {
      const transaction = this.#begun ?? (await this.#producer.transaction())
      this.#begun = null
      const messages = records.map(({ key, value }): Message => ({
        key,
        value: value === null ? null : JSON.stringify(value),
        partition: this.#shard,
      }))
      for (const chunk of chunked(messages)) await transaction.send({ acks: -1, topic: this.#topic, messages: chunk })
      await transaction.commit()
    } catch (error) {
      await this.close()
      throw this.#lost(messageOf(error), error)
    }
  }

  /** Never used again. */
  async close(): Promise<void> {
    this.#isLost = true
    await this.#producer.disconnect().catch(() => {}) // nothing more is asked of it
  }

  #lost(why: string, cause?: unknown): TracefoldError {
    return new TracefoldError('partition_lost', `the state of shard ${this.#shard} of the alerts could not be kept: ${why}`, { cause })
  }
}

/** What is no JSON is none of ours, and refused where it is read. */
function parsed(value: Buffer | null): StateValue | null {
  if (value === null) return null
  try {
    return JSON.parse(value.toString()) as StateValue // checked by readSaved
  } catch {
    return { v: 0 }
  }
}
