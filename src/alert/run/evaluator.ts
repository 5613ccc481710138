/**
 * One turn of evaluation over the shards that are ours: reads what their rules look at, and evaluates each.
 *
 * In: shards, the pipeline's state. Out: what it came to, which the shards have kept when it resolves. No minute passes that is not completely counted: not while
 * the stream is behind it, nor while rollups are not written, nor where they cannot be read. What waits, or was missed, is made up for in parts for which the
 * table has room, at most `maxGapMs` of it.
 *
 *   ──────────complete──┬── at most ten minutes ──> now        one table, up to now
 *   ──complete──┬── waits for its counts ──┬─ ten ─> now       a second table, of the last ten minutes: what can be seen already is told
 */
import { isTracefoldError } from '../../errors.ts'
import type { AlertReader, CountRow } from '../alert-reader.ts'
import { MINUTE_MS } from '../condition.ts'
import type { PipelineReading } from '../conditions/sight.ts'
import type { Wording } from '../describe.ts'
import { duration } from '../deliver/words.ts'
import { nextPart, type EvaluationInput } from '../evaluate.ts'
import { DAY_MS, LAST_SEEN_STEP_MS } from '../group-book.ts'
import { OPEN_MINUTES } from '../rule-index.ts'
import type { Rule } from '../rule.ts'
import { Counts } from './counts.ts'
import type { Groups } from './groups.ts'
import { completeUntil, type PipelineState } from './pipeline-watch.ts'
import type { Shard } from './shard.ts'
import { shardOf } from './state-log.ts'

/** So long a stream that has just begun may say nothing of how far behind it is. */
const UNKNOWN_MS = 15_000
/** Alerts that find no room are refused with every minute anew; so long after the last one there is room. */
const FULL_MS = 90_000
const OPEN_MS = OPEN_MINUTES * MINUTE_MS
/** Minutes that wait for longer may hide that a group was not silent: what is seen ahead of them says nothing of groups. */
const MAX_UNSEEN_MS = DAY_MS - LAST_SEEN_STEP_MS

/** What is asked of a shard. */
export type EvaluatedShard = Pick<Shard, 'shard' | 'untilMs' | 'skipTo' | 'use' | 'evaluate'>

