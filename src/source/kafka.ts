/**
 * Source: Kafka topics, read as a member of a consumer group. In: assignments and batches from kafkajs. Out: the same in our words.
 *
 * What must hold, given what kafkajs 2.2.4 cannot do:
 * - Handlers never block and partitions are paused from the moment they are assigned until the stream has opened them, so nothing is
 *   read at the position that kafkajs fetched too early.
 * - A batch counts only if it begins where the stream expects it: kafkajs moves offsets by itself when they are out of range, and a batch
 *   that was fetched before a seek may still be in its queue. What does not fit is opened again.
 * - A log from which nothing comes is looked at (still-logs.ts), for kafkajs does not say that it was emptied or made anew.
 * - It never gives up: a consumer that crashes is thrown away, and a new one is made after a back-off (kafkajs's own restart cannot be stopped).
 * - One that stands still without a word is thrown away, too (stall-watch.ts); where that was in vain, the process is to end. What such a one still
 *   says is not heard.
 *
 * Delivery: nothing is committed here but by `commit`, which is refused by the broker if we are no longer a member.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Consumer, EachBatchPayload } from 'kafkajs'
import { messageOf, TracefoldError } from '../errors.ts'
import { kafkaError, type KafkaClient } from '../kafka/client.ts'
import { encodeMetadata } from '../kafka/commit-metadata.ts'
import { recordOf } from '../kafka/record.ts'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import { backoffMs, pause as wait, retry } from '../lib/retry.ts'
import type { Progress } from '../store/position.ts'
import { consumerConfig, type ConsumerOptions } from './kafka-consumer.ts'
import { partitionKey, type Bounds, type Partition, type Source, type SourceHandler, type SourceRecord } from './source.ts'
import { boundsOfStill, type Looked } from './still-logs.ts'
import { sightOf, StallGuard, type StallGuardOptions } from './stall-guard.ts'
import type { Sight } from './stall-watch.ts'

/** How often a partition without records is compared with its log's bounds. */
const LOOK_MS = 5_000
/** How long a stop waits for a connect or join under way, which kafkajs cannot cut short; past that it ends by itself. */
const STOP_PATIENCE_MS = 5_000
/** How long a consumer that is thrown away may take to leave; one that hangs never does, and its session ends by itself. */
const LEAVE_PATIENCE_MS = 1_000

export interface KafkaSourceOptions extends StallGuardOptions, ConsumerOptions {
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly clusterId: string
  readonly topics: readonly string[]
}

/** What kafkajs tells of a batch that has nothing for a handler. */
interface FilteredBatch {
  readonly topic: string
  readonly partition: number
  /** Null where all of it lies before the offset that was asked for. */
  readonly firstOffset: string | null
  readonly lastOffset: string
}

const DONE = Promise.resolve()

interface Reading extends Looked {
  /** Null while the stream has not opened the partition. */
  expected: number | null
  /** True from a seek until a batch has come from there: what comes before that may have been fetched earlier. */
  isSeeking: boolean
  isPaused: boolean
}

