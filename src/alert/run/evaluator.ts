/**
 * One turn of evaluation over the shards that are ours: reads what their rules look at, and evaluates each.
 *
 * In: shards, the pipeline's state. Out: what it came to, which the shards have kept when it resolves. What was missed is made up for in parts for which the
 * table has room, at most `maxGapMs` of it. Where the rollups cannot be read, only the rules on the pipeline are evaluated: no minute passes unseen.
 */
import { isTracefoldError } from '../../errors.ts'
import type { AlertReader, CountRow } from '../alert-reader.ts'
import { MINUTE_MS } from '../condition.ts'
import type { PipelineReading } from '../conditions/sight.ts'
import type { Wording } from '../describe.ts'
import { duration } from '../deliver/words.ts'
import { nextPart } from '../evaluate.ts'
import { OPEN_MINUTES } from '../rule-index.ts'
import type { Rule } from '../rule.ts'
import { Counts, type Range } from './counts.ts'
import type { Groups } from './groups.ts'
import { completeUntil, type PipelineState, type Waiting } from './pipeline-watch.ts'
import type { Shard } from './shard.ts'
import { shardOf } from './state-log.ts'

/** So long a stream that has just begun may say nothing of how far behind it is. */
const UNKNOWN_MS = 15_000

export interface EvaluatorOptions {
  readonly reader: AlertReader
  readonly groups: Groups
  readonly wording: Wording
  readonly waiting: Waiting
  /** Behind by more than this, rules are blind. */
  readonly maxLagMs: number
  readonly maxGapMs: number
  readonly onGap: (shard: number, fromMs: number, toMs: number) => void
  /** A shard could not keep what it came to, and is lost. */
  readonly onLost: (shard: number, error: Error) => void
}

export interface Round {
  readonly atMs: number
  readonly queries: number
  readonly readMs: number
  readonly evaluateMs: number
  /** Pending, firing and lately resolved. */
  readonly alerts: number
  readonly refused: number
  /** Why the rules cannot see, in words; null: they can. */
  readonly blind: string | null
}

export class Evaluator {
  readonly #options: EvaluatorOptions
  #counts = new Counts([])
  #digest = ''
  #beganMs: number | null = null
  #patientUntilMs: number | null = null
  /** Since when the rollups cannot be read, are not written, are too far behind. */
  readonly #since = { unread: null as number | null, trouble: null as number | null, late: null as number | null }

  constructor(options: EvaluatorOptions) {
    this.#options = options
  }

  /** `digest`: of the rules. What was read for others goes, but for the baseline that both look at. */
  use(rules: readonly Rule[], digest: string, shards: readonly Shard[], shardCount: number): void {
    const key = `${digest} ${shards
      .map(({ shard }) => shard)
      .sort()
      .join()}`
    if (key === this.#digest) return
    this.#digest = key
    const own = new Set(shards.map(({ shard }) => shard))
    this.#counts = new Counts(
      rules.filter(({ id }) => own.has(shardOf(id, shardCount))),
      this.#counts,
    )
    for (const shard of shards) shard.use(rules.filter(({ id }) => shardOf(id, shardCount) === shard.shard))
  }

  /** Others evaluate: what could not be read when is theirs to know. */
  rest(): void {
    this.#since.unread = null
  }

  /** Shards that were opened again begin with no rules. */
  reset(): void {
    this.#digest = ''
  }

  async round(shards: readonly Shard[], nowMs: number, state: PipelineState, minutes: PipelineReading['minutes']): Promise<Round> {
    const reader = counting(this.#options.reader)
    const spent = { readMs: 0, evaluateMs: 0, alerts: 0, refused: 0 }
    let blind = this.#note(nowMs, state)
    const isBlind = blind !== null
    try {
      await this.#evaluateMinutes(
        shards,
        reader,
        nowMs,
        { lagMs: this.#lagOf(nowMs, state), isBehind: state.isBehind === true },
        () => ({ nowMs, minutes, lagMs: state.lagMs, blindSinceMs: this.#blindSinceMs() }),
        isBlind,
        spent,
      )
    } catch (error) {
      if (!isTracefoldError(error)) throw error // whatever Druid says, the streams go on, and people hear that rules see nothing
      this.#since.unread ??= nowMs
      blind = `the rollups cannot be read: ${error.message}`
      await this.#evaluatePipeline(shards, { nowMs, minutes, lagMs: state.lagMs, blindSinceMs: this.#blindSinceMs() }, spent)
    }
    return { atMs: nowMs, queries: reader.queries(), ...spent, blind }
  }

  async #evaluateMinutes(
    shards: readonly Shard[],
    reader: AlertReader,
    nowMs: number,
    { lagMs, isBehind }: { lagMs: number | null; isBehind: boolean },
    /** As it is once all is read. */
    pipeline: () => PipelineReading,
    isBlind: boolean,
    spent: Spent,
  ): Promise<void> {
    const { groups, maxGapMs, onGap } = this.#options
    const completeUntilMs = this.#completeUntil(shards, nowMs, lagMs, isBehind)
    for (const shard of shards) {
      const { untilMs } = shard
      if (!shard.skipTo(completeUntilMs - maxGapMs)) continue
      groups.missed(shard.shard, untilMs, shard.untilMs)
      onGap(shard.shard, untilMs, shard.untilMs)
    }
    for (let isLast = false; !isLast;) {
      const partMs = nextPart(Math.min(...shards.map(({ untilMs }) => untilMs)), completeUntilMs)
      isLast = partMs === completeUntilMs
      const readUntilMs = isLast ? Math.min(Math.ceil(nowMs / MINUTE_MS) * MINUTE_MS, partMs + OPEN_MINUTES * MINUTE_MS) : partMs
      const started = performance.now()
      await this.#counts.read(reader, { completeUntilMs: partMs, readUntilMs, lateMs: lagMs ?? 0 }, (rows) =>
        groups.observe(rows, partMs, nowMs),
      )
      spent.readMs += performance.now() - started
      if (isLast) this.#since.unread = null
      await this.#evaluate(
        shards,
        { minutes: { completeUntilMs: partMs, readUntilMs }, pipeline: isLast ? pipeline() : null, isBlind },
        spent,
      )
    }
  }

