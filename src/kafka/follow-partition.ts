/**
 * Follows a compacted partition: every committed record from the log's beginning, and then each as it comes. It never gives up.
 *
 *   beginning --(bounds)--> catching up --(the end of that moment)--> following
 *   any       --(an error)--> waits, and goes on where it was
 *   any       --(the log is another one, or was away for so long that deletions may be gone from it)--> beginning
 *
 * A restart from the beginning delivers again what was delivered before. Between `onRestart` and `onCaughtUp` comes all that the log holds now, so
 * whoever keeps a copy of it can tell what is gone.
 *
 * Delivery: nothing is committed anywhere; a record may come again, and one that was overwritten before it was read may never come.
 */
import { isTracefoldError, messageOf, TracefoldError } from '../errors.ts'
import { HOUR_MS } from '../lib/durations.ts'
import { backoffMs, pause } from '../lib/retry.ts'
import type { SourceRecord } from '../source/source.ts'
import type { KafkaClient } from './client.ts'
import { isUnknownTopic, PartitionReader } from './partition-reader.ts'

/** The broker answers as soon as there is a record. It bounds how long a stop takes, for kafkajs waits for the answer. */
const MAX_WAIT_MS = 500
/** Well below the broker's default of 24 hours, after which compaction forgets a deletion. */
const MAX_AWAY_MS = HOUR_MS

export interface FollowOptions {
  readonly kafka: KafkaClient
  readonly topic: string
  /** The first, if none is named. */
  readonly partition?: number
  readonly now: () => number
  /** In order of the log. */
  readonly onRecord: (record: SourceRecord) => void
  /** What comes until `onCaughtUp` is the log from its beginning. Called at the start, too. */
  readonly onRestart?: () => void
  readonly onCaughtUp?: () => void
  readonly report: (ok: boolean, detail: string) => void
}

interface Waiter {
  readonly offset: number
  /** Which reading of the log the offset belongs to. */
  readonly reading: number
  readonly resolve: () => void
}

export class PartitionFollower {
  /** Resolves when it has caught up for the first time: all that was there when it was made has been delivered. Rejects with `aborted` at a stop. */
  readonly caughtUp: Promise<void>
  readonly #options: FollowOptions
  readonly #reader: PartitionReader
  readonly #stopping = new AbortController()
  readonly #loop: Promise<void>
  #waiters: Waiter[] = []
  /** Counts the readings from the beginning. */
  #reading = 0
  /** Null: it begins anew. */
  #next: number | null = null
  /** Where it will have caught up; null once it has. */
  #target: number | null = null
  /** When the last answer was asked for: it may have been given any time since. */
  #askedMs = 0
  #failures = 0

  /** Begins at once. `onFailed` is told what a handler throws; nothing more comes then. */
  constructor(options: FollowOptions, onFailed: (error: unknown) => void) {
    this.#options = options
    this.#reader = new PartitionReader(options.kafka, options.topic, options.partition ?? 0)
    this.caughtUp = this.#until(0)
    this.#loop = this.#follow().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return
      this.#stopping.abort()
      onFailed(error)
    })
  }

  /** Resolves once all below `offset` has been delivered, or the log is another one and that has been delivered. Rejects with `aborted` at a stop. */
  reached(offset: number): Promise<void> {
    return this.#until(offset)
  }

  /** Nothing is delivered after this resolves. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#reader.close()
    await this.#loop
  }

  #until(offset: number): Promise<void> {
    const { signal } = this.#stopping
    const reached = new Promise<void>((resolve, reject) => {
      const onStop = (): void => reject(new TracefoldError('aborted', 'the reading was ended by a stop'))
      signal.addEventListener('abort', onStop, { once: true })
      this.#waiters.push({ offset, reading: this.#reading, resolve: () => (signal.removeEventListener('abort', onStop), resolve()) })
      if (signal.aborted) onStop()
    })
    reached.catch(() => {}) // whoever waits for it handles it
    this.#settle()
    return reached
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const records = await this.#fetch()
      for (const record of records) this.#options.onRecord(record)
      if (this.#target !== null && this.#next !== null && this.#next >= this.#target) {
        this.#target = null
        this.#options.onCaughtUp?.()
      }
      this.#settle()
    }
  }

  /** The next records. None after an error, which has been waited out. */
  async #fetch(): Promise<readonly SourceRecord[]> {
    const { topic, now, report } = this.#options
    try {
      const askedMs = now()
      const { records, next } = this.#next === null ? await this.#begin() : await this.#reader.read(this.#next, { maxWaitMs: MAX_WAIT_MS })
      const wasAway = this.#next !== null && now() - this.#askedMs > MAX_AWAY_MS
      this.#next = wasAway ? null : next
      this.#askedMs = askedMs
      if (wasAway) return []
      this.#failures = 0
      report(true, `reads ${topic}`)
      return records
    } catch (error) {
      if (this.#stopping.signal.aborted) throw error
      if (isTracefoldError(error, 'position_lost') || isUnknownTopic(error)) this.#next = null
      report(false, messageOf(error))
      await pause(backoffMs(this.#failures++), this.#stopping.signal)
      return []
    }
  }

  /** Nothing is fetched yet: of an empty log that is all. */
  async #begin(): Promise<{ records: readonly SourceRecord[]; next: number }> {
    const { begin, end } = await this.#reader.bounds()
    this.#reading++
    this.#target = end
    this.#options.onRestart?.()
    return { records: [], next: begin }
  }

  /** Offsets of an earlier log mean nothing in this one: whoever waited for one has what is there now. */
  #settle(): void {
    if (this.#target !== null || this.#next === null) return
    const next = this.#next
    const isThrough = ({ reading, offset }: Waiter): boolean => reading < this.#reading || offset <= next
    for (const waiter of this.#waiters.filter(isThrough)) waiter.resolve()
    this.#waiters = this.#waiters.filter((waiter) => !isThrough(waiter))
  }
}
