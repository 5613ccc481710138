/**
 * The control log as a compacted Kafka topic of one partition. Each following reads the topic for itself, from its beginning: what is there is small.
 *
 * A topic that was deleted and made anew is another log: what it does not hold is delivered as deleted.
 */
import type { Producer } from 'kafkajs'
import type { HealthRegistry } from '../health.ts'
import { kafkaError, type KafkaClient } from '../kafka/client.ts'
import { PartitionFollower } from '../kafka/follow-partition.ts'
import { decodeEntry, encodeEntry, isWanted, type ControlEntry, type ControlLog, type ControlValue, type Following } from './control-log.ts'

/** The order of the log is that of one partition. */
const PARTITION = 0

export interface KafkaControlLogOptions {
  readonly kafka: KafkaClient
  readonly topic: string
  /** As readiness calls it, where there are several. */
  readonly what?: string
  readonly health: HealthRegistry
  readonly now: () => number
  /** Told what a handler throws: a fault of the program. */
  readonly onFailed: (error: unknown) => void
}

export class KafkaControlLog implements ControlLog {
  readonly #options: KafkaControlLogOptions
  readonly #producer: Producer
  readonly #followings = new Set<Following>()
  /** Writes of this process, one after the other: two of one key must not overtake each other. */
  #last: Promise<void> = Promise.resolve()

  constructor(options: KafkaControlLogOptions) {
    this.#options = options
    this.#producer = options.kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 })
  }

  async follow(prefixes: readonly string[], onEntry: (entry: ControlEntry) => void): Promise<Following> {
    const { kafka, topic, what = 'control log', health, now, onFailed } = this.#options
    const copy = new KnownKeys(prefixes, onEntry)
    const follower = new PartitionFollower(
      {
        kafka,
        topic,
        now,
        onRecord: ({ key, value }) => copy.take(key, value),
        onRestart: () => copy.restart(),
        onCaughtUp: () => copy.caughtUp(),
        report: (ok, detail) => health.set(what, ok, detail),
      },
      onFailed,
    )
    const following: Following = {
      stop: async () => {
        this.#followings.delete(following)
        await follower.stop()
      },
    }
    this.#followings.add(following)
    await follower.caughtUp
    return following
  }

  async put(key: string, value: ControlValue | null): Promise<void> {
    const text = encodeEntry(key, value)
    const written = this.#last.then(() => this.#send(key, text))
    this.#last = written.catch(() => {}) // told to its own caller
    await written
  }

  async close(): Promise<void> {
    await Promise.all([...this.#followings].map((following) => following.stop()))
    await this.#last
    await this.#producer.disconnect()
  }

  /** Connects before each write, which costs nothing where it is connected: Kafka may be away when the log is made. */
  async #send(key: string, value: string | null): Promise<void> {
    const { topic } = this.#options
    try {
      await this.#producer.connect()
      await this.#producer.send({ topic, acks: -1, messages: [{ key, value, partition: PARTITION }] })
    } catch (error) {
      throw kafkaError(error, `writing to ${topic}`)
    }
  }
}

/** The keys that a handler knows of, so that those which a new reading of the log does not bring can be told as deleted. */
class KnownKeys {
  readonly #prefixes: readonly string[]
  readonly #onEntry: (entry: ControlEntry) => void
  #known = new Set<string>()
  /** Of before a restart, and not seen again yet. */
  #missing = new Set<string>()

  constructor(prefixes: readonly string[], onEntry: (entry: ControlEntry) => void) {
    this.#prefixes = prefixes
    this.#onEntry = onEntry
  }

  take(rawKey: Buffer | null, value: Buffer | null): void {
    const key = rawKey?.toString() ?? ''
    if (!isWanted(key, this.#prefixes)) return
    const entry = decodeEntry(key, value?.toString() ?? null)
    if (entry === null) return
    if (entry.value === null) this.#known.delete(key)
    else this.#known.add(key)
    this.#missing.delete(key)
    this.#onEntry(entry)
  }

  restart(): void {
    this.#missing = new Set([...this.#missing, ...this.#known])
  }

  caughtUp(): void {
    for (const key of this.#missing) {
      this.#known.delete(key)
      this.#onEntry({ key, value: null })
    }
    this.#missing.clear()
  }
}