  /**
   * What was missed waits for the stream to count it, as long as it was missed for: the cap on waiting is for a stream that falls behind, not for one that catches up.
   * A stream that has just begun, or looks for where it left off, does not know yet how far behind it is.
   */
  #completeUntil(shards: readonly Shard[], nowMs: number, lagMs: number | null, isBehind: boolean): number {
    const { waiting } = this.#options
    this.#beganMs ??= nowMs
    const evaluatedMs = Math.min(...shards.map(({ untilMs }) => untilMs))
    const cappedMs = completeUntil(nowMs, { lagMs, trouble: null }, waiting)
    const missedMs = cappedMs - evaluatedMs
    if (missedMs <= 2 * MINUTE_MS) this.#patientUntilMs = null
    else this.#patientUntilMs ??= nowMs + missedMs
    if (this.#patientUntilMs === null || nowMs >= this.#patientUntilMs) return cappedMs
    if (lagMs === null) return isBehind || nowMs < this.#beganMs + UNKNOWN_MS ? evaluatedMs : cappedMs
    return Math.max(evaluatedMs, completeUntil(nowMs, { lagMs, trouble: null }, { ...waiting, maxWaitMs: Infinity }))
  }

  /** No minute passes. */
  #evaluatePipeline(shards: readonly Shard[], pipeline: PipelineReading, spent: Spent): Promise<void> {
    return this.#evaluate(shards, { minutes: null, pipeline, isBlind: true }, spent)
  }

  async #evaluate(
    shards: readonly Shard[],
    until: { minutes: Range | null; pipeline: PipelineReading | null; isBlind: boolean },
    spent: Spent,
  ): Promise<void> {
    const { groups, wording, onLost } = this.#options
    const { table, baseline } = this.#counts
    spent.alerts = 0
    const started = performance.now()
    for (const shard of shards) {
      const { completeUntilMs, readUntilMs } = until.minutes ?? { completeUntilMs: shard.untilMs, readUntilMs: shard.untilMs }
      try {
        const { alerts, refused } = await shard.evaluate(
          { table, baseline, groups, pipeline: until.pipeline, completeUntilMs, readUntilMs, wording, isBlind: until.isBlind },
          shard.shard === 0 ? groups.takeChanges() : [],
        )
        spent.alerts += alerts
        spent.refused += refused
      } catch (error) {
        if (!isTracefoldError(error)) throw error
        onLost(shard.shard, error)
      }
    }
    spent.evaluateMs += performance.now() - started
  }

  /** While rollups are not written, nobody knows how far counts are complete: not further than when that began. */
  #lagOf(nowMs: number, { lagMs }: PipelineState): number | null {
    const { trouble } = this.#since
    return trouble === null ? lagMs : Math.max(lagMs ?? 0, nowMs - trouble)
  }

  #note(nowMs: number, { lagMs, trouble }: PipelineState): string | null {
    const { maxLagMs } = this.#options
    const isLate = lagMs !== null && lagMs > maxLagMs
    this.#since.trouble = trouble === null ? null : (this.#since.trouble ?? nowMs)
    this.#since.late = isLate ? (this.#since.late ?? nowMs) : null
    if (trouble !== null) return `the rollups are not written: ${trouble}`
    return isLate ? `the stream is ${duration(lagMs)} behind` : null
  }

  #blindSinceMs(): number | null {
    const since = Object.values(this.#since).filter((ms) => ms !== null)
    return since.length === 0 ? null : Math.min(...since)
  }
}

interface Spent {
  readMs: number
  evaluateMs: number
  alerts: number
  refused: number
}

function counting(reader: AlertReader): AlertReader & { queries: () => number } {
  let queries = 0
  const asked = <T>(answer: Promise<T>): Promise<T> => {
    queries++
    return answer
  }
  return {
    queries: () => queries,
    counts: (range): Promise<CountRow[]> => asked(reader.counts(range)),
    baseline: (query) => asked(reader.baseline(query)),
  }
}
