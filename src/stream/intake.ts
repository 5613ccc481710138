/**
 * The front that both branches share: records in, items out. An item is one event with everything that decides where it is counted, or the
 * reason why it is not counted. Everything here is a function of the record, its position and the rules, so that a replay decides alike.
 *
 *   bytes -> decode -> level -> redact -> job -> filter -> clock -> fingerprint, category -> block limit -> item
 *
 * Delivery: nothing is written here. A record that cannot be processed becomes a dead letter with the same id in every replay.
 */
import { windowOf, type ErrorEvent, type Job, type Outcome } from '../event.ts'
import type { Settings } from '../config/schema.ts'
import { typesOf, type FilterSubject, type Verdict } from '../filter/filter.ts'
import { HOUR_MS, MINUTE_MS } from '../lib/durations.ts'
import type { Metrics } from '../metrics.ts'
import type { Whose } from '../job.ts'
import type { Dropped, Item, Place } from './item.ts'
import { BlockLimiter } from './overflow.ts'
import type { StreamRules } from '../rules/rules.ts'
import { partitionKey, type Batch, type Partition, type SourceRecord } from '../source/source.ts'
import { letterId, type DeadLetter } from '../store/dead-letter.ts'
import { blockOf } from '../store/position.ts'

/** Before this no event of a program that logs JSON was written: such a time is a clock that was never set. */
const EARLIEST_PLAUSIBLE_MS = Date.UTC(2000, 0, 1)
/** The last moment that a date of four digits can name. A producer may claim any time, even one that no date can hold. */
const LATEST_MS = Date.UTC(9999, 11, 31)

type Dead = Extract<Outcome<never>, { kind: 'dead' }>

export interface IntakeOptions {
  readonly settings: Settings
  /** In force now; they may change between two batches, and then every partition is opened anew. */
  readonly rules: { readonly now: StreamRules }
  readonly now: () => number
  /**
   * False where the source's records have no time of their own (files, HTTP): then the clock stands in, for what is read commits with where it was read.
   * Kafka's are timed, but for those of old producers. There a block may be read again later, so that the clock must not decide where it is counted.
   */
  readonly recordsAreTimed?: boolean
  /** Null where another branch of this process counts the same decodings. */
  readonly metrics: Metrics | null
}

interface Reading {
  readonly partition: Partition
  readonly incarnation: number
  readonly openedAt: number
  /** What lies below was read before, and metrics have it. */
  readonly newFrom: number
  /** By its own clock. */
  lastEventMs: number | null
  block: number
  day: string
  readonly limiter: BlockLimiter
}

