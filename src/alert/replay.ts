/**
 * When would rules have fired? Runs the evaluation over history, minute by minute, as it would have run then.
 *
 * In: rules and rows in order of time. Out: the episodes within [from, to). Pure. Rows before `from` are the past that conditions compare with: a week for
 * spikes, and for new groups as long as they are not to have been seen. Rules on the pipeline have no history and give nothing.
 */
import { HOUR_MS } from '../lib/durations.ts'
import type { Alert } from './alert.ts'
import type { CountRow } from './alert-reader.ts'
import { Baseline } from './baseline.ts'
import { CountTable } from './count-table.ts'
import type { Wording } from './describe.ts'
import { evaluate, NOTHING_EVALUATED, type Evaluation, type EvaluationState } from './evaluate.ts'
import { GroupMemory } from './group-memory.ts'
import { RuleIndex } from './rule-index.ts'
import type { Rule } from './rule.ts'
import type { TimeRange } from '../store/rollup-store.ts'

const NO_WORDING: Wording = { links: { page: null, kibana: null, dataView: null }, adviceOf: () => null }

/** `endsAtMs` null: it fired still at the end. */
export type Episode = Pick<Alert, 'key' | 'startsAtMs' | 'endsAtMs'> & { readonly alert: Alert }

export function replay(
  rules: readonly Rule[],
  rows: Iterable<CountRow>,
  { fromMs, toMs }: TimeRange,
  wording: Wording = NO_WORDING,
): Episode[] {
  const replaying = new Replay(rules, { fromMs, toMs }, wording)
  for (const { range, rows: part } of hours(rows, fromMs, toMs)) replaying.take(range, part)
  return replaying.episodes()
}

/** The same, hour by hour: what is held does not grow with the range. */
export class Replay {
  readonly #asked: TimeRange
  readonly #index: RuleIndex
  readonly #table: CountTable
  readonly #baseline: Baseline
  readonly #groups = new GroupMemory()
  readonly #wording: Wording
  readonly #episodes = new Map<string, Episode>()
  #state: EvaluationState
  #sinceMs: number | null = null

  constructor(rules: readonly Rule[], asked: TimeRange, wording: Wording = NO_WORDING) {
    this.#asked = asked
    this.#index = new RuleIndex(rules)
    this.#table = new CountTable(this.#index.limits)
    this.#baseline = new Baseline(this.#index.views)
    this.#wording = wording
    this.#state = { ...NOTHING_EVALUATED, untilMs: asked.fromMs }
  }

  /**
   * All rows of a whole hour, one after the other, none left out. `known`: with those that the rules are not for, where these are left out: a group is known
   * in all environments and categories.
   */
  take(range: TimeRange, rows: readonly CountRow[], known = rows): void {
    const completeUntilMs = Math.min(range.toMs, this.#asked.toMs)
    this.#sinceMs ??= range.fromMs
    this.#table.replace(range, rows)
    this.#groups.observe(known, { sinceMs: this.#sinceMs, completeUntilMs })
    if (completeUntilMs > this.#asked.fromMs) this.#evaluate(completeUntilMs)
    for (const by of this.#baseline.readings()) this.#baseline.replace(range, by, rows)
  }

  /** In order of time. */
  episodes(): Episode[] {
    return [...this.#episodes.values()].sort((a, b) => a.startsAtMs - b.startsAtMs || (a.key < b.key ? -1 : 1))
  }

  #evaluate(completeUntilMs: number): void {
    const [index, table, baseline, groups, wording] = [this.#index, this.#table, this.#baseline, this.#groups, this.#wording]
    const result = evaluate(
      { index, table, baseline, groups, pipeline: null, completeUntilMs, readUntilMs: completeUntilMs, wording },
      this.#state,
    )
    note(this.#episodes, result)
    this.#state = result.state
  }
}

function note(episodes: Map<string, Episode>, { news }: Evaluation): void {
  for (const alert of news) {
    const { key, startsAtMs, endsAtMs } = alert
    episodes.set(`${key}@${startsAtMs}`, { key, startsAtMs, endsAtMs, alert })
  }
}

/** The rows hour by hour, from the first row's hour on, empty hours too. */
function* hours(rows: Iterable<CountRow>, fromMs: number, toMs: number): Generator<{ range: TimeRange; rows: CountRow[] }> {
  let hourMs: number | null = null
  let held: CountRow[] = []
  for (const row of rows) {
    if (row.windowMs >= toMs) break
    hourMs ??= hourOf(Math.min(row.windowMs, fromMs))
    for (; row.windowMs >= hourMs + HOUR_MS; hourMs += HOUR_MS) {
      yield { range: { fromMs: hourMs, toMs: hourMs + HOUR_MS }, rows: held }
      held = []
    }
    held.push(row)
  }
  for (let at = hourMs ?? hourOf(fromMs); at < toMs; at += HOUR_MS) {
    yield { range: { fromMs: at, toMs: at + HOUR_MS }, rows: held }
    held = []
  }
}

export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS) * HOUR_MS
}
