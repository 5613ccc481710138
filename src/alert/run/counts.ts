/**
 * What the rules of this process look at: counts of the last hours and the baseline, read from the rollups and kept up with few, wide queries.
 *
 *   first reading    all that the longest window reaches back to, in parts of ten minutes
 *   later            the minutes that are under way, and the last complete ones again, since events come late
 *
 * Of the baseline see baseline-reading.ts.
 *
 * Delivery: holds nothing that another reading would not bring back. A reading that fails leaves a range unread, and the next one begins there.
 */
import type { AlertReader, CountRow } from '../alert-reader.ts'
import { TYPE_FIELDS } from '../alert-reader.ts'
import { leavesOf, MAX_WINDOW_MS, memoryMs, MINUTE_MS } from '../condition.ts'
import { CELL_MINUTES } from '../count-rings.ts'
import { CountTable } from '../count-table.ts'
import { CATCH_UP_MINUTES, RuleIndex } from '../rule-index.ts'
import type { Rule } from '../rule.ts'
import { HOUR_MS } from '../../lib/durations.ts'
import { BaselineReading } from './baseline-reading.ts'

const TEN_MS = CELL_MINUTES * MINUTE_MS
/** Complete minutes that are read again. */
const AGAIN_MS = 5 * MINUTE_MS
/** Of counts by ten minutes, in one query. */
const LONG_STEP_MS = 2 * HOUR_MS

export interface Range {
  /** Evaluated up to here, as complete. */
  readonly completeUntilMs: number
  /** What is under way is read up to here. */
  readonly readUntilMs: number
}

export class Counts {
  readonly index: RuleIndex
  readonly table: CountTable
  readonly past: BaselineReading
  readonly #rules: readonly Rule[]
  readonly #views: string
  readonly #minutes: number
  #readFromMs: number | null = null

  /** `before`: what was read for other rules; of that the baseline goes on where the rules ask the same of it. `catchUpMinutes`: there is room for so many to be evaluated at once. */
  constructor(rules: readonly Rule[], before: Counts | null = null, catchUpMinutes = CATCH_UP_MINUTES) {
    this.index = new RuleIndex(rules)
    this.#minutes = this.index.limits.minutes - CATCH_UP_MINUTES + catchUpMinutes
    this.table = new CountTable({ ...this.index.limits, minutes: this.#minutes })
    this.#views = this.index.views
      .map(({ key }) => key)
      .sort()
      .join('\n')
    this.past = before !== null && before.#views === this.#views ? before.past : new BaselineReading(this.index.views)
    this.#rules = rules
  }

  /** For what is under way at another time, by the same rules and baseline. */
  elsewhere(): Counts {
    return new Counts(this.#rules, this, AGAIN_MS / MINUTE_MS + CELL_MINUTES)
  }

  /** `onRows` is told all that is read of minutes, in order of time. Rejects where the rollups cannot be read. */
  async read(reader: AlertReader, range: Range, onRows: (rows: readonly CountRow[]) => void): Promise<void> {
    await this.past.read(reader, range.completeUntilMs)
    const oldestMs = Math.ceil((range.readUntilMs - this.#minutes * MINUTE_MS) / TEN_MS) * TEN_MS
    let fromMs = this.#readFromMs
    if (fromMs === null || fromMs < oldestMs) {
      await this.#readPast(reader, oldestMs)
      fromMs = oldestMs
    }
    while (fromMs < range.readUntilMs) {
      const toMs = Math.min(range.readUntilMs, fromMs + TEN_MS)
      const rows = await reader.counts({ fromMs, toMs })
      this.table.replace({ fromMs, toMs }, rows)
      onRows(rows)
      this.#readFromMs = fromMs = toMs
    }
    this.#readFromMs = Math.max(oldestMs, range.completeUntilMs - AGAIN_MS)
  }

  /** Before the first minute: for windows longer than the minutes last, and for rules on what is silent. */
  async #readPast(reader: AlertReader, untilMs: number): Promise<void> {
    if (this.index.limits.isLong) {
      for (let fromMs = untilMs - MAX_WINDOW_MS; fromMs < untilMs; fromMs += LONG_STEP_MS) {
        const range = { fromMs, toMs: Math.min(untilMs, fromMs + LONG_STEP_MS) }
        this.table.replaceLong(range, await reader.baseline({ ...range, intervalMs: TEN_MS, by: TYPE_FIELDS, withHosts: true }))
      }
    }
    const memory = Math.max(
      0,
      ...[...this.index.byId.values()].map(({ rule }) =>
        leavesOf(rule.condition).some(({ kind }) => kind === 'absence') ? memoryMs(rule.condition) : 0,
      ),
    )
    if (memory === 0) return
    const toMs = Math.ceil(untilMs / HOUR_MS) * HOUR_MS
    this.table.noteSeen(
      await reader.baseline({ fromMs: Math.floor((untilMs - memory) / HOUR_MS) * HOUR_MS, toMs, intervalMs: HOUR_MS, by: TYPE_FIELDS }),
    )
  }
}