export class Intake {
  readonly #options: IntakeOptions
  readonly #readings = new Map<string, Reading>()
  /** Of the record at hand. */
  #metrics: Metrics | null = null

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /**
   * `openedAt`: where a block is open. What is read before it (by a branch that lags behind) belongs to the regular blocks. `newFrom`: where a
   * predecessor has committed.
   */
  open(partition: Partition, incarnation: number, openedAt: number, newFrom = openedAt): void {
    const limiter = new BlockLimiter(this.#options.settings)
    this.#readings.set(partitionKey(partition), {
      partition,
      incarnation,
      openedAt,
      newFrom,
      lastEventMs: null,
      block: -1,
      day: '',
      limiter,
    })
  }

  /** A block opens at `at`, for other rules are in force from there on. */
  openBlock(partition: Partition, at: number): void {
    const reading = this.#readings.get(partitionKey(partition))
    if (reading !== undefined) this.open(partition, reading.incarnation, at)
  }

  drop(partition: Partition): void {
    this.#readings.delete(partitionKey(partition))
  }

  /** Time of the last event that was read, whether it is counted or not; null where none tells it. */
  lastEventMs(partition: Partition): number | null {
    return this.#readings.get(partitionKey(partition))?.lastEventMs ?? null
  }

  read(batch: Batch): Item[] {
    const reading = this.#readings.get(partitionKey(batch.partition))
    if (reading === undefined) return []
    const items: Item[] = []
    for (const record of batch.records) this.#readRecord(record, reading, items)
    return items
  }

  #readRecord(record: SourceRecord, reading: Reading, items: Item[]): void {
    this.#metrics = record.offset < reading.newFrom ? null : this.#options.metrics
    const outcomes = this.#isFromTheFuture(record) ? CLOCK : this.#options.rules.now.decode(record.value)
    const recordMs = this.#recordTimeOf(record, outcomes)
    this.#enterBlock(record.offset, recordMs, reading)
    const { block, day } = reading
    for (let index = 0; index < outcomes.length; index++) {
      const outcome = outcomes[index] as Outcome<ErrorEvent> // index < length
      const place = { offset: record.offset, index, block, day }
      const judged = outcome.kind === 'ok' ? this.#keep(outcome.value, record, reading, place) : outcome
      if ('offset' in judged) items.push(judged)
      else if (judged.kind === 'drop') items.push(this.#dropped(place, judged))
      else items.push(this.#dead(judged, record, recordMs, reading, place, outcomes.length))
    }
  }

  #enterBlock(offset: number, recordMs: number, reading: Reading): void {
    const openedAt = offset < reading.openedAt ? 0 : reading.openedAt
    const block = blockOf(offset, openedAt, this.#options.settings.blockSize)
    if (block === reading.block) return
    reading.block = block
    reading.day = new Date(recordMs).toISOString().slice(0, 10)
    reading.limiter.clear()
  }

  /** Of a record of Kafka without one: that of its first event, or else 0. */
  #recordTimeOf({ timestampMs }: SourceRecord, outcomes: readonly Outcome<ErrorEvent>[]): number {
    const { recordsAreTimed = true, now } = this.#options
    const at = timestampMs ?? (recordsAreTimed ? firstTimeOf(outcomes) : now())
    return Math.min(Math.max(0, at), LATEST_MS)
  }

  #isFromTheFuture(record: SourceRecord): boolean {
    return (
      record.timestampMs !== null && record.timestampMs > this.#options.now() + this.#options.settings.time.maxRecordFutureHours * HOUR_MS
    )
  }

  #keep(raw: ErrorEvent, record: SourceRecord, reading: Reading, place: Place): Item | Dead {
    const { now: rules } = this.#options.rules
    const metrics = this.#metrics
    if (raw.timeMs !== null) reading.lastEventMs = raw.timeMs
    metrics?.eventsDecoded.inc({ layout: raw.layout })
    for (const envelope of raw.envelopes) metrics?.eventsUnwrapped.inc({ envelope })
    const byLevel = rules.filter.byLevel(raw)
    if (byLevel?.kind === 'drop') return this.#dropped(place, byLevel)
    const event = rules.redactor.redactEvent(raw)
    const whose = this.#whose(event, record, reading)
    const verdict =
      byLevel ??
      this.#filter(
        { event, job: whose.job, environment: whose.environment, types: () => typesOf(rules.analyse(event, whose.job).grouping) },
        reading,
        place,
      )
    if (verdict.kind === 'drop') return this.#dropped(place, verdict)
    const timeMs = this.#timeOf(event, record)
    if (typeof timeMs !== 'number') return timeMs
    const originalTimeMs = event.timeMs === timeMs ? null : event.timeMs
    if (originalTimeMs !== null) metrics?.eventClockReplaced.inc()
    const { grouping, classification } = rules.analyse(event, whose.job)
    const isPast = grouping.previous !== null && rules.previousUntilMs !== null && timeMs >= rules.previousUntilMs
    const value = {
      event,
      ...whose,
      timeMs,
      originalTimeMs,
      window: windowOf(timeMs),
      classification,
      grouping: isPast ? { ...grouping, previous: null } : grouping,
      key: '',
    }
    const limited = reading.limiter.place(value)
    if (limited.isOverflow) metrics?.overflowEvents.inc()
    return { ...place, kind: 'ok', value: limited.event }
  }

  /** A key or header may hold what no name should. */
  #whose(event: ErrorEvent, { key, headers }: SourceRecord, { partition }: Reading): Whose {
    const { resolveJob, redactor } = this.#options.rules.now
    const whose = resolveJob(event, { key, headers, topic: partition.topic })
    const job = redactor.redact(whose.job) as Job // still a job's name
    return job === whose.job ? whose : { ...whose, job }
  }

  #filter(subject: FilterSubject, { partition }: Reading, { offset, index }: Place): Verdict {
    return this.#options.rules.now.filter(subject, { partition, offset, index })
  }

  /** The event's own time if it lies near enough to the record's, else the record's. Without a record time: if it is plausible; else see `recordsAreTimed`. */
  #timeOf(event: ErrorEvent, record: SourceRecord): number | Dead {
    const { settings, recordsAreTimed = true, now } = this.#options
    const { maxPastHours, maxFutureMinutes, maxRecordFutureHours } = settings.time
    const own = event.timeMs
    const at = record.timestampMs
    if (at !== null) return own !== null && own >= at - maxPastHours * HOUR_MS && own <= at + maxFutureMinutes * MINUTE_MS ? own : at
    const nowMs = now()
    const isAhead = own !== null && own > nowMs + maxRecordFutureHours * HOUR_MS
    if (own !== null && own >= EARLIEST_PLAUSIBLE_MS && !isAhead) return own
    if (!recordsAreTimed) return nowMs
    return isAhead ? AHEAD : NO_TIME
  }

  #dropped(place: Place, drop: Dropped): Item {
    const metrics = this.#metrics
    metrics?.eventsFiltered.inc({ reason: drop.reason })
    if (drop.rule !== undefined) metrics?.eventsFilteredByRule.inc({ rule: drop.rule })
    return { ...place, ...drop, kind: 'drop' }
  }

  #dead(outcome: Dead, record: SourceRecord, recordMs: number, reading: Reading, place: Place, outOf: number): Item {
    const {
      settings,
      rules: { now: rules },
    } = this.#options
    this.#metrics?.deadLetters.inc({ stage: 'decode', reason: outcome.reason })
    const value = record.value ?? EMPTY
    const letter: DeadLetter = {
      id: letterId(reading.partition, reading.incarnation, place.offset, place.index, 'decode', null),
      stage: 'decode',
      branch: null,
      reason: outcome.reason,
      detail: rules.redactor.redact(outcome.detail),
      partition: reading.partition,
      incarnation: reading.incarnation,
      offset: place.offset,
      index: place.index,
      events: 1,
      timeMs: recordMs,
      job: this.#whose(NO_EVENT, record, reading).job,
      body: rules.redactor.redactBytes(value.subarray(0, settings.limits.maxLetterBytes)),
      bodyTruncated: value.length > settings.limits.maxLetterBytes,
      day: place.day,
      outOf,
    }
    return { ...place, kind: 'dead', letter }
  }
}

