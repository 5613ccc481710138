/**
 * The letter box of cluster mode: the letters topic. What is asked for is found in an index of the newest letters, which follows the topic; words and bytes
 * are fetched where they lie. Purging and replaying read the topic itself, so they reach every letter.
 *
 * A chunk of a replay that a killed process has left half done is finished here in the background, by whichever process sees it first.
 */
import type { Producer } from 'kafkajs'
import { availably, TracefoldError } from '../errors.ts'
import type { HealthRegistry } from '../health.ts'
import { chunked } from '../kafka/chunks.ts'
import { kafkaError } from '../kafka/client.ts'
import { PartitionFollower } from '../kafka/follow-partition.ts'
import { parseLetter } from '../kafka/letters.ts'
import { PartitionReader } from '../kafka/partition-reader.ts'
import type { Logger } from '../log.ts'
import type { DeadLetter, LetterFilter, LetterQuery } from '../store/dead-letter.ts'
import { openKafkaSession, type KafkaSessionOptions } from './kafka-session.ts'
import type { LetterBox, ReplaySession, SessionQuery } from './letter-box.ts'
import { LetterIndex, type Found } from './letter-index.ts'
import { ReplayLog } from './replay-log.ts'
import { scanLetters } from './scan-letters.ts'

/** Letters that a process keeps in mind: some 17 MB. Older ones are still replayed and purged, and found by their id. */
const INDEXED = 20_000
/** Letters purged between two readings of the topic. */
const PURGE_STEP = 10_000
/** A chunk takes less, unless Elasticsearch is away. */
const UNFINISHED_MS = 60_000
const FINISH_CHECK_MS = 30_000

export interface KafkaLetterBoxOptions extends Omit<KafkaSessionOptions, 'onClosed'> {
  readonly health: HealthRegistry
  readonly log: Logger
  /** Told of a fault of the program. */
  readonly onFailed: (error: unknown) => void
}

export class KafkaLetterBox implements LetterBox {
  readonly #options: KafkaLetterBoxOptions
  readonly #index = new LetterIndex(INDEXED)
  readonly #log = new ReplayLog()
  readonly #reader: PartitionReader
  readonly #producer: Producer
  readonly #closing = new AbortController()
  #isChecked = false
  #follower: PartitionFollower | null = null
  #timer: NodeJS.Timeout | null = null
  /** When this process saw what is open of a replay. */
  #openSinceMs: number | null = null
  #finishing: Promise<void> = Promise.resolve()

  constructor(options: KafkaLetterBoxOptions) {
    this.#options = options
    this.#reader = new PartitionReader(options.kafka, options.names.letterTopic)
    this.#producer = options.kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 1 })
  }

  /** Follows the topic from now on, and finishes what others leave half done. Without it, following begins with the first question. */
  start(): void {
    this.#follow()
    const finish = (): void => {
      this.#finishing = this.#finishing.then(() => this.finishOthers())
    }
    this.#timer = setInterval(finish, FINISH_CHECK_MS).unref()
  }

  async letters(query: LetterQuery): Promise<DeadLetter[]> {
    return availably(async () => {
      await this.#isReady()
      return this.#fetch(this.#index.page(query))
    })
  }

  async letter(id: string): Promise<DeadLetter | null> {
    return availably(async () => {
      await this.#isReady()
      const found = this.#index.get(id)
      const [letter] = await this.#fetch(found === null ? await this.#find(id) : [found])
      return letter ?? null
    })
  }