export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions
  readonly #stopping = new AbortController()
  #consumer: Consumer | null = null
  #handler: SourceHandler | null = null
  #readings = new Map<string, Reading>()
  #life: Promise<void> = Promise.resolve()
  #looking: Promise<void> | null = null
  #failures = 0
  #isMember = false
  readonly #stallGuard: StallGuard
  /** Ends the consumer of now. */
  #abandon: (error: TracefoldError) => void = () => {}

  constructor(options: KafkaSourceOptions) {
    this.#options = options
    this.#stallGuard = new StallGuard(options)
  }

  async start(handler: SourceHandler): Promise<void> {
    this.#handler = handler
    this.#life = this.#live().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) handler.onFailed(error)
    })
    const looks = setInterval(() => this.#look(), Math.min(LOOK_MS, Math.ceil((this.#options.stallMs ?? Infinity) / 4))).unref()
    this.#stopping.signal.addEventListener('abort', () => clearInterval(looks))
  }

  seek(p: Partition, offset: number): void {
    const reading = this.#readings.get(partitionKey(p))
    if (reading === undefined) return
    Object.assign(reading, { expected: offset, isSeeking: true })
    this.#tell((consumer) => consumer.seek({ topic: p.topic, partition: p.partition, offset: String(offset) }))
  }

  pause(p: Partition): void {
    const reading = this.#readings.get(partitionKey(p))
    if (reading !== undefined) reading.isPaused = true
    this.#tell((consumer) => consumer.pause([{ topic: p.topic, partitions: [p.partition] }]))
  }

  resume(p: Partition): void {
    const reading = this.#readings.get(partitionKey(p))
    if (reading === undefined) return
    reading.isPaused = false
    this.#tell((consumer) => consumer.resume([{ topic: p.topic, partitions: [p.partition] }]))
  }

  async bounds(p: Partition): Promise<Bounds> {
    const found = (await topicOffsets(this.#options.admin, p.topic)).get(p.partition)
    if (found === undefined) throw new TracefoldError('neighbour_away', `partition ${p.partition} of ${p.topic} does not exist`)
    return found
  }

  /** Commits as a member of the group. Rejects with `partition_lost` where the group has moved on. */
  async commit(progress: readonly Progress[], signal: AbortSignal): Promise<void> {
    const offsets = progress.map((at) => ({
      topic: at.partition.topic,
      partition: at.partition.partition,
      offset: String(at.next),
      metadata: encodeMetadata(at),
    }))
    let tries = 0
    await retry(
      async () => {
        if (this.#consumer === null) throw new TracefoldError('partition_lost', 'the consumer is being made anew')
        await this.#consumer.commitOffsets(offsets).catch((error: unknown) => {
          throw kafkaError(error, `committing offsets of group ${this.#options.groupId}`)
        })
      },
      {
        signal,
        isRetriable: (error) => error instanceof TracefoldError && error.code === 'neighbour_away',
        onRetry: (error) => {
          tries++
          this.#report(false, String(error))
        },
      },
    )
    if (tries > 0) this.#report(true, `commits again after ${tries} tries`)
  }

  committed(): void {
    // Kafka does not wait for us: producers were answered by the broker.
  }

  ended(): null {
    return null
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.race([Promise.all([this.#life, this.#looking]), delay(STOP_PATIENCE_MS, undefined, { ref: false })])
  }

  /** One consumer after the other, until a stop. */
  async #live(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#readWith(this.#makeConsumer())
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#leave()
        await this.#waitToReconnect(error)
      }
    }
  }

  /** Nothing is ours any more. */
  #leave(): void {
    if (this.#isMember) this.#handler?.onAssigned([])
    this.#isMember = false
    this.#readings = new Map()
  }

  /** Resolves at a stop, rejects when the consumer crashes. `run` is waited for even then: what is disconnected while it joins never ends. */
  async #readWith(consumer: Consumer): Promise<void> {
    const { signal } = this.#stopping
    let onAbort = (): void => {}
    const ended = new Promise<void>((resolve, reject) => {
      onAbort = resolve
      signal.addEventListener('abort', onAbort, { once: true })
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      this.#abandon = reject
    })
    ended.catch(() => {}) // it may come before it is waited for
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
      if (signal.aborted) return
      this.#consumer = consumer
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: true,
        eachBatch: (payload) => (this.#consumer === consumer ? this.#onBatch(payload) : DONE),
      })
      await ended
    } finally {
      this.#consumer = null
      signal.removeEventListener('abort', onAbort)
      await Promise.race([
        consumer.disconnect().catch(() => {}),
        delay(signal.aborted ? STOP_PATIENCE_MS : LEAVE_PATIENCE_MS, undefined, { ref: false }),
      ]) // it is gone in any case
    }
  }

  async #waitToReconnect(error: unknown): Promise<void> {
    const waitMs = backoffMs(this.#failures++)
    const message = messageOf(error)
    this.#report(false, `cannot read from Kafka: ${message}; next try in ${waitMs} ms`)
    this.#options.log.warn({ group: this.#options.groupId, waitMs }, `cannot read from Kafka: ${message}`)
    await wait(waitMs, this.#stopping.signal)
  }

  #makeConsumer(): Consumer {
    const consumer = this.#options.kafka.consumer(consumerConfig(this.#options))
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (this.#consumer === consumer) this.#onJoin(payload.memberAssignment as Record<string, number[]>)
    })
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize === 0 && this.#consumer === consumer) this.#onFiltered(payload)
    })
    return consumer
  }

  #onJoin(assignment: Record<string, number[]>): void {
    if (this.#stopping.signal.aborted) return
    this.#isMember = true
    this.#failures = 0
    this.#readings = new Map()
    const partitions: Partition[] = []
    for (const [topic, numbers] of Object.entries(assignment)) {
      for (const number of numbers) {
        const partition = { cluster: this.#options.clusterId, topic, partition: number }
        partitions.push(partition)
        this.#readings.set(partitionKey(partition), { partition, expected: null, isSeeking: false, isPaused: true, lookedAt: null })
        this.pause(partition)
      }
    }
    this.#report(true, `member of ${this.#options.groupId} with ${partitions.length} partitions`)
    this.#handler?.onAssigned(partitions)
  }

  /** `isStale`: a seek waits, so this was fetched before it. */
  #onBatch({ batch, isStale }: EachBatchPayload): Promise<void> {
    const reading = this.#readingOf(batch.topic, batch.partition)
    if (reading === undefined || reading.expected === null || isStale()) return DONE
    const fetchedFrom = Number((batch as unknown as { fetchedOffset: string }).fetchedOffset) // in kafkajs, but not in its types
    if (fetchedFrom !== reading.expected) this.#reopen(reading, { fetchedFrom })
    else this.#deliver(reading, batch.messages.map(recordOf), Number(batch.lastOffset()) + 1, Number(batch.highWatermark))
    return DONE
  }

  /** A batch of control records and aborted transactions only: nothing for the handler but a new position. */
  #onFiltered({ topic, partition, firstOffset, lastOffset }: FilteredBatch): void {
    const reading = this.#readingOf(topic, partition)
    const next = Number(lastOffset) + 1
    if (reading === undefined || reading.expected === null || next <= reading.expected) return
    if (reading.isSeeking && Number(firstOffset ?? lastOffset) !== reading.expected) return // fetched before the seek
    this.#deliver(reading, [], next, null)
  }

  #deliver(reading: Reading, records: readonly SourceRecord[], next: number, end: number | null): void {
    const fetchedFrom = reading.expected as number // the callers have looked
    reading.expected = next
    reading.isSeeking = false
    try {
      this.#handler?.onBatch({ partition: reading.partition, fetchedFrom, records, next, end })
    } catch (error) {
      this.#handler?.onFailed(error)
    }
  }

  /** The log does not continue where we are: records expired, or it is another log. The stream finds out which when it opens it. */
  #reopen(reading: Reading, found: Record<string, number>): void {
    this.#options.log.warn(
      { partition: partitionKey(reading.partition), expected: reading.expected, ...found },
      'the log does not continue where we are',
    )
    reading.expected = null
    this.pause(reading.partition)
    this.#handler?.onReopen(reading.partition)
  }

  /** One at a time: where a broker is slow, a look outlasts the next one's time. */
  #look(): void {
    this.#looking ??= this.#lookAtBounds()
      .catch(() => {}) // a broker that is away is noticed by reading
      .finally(() => (this.#looking = null))
  }

  async #lookAtBounds(): Promise<void> {
    const known = new Map<Reading, Bounds>()
    for await (const [reading, bounds] of boundsOfStill(this.#options.admin, this.#readings.values())) {
      known.set(reading, bounds)
      this.#compare(reading, bounds)
    }
    if (this.#isMember && !this.#stopping.signal.aborted)
      this.#judge([...this.#readings].map(([key, reading]) => sightOf(key, reading, known.get(reading))))
  }

  #judge(sights: readonly Sight[]): void {
    const remedy = this.#stallGuard.look(performance.now(), sights)
    if (remedy?.kind === 'give_up') this.#handler?.onFailed(remedy.error)
    if (remedy?.kind !== 'restart') return
    this.#leave()
    this.#abandon(remedy.error)
  }

  /** Whether the log still holds where we are; it also tells the stream where it ends, for no batch does. */
  #compare(reading: Reading, bounds: Bounds): void {
    const { partition, expected, lookedAt } = reading
    const isStill =
      expected !== null &&
      expected === lookedAt &&
      this.#readings.get(partitionKey(partition)) === reading &&
      !this.#stopping.signal.aborted
    if (!isStill) return
    if (bounds.begin > expected || bounds.end < expected) this.#reopen(reading, { ...bounds })
    else this.#handler?.onEnd?.(partition, bounds.end)
  }

  #readingOf(topic: string, partition: number): Reading | undefined {
    if (this.#stopping.signal.aborted) return undefined
    return this.#readings.get(partitionKey({ cluster: this.#options.clusterId, topic, partition }))
  }

  /** From the beginning of a crash to its report kafkajs has no group, and throws. What follows it starts with a new assignment, so nothing is missed. */
  #tell(tell: (consumer: Consumer) => void): void {
    try {
      if (this.#consumer !== null) tell(this.#consumer)
    } catch (error) {
      this.#options.log.debug({ group: this.#options.groupId }, `kafka client: ${String(error)}`)
    }
  }

  #report(ok: boolean, detail: string): void {
    this.#options.health.set(`kafka ${this.#options.groupId}`, ok, detail)
  }
}
