/**
 * The oracle: what must become of every record that was produced, by its place in the log. In: records with their offsets. Out: for each branch the
 * events of each job and fingerprint, and how many are filtered, dead, expired. Made from the pure functions of decoding and fingerprinting alone.
 */
import { createDecoder } from '../../src/decode/decode.ts'
import { NO_REDACTION_RULES } from '../../src/decode/redaction-file.ts'
import { createRedactor } from '../../src/decode/redactor.ts'
import type { Settings } from '../../src/config/schema.ts'
import { LEVELS, type ErrorEvent } from '../../src/event.ts'
import { createRules } from '../../src/rules/rules.ts'
import { BRANCHES, type BranchName } from '../../src/store/position.ts'
import type { ChaosRecord } from './records.ts'

const { redactEvent } = createRedactor(NO_REDACTION_RULES)

/** `job fingerprint` -> events. */
export type Groups = Map<string, number>

export interface Expectation {
  readonly groups: Groups
  readonly consumed: number
  readonly counted: number
  readonly filtered: number
  readonly dead: number
  /** Offsets: what lay at them nobody knows any more. */
  readonly expired: number
}

/** What becomes of the events of one record: a group's key, or one of these. */
type Fate = string
const FILTERED = ' filtered'
const DEAD = ' dead'
const EXPIRED = ' expired'
type Fates = Record<BranchName, readonly Fate[]>

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

interface Slot {
  readonly record: ChaosRecord
  readonly fates: Fates
}

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, number>

export class Expected {
  #classify: (record: ChaosRecord) => Fates
  /** By log (an incarnation of a cluster's topic) and partition: what lies at each offset. */
  readonly #logs = new Map<string, Slot[]>()
  /** By branch, log and partition: offsets that had gone before they were read. */
  readonly #expired = new Map<string, { from: number; to: number }[]>()

  constructor(settings: Settings) {
    this.#classify = classifier(settings)
  }

  add(log: number, partition: number, offset: number, record: ChaosRecord): void {
    const key = `${log}/${partition}`
    const slots = this.#logs.get(key) ?? []
    this.#logs.set(key, slots)
    slots[offset] = { record, fates: this.#classify(record) }
  }

  /** These records were deleted before the branch read them. To be told in order; what is told twice is gone once. */
  expire(branch: BranchName, log: number, partition: number, from: number, to: number): void {
    const key = `${branch}/${log}/${partition}`
    const before = this.#expired.get(key) ?? []
    const start = Math.max(from, before.at(-1)?.to ?? 0)
    if (start < to) this.#expired.set(key, [...before, { from: start, to }])
  }

  /** Other settings decide from these offsets on, each branch its own, and for all that is added later. */
  switchTo(settings: Settings, log: number, at: Readonly<Record<BranchName, Offsets>>): void {
    this.#classify = classifier(settings)
    for (const branch of BRANCHES) {
      for (const [partition, from] of at[branch]) {
        this.#logs.get(`${log}/${partition}`)?.forEach(({ record, fates }, offset) => {
          if (offset >= from) fates[branch] = this.#classify(record)[branch]
        })
      }
    }
  }

  /** Records produced. */
  records(): number {
    let records = 0
    for (const log of this.#logs.values()) log.forEach(() => records++)
    return records
  }

  of(branch: BranchName): Expectation {
    const groups: Groups = new Map()
    const sums = { consumed: 0, counted: 0, filtered: 0, dead: 0, expired: 0 }
    for (const [place, log] of this.#logs) {
      const gone = this.#expired.get(`${branch}/${place}`) ?? []
      log.forEach(({ fates }, offset) => {
        if (gone.some(({ from, to }) => offset >= from && offset < to)) return
        for (const fate of fates[branch]) {
          sums.consumed++
          if (fate === FILTERED) sums.filtered++
          else if (fate === DEAD) sums.dead++
          else if (fate === EXPIRED) sums.expired++
          else {
            sums.counted++
            groups.set(fate, (groups.get(fate) ?? 0) + 1)
          }
        }
      })
      for (const { from, to } of gone) {
        sums.expired += to - from
        sums.consumed += to - from
      }
    }
    return { groups, ...sums }
  }
}

function classifier(settings: Settings): (record: ChaosRecord) => Fates {
  const decode = createDecoder(settings.limits)
  const { analyse, resolveJob } = createRules(settings)
  const topic = settings.kafka.topics[0] ?? ''
  const isFiltered = (event: ErrorEvent): boolean => {
    const { minLevel, minLevelWithThrowable } = settings.filter
    const least =
      event.throwable === null ? LEVELS.indexOf(minLevel) : Math.min(LEVELS.indexOf(minLevel), LEVELS.indexOf(minLevelWithThrowable))
    return LEVELS.indexOf(event.level) < least
  }
  const fatesOf = ({ key, value }: ChaosRecord): Fate[] =>
    decode(value).map((outcome) => {
      if (outcome.kind === 'drop') return FILTERED
      if (outcome.kind === 'dead') return DEAD
      if (isFiltered(outcome.value)) return FILTERED
      const event = redactEvent(outcome.value)
      const { job } = resolveJob(event, { key, headers: {}, topic })
      return `${job} ${analyse(event, job).grouping.fp}`
    })
  return (record) => {
    const aheadMs = (record.timestampMs ?? 0) - Date.now()
    if (aheadMs > settings.time.maxRecordFutureHours * HOUR_MS) return { detail: [DEAD], rollup: [DEAD] }
    const fates = fatesOf(record)
    const isPast = record.timestampMs !== undefined && -aheadMs > settings.detail.retentionDays * DAY_MS
    return { detail: isPast ? fates.map((fate) => (fate.startsWith(' ') ? fate : EXPIRED)) : fates, rollup: fates }
  }
}