  async purge(filter: LetterFilter, signal: AbortSignal): Promise<number> {
    const ids = new Set<string>()
    await this.#checkTopic()
    for (let from: number | null = 0; from !== null;) {
      const { letters, next } = await scanLetters(this.#reader, { filter, limit: PURGE_STEP, from }, () => {}, signal)
      await this.#send(letters.map(({ key }) => ({ key, value: null })))
      for (const { head } of letters) ids.add(head.id)
      from = next
    }
    return ids.size
  }

  async open(query: SessionQuery, signal: AbortSignal): Promise<ReplaySession> {
    await this.#checkTopic()
    // After a replay the index knows of it, so that who asks next sees what was done.
    const onClosed = (): Promise<void> => this.#caughtUp().catch(() => {}) // it will know by itself
    return openKafkaSession({ ...this.#options, onClosed }, query, AbortSignal.any([signal, this.#closing.signal]))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#finishing
    await this.#follower?.stop()
    await this.#reader.close()
    await this.#producer.disconnect()
  }

  #follow(): PartitionFollower {
    if (this.#follower !== null) return this.#follower
    const { kafka, names, now, health, onFailed } = this.#options
    this.#follower = new PartitionFollower(
      {
        kafka,
        topic: names.letterTopic,
        now,
        onRecord: ({ key, value, offset }) => this.#take(key?.toString() ?? '', value, offset),
        onRestart: () => {
          this.#index.clear()
          this.#log.clear()
        },
        report: (ok, detail) => health.set(names.cluster === null ? 'dead letters' : `dead letters ${names.cluster}`, ok, detail),
      },
      onFailed,
    )
    return this.#follower
  }

  /** Rejects where Kafka is away, instead of waiting for it. */
  async #isReady(): Promise<void> {
    const { caughtUp } = this.#follow()
    await this.#checkTopic()
    await this.#reader.bounds()
    await caughtUp
  }

  /** Letters are read in the order of the log, and that is the order of one partition. */
  async #checkTopic(): Promise<void> {
    if (this.#isChecked) return
    const { admin, names, clusterId } = this.#options
    const topic = names.letterTopic
    try {
      await clusterId()
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      const partitions = topics[0]?.partitions.length ?? 0
      if (partitions !== 1)
        throw new TracefoldError('store_refused', `topic ${topic} has ${partitions} partitions; expected 1, as setup makes it`)
      this.#isChecked = true
    } catch (error) {
      throw kafkaError(error, `reading what ${topic} is made of`)
    }
  }

  #take(key: string, value: Buffer | null, place: number): void {
    if (key.startsWith('~')) {
      this.#log.take(key, value)
      this.#openSinceMs = this.#log.isOpen() ? this.#options.now() : null
      return
    }
    const letter = value === null ? null : parseLetter(value)
    if (letter === null) return this.#index.delete(key)
    const { body: _body, ...head } = letter
    this.#index.put(key, head, place)
  }

  /** Records fetched where they lie, each once. What was overwritten meanwhile is left out. */
  async #fetch(found: readonly Found[]): Promise<DeadLetter[]> {
    const letters = new Map<string, DeadLetter>()
    const open = new Map(found.map(({ head, place }) => [place, head]))
    for (const place of [...open.keys()].toSorted((a, b) => a - b)) {
      if (!open.has(place)) continue // came with an earlier one
      const { records } = await this.#reader.read(place)
      for (const { offset, value } of records) {
        const head = open.get(offset)
        const letter = value === null ? null : parseLetter(value)
        if (head !== undefined && letter?.id === head.id)
          letters.set(head.id, { ...letter, ...(head.branches === undefined ? {} : { branches: head.branches }) })
        open.delete(offset)
      }
    }
    return found.flatMap(({ head }) => letters.get(head.id) ?? [])
  }

  /** One that the index has no room for. */
  async #find(id: string): Promise<Found[]> {
    const index = new LetterIndex(1)
    const { letters } = await scanLetters(this.#reader, { filter: { id }, limit: 1, from: 0 }, () => {}, this.#closing.signal)
    for (const { key, head, place } of letters) index.put(key, head, place)
    const found = index.get(id)
    return found === null ? [] : [found]
  }

  async #send(messages: readonly { key: string; value: null }[]): Promise<void> {
    const { names } = this.#options
    try {
      await this.#producer.connect()
      for (const part of chunked(messages)) await this.#producer.send({ topic: names.letterTopic, acks: -1, messages: part })
      await this.#caughtUp()
    } catch (error) {
      throw kafkaError(error, `writing to ${names.letterTopic}`)
    }
  }

  async #caughtUp(): Promise<void> {
    if (this.#follower === null) return
    const { end } = await this.#reader.bounds()
    await this.#follower.reached(end)
  }

  /** Finishes a chunk that has been open for longer than it takes. Never rejects; what failed is tried again. */
  async finishOthers(): Promise<void> {
    const { now, log } = this.#options
    if (this.#openSinceMs === null || now() - this.#openSinceMs < UNFINISHED_MS) return
    this.#openSinceMs = now() // the next try
    try {
      const session = await this.open({ filter: { id: '' }, limit: 0, after: null }, this.#closing.signal)
      await session.close()
      log.info({}, 'a replay of dead letters that was left half done is finished')
    } catch (error) {
      log.warn({ error: String(error) }, 'a replay of dead letters is half done; finishing it is tried again')
    }
  }
}