export interface EvaluatorOptions {
  readonly reader: AlertReader
  readonly groups: Groups
  readonly wording: Wording
  readonly delayMs: number
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
  /** Of the last minutes, while complete ones are further back. */
  #ahead: Counts | null = null
  #beganMs: number | null = null
  /** Since when the rollups cannot be read, are not written, are too far behind; and since when alerts have found no room. */
  readonly #since = {
    unread: null as number | null,
    trouble: null as number | null,
    late: null as number | null,
    full: null as number | null,
  }
  #refusedAtMs = 0

  constructor(options: EvaluatorOptions) {
    this.#options = options
  }

  /** `digest`: of the rules. What was read for others goes, but for the baseline that both look at. */
  use(rules: readonly Rule[], digest: string, shards: readonly EvaluatedShard[], shardCount: number): void {
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
    this.#ahead = null
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

  async round(shards: readonly EvaluatedShard[], nowMs: number, state: PipelineState, minutes: PipelineReading['minutes']): Promise<Round> {
    const reader = counting(this.#options.reader)
    const spent = { readMs: 0, evaluateMs: 0, alerts: 0, refused: 0 }
    let blind = this.#note(nowMs, state)
    const pipeline = (): PipelineReading => ({ nowMs, minutes, lagMs: state.lagMs, blindSinceMs: this.#blindSinceMs(), blindWhy: blind })
    try {
      await this.#evaluateMinutes(shards, reader, nowMs, state, pipeline, spent)
    } catch (error) {
      if (!isTracefoldError(error)) throw error // whatever Druid says, the streams go on, and people hear that rules see nothing
      this.#since.unread ??= nowMs
      blind = `the rollups cannot be read: ${error.message}`
      await this.#evaluate(shards, this.#counts, null, pipeline(), spent)
    }
    if (spent.refused > 0) this.#refusedAtMs = nowMs
    return { atMs: nowMs, queries: reader.queries(), ...spent, blind }
  }

  async #evaluateMinutes(
    shards: readonly EvaluatedShard[],
    reader: AlertReader,
    nowMs: number,
    state: PipelineState,
    /** As it is once all is read. */
    pipeline: () => PipelineReading,
    spent: Spent,
  ): Promise<void> {
    const { groups } = this.#options
    const completeUntilMs = this.#completeUntil(shards, nowMs, state)
    this.#leaveOut(shards, completeUntilMs)
    const endMs = Math.ceil(nowMs / MINUTE_MS) * MINUTE_MS
    const looks = looksAt(Math.min(...shards.map(({ untilMs }) => untilMs)), completeUntilMs, endMs)
    const last = looks.at(-1)
    if (last?.openFromMs === undefined) this.#catchUp()
    for (const look of looks) {
      const isLast = look === last
      const { openFromMs = null, readUntilMs } = look
      const counts = openFromMs === null ? this.#counts : (this.#ahead ??= this.#counts.elsewhere())
      const started = performance.now()
      await counts.read(reader, { completeUntilMs: openFromMs ?? look.completeUntilMs, readUntilMs }, (rows) => {
        if (openFromMs === null || openFromMs - completeUntilMs < MAX_UNSEEN_MS) groups.observe(rows, look.completeUntilMs, nowMs)
      })
      spent.readMs += performance.now() - started
      if (isLast) this.#since.unread = null
      await this.#evaluate(shards, counts, look, isLast ? pipeline() : null, spent)
    }
  }

  /**
   * Nothing is known to be complete while rollups are not written. A stream that has just begun, or looks for where it left off, does not know yet how far
   * behind it is.
   */
  #completeUntil(shards: readonly EvaluatedShard[], nowMs: number, { lagMs, isBehind = false, trouble }: PipelineState): number {
    this.#beganMs ??= nowMs
    const evaluatedMs = Math.min(...shards.map(({ untilMs }) => untilMs))
    const isUnknown = lagMs === null && (isBehind || nowMs < this.#beganMs + UNKNOWN_MS)
    if (trouble !== null || isUnknown) return evaluatedMs
    return Math.max(evaluatedMs, completeUntil(nowMs, lagMs ?? 0, this.#options.delayMs))
  }

  #leaveOut(shards: readonly EvaluatedShard[], completeUntilMs: number): void {
    const { groups, maxGapMs, onGap } = this.#options
    for (const shard of shards) {
      const { untilMs } = shard
      if (!shard.skipTo(completeUntilMs - maxGapMs)) continue
      groups.missed(shard.shard, untilMs, shard.untilMs)
      onGap(shard.shard, untilMs, shard.untilMs)
    }
  }

  /** What was read ahead goes once there is nothing to be ahead of; what came late is part of the past now. */
  #catchUp(): void {
    if (this.#ahead !== null) this.#counts.past.suspect()
    this.#ahead = null
  }

  async #evaluate(
    shards: readonly EvaluatedShard[],
    { table, past }: Counts,
    /** Null: no minutes. */
    look: Look | null,
    pipeline: PipelineReading | null,
    spent: Spent,
  ): Promise<void> {
    const { groups, wording, onLost } = this.#options
    const { baseline } = past
    spent.alerts = 0
    const started = performance.now()
    for (const shard of shards) {
      const minutes = look ?? { completeUntilMs: shard.untilMs, readUntilMs: shard.untilMs }
      try {
        const { alerts, refused } = await shard.evaluate(
          { table, baseline, groups, pipeline, ...minutes, wording },
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

  #note(nowMs: number, { lagMs, trouble }: PipelineState): string | null {
    const { maxLagMs } = this.#options
    const isLate = lagMs !== null && lagMs > maxLagMs
    this.#since.trouble = trouble === null ? null : (this.#since.trouble ?? nowMs)
    this.#since.late = isLate ? (this.#since.late ?? nowMs) : null
    this.#since.full = nowMs - this.#refusedAtMs < FULL_MS ? (this.#since.full ?? nowMs) : null
    if (trouble !== null) return `the rollups are not written: ${trouble}`
    if (isLate) return `the stream is ${duration(lagMs)} behind`
    return this.#since.full === null ? null : 'there are so many alerts that others find no room; the less severe find it last'
  }

  #blindSinceMs(): number | null {
    const since = Object.values(this.#since).filter((ms) => ms !== null)
    return since.length === 0 ? null : Math.min(...since)
  }
}

/** Complete minutes up to some time, and what is under way since then, or since `openFromMs`. */
type Look = Pick<EvaluationInput, 'completeUntilMs' | 'openFromMs' | 'readUntilMs'>

function looksAt(evaluatedMs: number, completeUntilMs: number, endMs: number): Look[] {
  const looks: Look[] = []
  const isNear = endMs <= completeUntilMs + OPEN_MS
  for (let untilMs = evaluatedMs; untilMs < completeUntilMs;) {
    untilMs = nextPart(untilMs, completeUntilMs)
    if (untilMs < completeUntilMs || !isNear) looks.push({ completeUntilMs: untilMs, readUntilMs: untilMs })
  }
  looks.push(isNear ? { completeUntilMs, readUntilMs: endMs } : { completeUntilMs, openFromMs: endMs - OPEN_MS, readUntilMs: endMs })
  return looks
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
