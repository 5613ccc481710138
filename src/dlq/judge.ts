/**
 * What a dead letter's events are by the rules of now. In: a letter, and its record from the source or else the copy in the letter. Out: items, as
 * the stream would have made of them, each for as many events as it stands for. Everything is decided by the stream's own front (intake.ts).
 *
 *   decode letter:  record -> intake -> the outcomes that the letter stands for
 *   store letter:   record -> intake -> the event at its index, for all events of the refused document
 *
 * A record is taken for the letter's only where its time (of a document: job and minute) says so: a topic made anew has other records at the same offsets.
 * Pure but for the clock that goes in. Nothing is written here.
 */
import { windowOf, type ErrorEvent, type GroupedEvent, type Job } from '../event.ts'
import type { Settings } from '../config/schema.ts'
import { Intake } from '../stream/intake.ts'
import type { Item } from '../stream/item.ts'
import { BlockLimiter } from '../stream/overflow.ts'
import type { StreamRules } from '../rules/rules.ts'
import type { SourceRecord } from '../source/source.ts'
import type { DeadLetter } from '../store/dead-letter.ts'
import { eventOfLetter } from './letter-event.ts'

export interface JudgeOptions {
  readonly settings: Settings
  /** In force now. */
  readonly rules: () => StreamRules
  readonly now: () => number
  /** False where the source's records have no time of their own (files, HTTP), so that a letter's time is when it was read. */
  readonly recordsAreTimed: boolean
}

export type Verdict =
  /** `n`: how many events each of the items stands for. */
  | { readonly kind: 'items'; readonly items: readonly Item[]; readonly n: number; readonly outOf: number }
  /** Which events are meant cannot be told. */
  | { readonly kind: 'unclear' }

const UNCLEAR: Verdict = { kind: 'unclear' }

export class Judge {
  readonly #options: JudgeOptions
  readonly #intake: Intake
  /** The letter whose copy is being read, or null while a record of the source is. */
  #copyOf: DeadLetter | null = null

  constructor(options: JudgeOptions) {
    this.#options = options
    const rulesNow = (): StreamRules => this.#rulesNow()
    this.#intake = new Intake({
      settings: options.settings,
      rules: {
        get now() {
          return rulesNow()
        },
      },
      now: () => (this.#copyOf !== null && !options.recordsAreTimed ? this.#copyOf.timeMs : options.now()),
      recordsAreTimed: options.recordsAreTimed,
      metrics: null,
    })
  }

  /** Null where this is not the letter's record. */
  bySource(letter: DeadLetter, record: SourceRecord): Verdict | null {
    const items = this.#read(letter, record)
    if (letter.stage === 'decode')
      return record.timestampMs !== null && record.timestampMs !== letter.timeMs ? null : verdictOf(letter, items)
    const item = items[letter.index]
    const isSame = item?.kind === 'ok' && item.value.window === windowOf(letter.timeMs) && item.value.job === letter.job
    return isSame ? { kind: 'items', items: [item], n: letter.events, outOf: items.length } : null
  }

  byCopy(letter: DeadLetter): Verdict {
    this.#copyOf = letter
    try {
      return letter.stage === 'decode' ? this.#byCopiedRecord(letter) : this.#byCopiedEvent(letter)
    } finally {
      this.#copyOf = null
    }
  }

  #byCopiedRecord(letter: DeadLetter): Verdict {
    const record = {
      offset: letter.offset,
      timestampMs: this.#options.recordsAreTimed && letter.timeMs > 0 ? letter.timeMs : null, // 0: it had none
      key: null,
      value: letter.body,
      headers: {},
    }
    const items = this.#read(letter, record)
    return verdictOf(letter, letter.bodyTruncated ? items.map(asCut) : items)
  }

  #byCopiedEvent(letter: DeadLetter): Verdict {
    const event = eventOfLetter(letter)
    if (event === null) return UNCLEAR
    const { offset, index } = letter
    const value = this.#grouped(event, letter)
    return { kind: 'items', items: [{ kind: 'ok', offset, index, block: offset, day: '', value }], n: letter.events, outOf: 1 }
  }

  #grouped(event: ErrorEvent, { partition, timeMs, job }: DeadLetter): GroupedEvent {
    const rules = this.#rulesNow()
    const whose = rules.resolveJob(event, { key: null, headers: {}, topic: partition.topic })
    const owner = (job ?? whose.job) as Job // it was one when the letter was written
    const value = {
      event,
      ...whose,
      job: owner,
      timeMs,
      originalTimeMs: null,
      window: windowOf(timeMs),
      ...rules.analyse(event, owner),
      key: '',
    }
    return new BlockLimiter(this.#options.settings).place(value).event
  }

  #read({ partition, incarnation }: DeadLetter, record: SourceRecord): Item[] {
    this.#intake.open(partition, incarnation, 0)
    const items = this.#intake.read({ partition, fetchedFrom: record.offset, records: [record], next: record.offset + 1, end: null })
    this.#intake.drop(partition)
    return items
  }

  /** A copy has neither the record's key nor its headers: where the event itself names no job, the one that the letter names is meant. */
  #rulesNow(): StreamRules {
    const rules = this.#options.rules()
    const job = this.#copyOf?.job as Job | null | undefined // it was one when the letter was written
    if (job === null || job === undefined) return rules
    return {
      ...rules,
      resolveJob: (event, record) => {
        const whose = rules.resolveJob(event, record)
        const ofRecord = rules.resolveJob({ ...event, serviceName: null, context: new Map() }, record)
        return whose.job === ofRecord.job ? { ...whose, job } : whose
      },
    }
  }
}

/**
 * Which of the record's outcomes the letter stands for. Decoded by other rules a record may have another number of them; then a letter that was the only
 * one, or the last one, stands for all from its place on, and of any other nobody can tell.
 */
function verdictOf(letter: DeadLetter, items: readonly Item[]): Verdict {
  const { index } = letter
  const before = letter.outOf ?? outOfUnsaid(letter, items)
  if (before === null) return UNCLEAR
  const isSameNumber = items.length === before
  if (!isSameNumber && index !== before - 1) return UNCLEAR
  const own = isSameNumber ? items.slice(index, index + 1) : items.slice(index)
  return own.length === 0 ? UNCLEAR : { kind: 'items', items: own, n: 1, outOf: items.length }
}

/** Known without being said where decoding gives the reason for a record as a whole, or where the record has but one event now. Else null. */
function outOfUnsaid({ index, reason }: DeadLetter, items: readonly Item[]): number | null {
  const isOfWhole = reason === 'empty' || reason === 'clock' || reason === 'too_large'
  return index === 0 && (isOfWhole || items.length === 1) ? 1 : null
}

function asCut(item: Item): Item {
  if (item.kind === 'ok') return { ...item, value: { ...item.value, event: { ...item.value.event, truncated: true } } }
  return item.kind === 'dead' ? { ...item, letter: { ...item.letter, bodyTruncated: true } } : item
}