function firstTimeOf(outcomes: readonly Outcome<ErrorEvent>[]): number {
  for (const outcome of outcomes)
    if (outcome.kind === 'ok' && outcome.value.timeMs !== null && outcome.value.timeMs >= EARLIEST_PLAUSIBLE_MS) return outcome.value.timeMs
  return 0
}

const EMPTY = Buffer.alloc(0)
/** What is known of an event that could not be decoded: its job is looked for in the record alone. */
const NO_EVENT: ErrorEvent = {
  layout: 'plain-text',
  envelopes: [],
  timeMs: null,
  level: 'ERROR',
  logger: null,
  thread: null,
  message: '',
  messageTemplate: null,
  host: null,
  serviceName: null,
  serviceVersion: null,
  environment: null,
  context: new Map(),
  tags: [],
  throwable: null,
  truncated: false,
}
const CLOCK: readonly Outcome<ErrorEvent>[] = [
  { kind: 'dead', reason: 'clock', detail: "the record's own timestamp lies too far ahead of the clock" },
]
const NO_TIME: Dead = {
  kind: 'dead',
  reason: 'no_timestamp',
  detail: 'the record has no timestamp, and the event names no time that can be one',
}
const AHEAD: Dead = {
  kind: 'dead',
  reason: 'clock',
  detail: "the record has no timestamp, and the event's lies too far ahead of the clock",
}
