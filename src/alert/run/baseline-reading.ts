/**
 * The baseline as it is read from the rollups, and kept up: an hour at a time, when it is over; and an hour again, whenever it has more events than when it was read.
 *
 *   once an hour    one query for the events of all jobs in each hour of the last days; then, for the hours whose number is another, those by five minutes
 *
 * So what comes late (an old file that is read, a stream that catches up) is known of within the hour, and a process that has run for long knows the same past
 * as one that has just begun.
 *
 * Delivery: holds nothing that another reading would not bring back. A reading that fails leaves hours unread, and the next one begins with these.
 */
import { DAY_MS, HOUR_MS } from '../../lib/durations.ts'
import type { TimeRange } from '../../store/rollup-store.ts'
import type { AlertReader } from '../alert-reader.ts'
import { Baseline, type View } from '../baseline.ts'
import { BUCKET_MS, HISTORY_DAYS } from '../statistics/expectation.ts'

/** A rule looks back seven days from up to an hour and a half ago. */
const PAST_MS = (HISTORY_DAYS + 1) * DAY_MS
/** In one query, for its answer to be held. */
const MAX_RANGE_MS = DAY_MS

export class BaselineReading {
  readonly baseline: Baseline
  /** By hour, of all jobs, as it was when the hour was read. */
  readonly #events = new Map<number, number>()
  #untilMs: number | null = null
  #isSuspect = false

  constructor(views: readonly View[]) {
    this.baseline = new Baseline(views)
  }

  /** Events have come late: the next reading looks for them. */
  suspect(): void {
    this.#isSuspect = true
  }

  /** Up to the last whole hour. */
  async read(reader: AlertReader, timeMs: number): Promise<void> {
    const hourMs = Math.floor(timeMs / HOUR_MS) * HOUR_MS
    const untilMs = Math.max(hourMs, this.#untilMs ?? hourMs)
    if (this.baseline.readings().length === 0 || (untilMs === this.#untilMs && !this.#isSuspect)) return
    const past = { fromMs: untilMs - PAST_MS, toMs: untilMs }
    const found = new Map<number, number>()
    for (const { windowMs, count } of await reader.baseline({ ...past, intervalMs: HOUR_MS, by: [] }))
      found.set(windowMs, (found.get(windowMs) ?? 0) + count)
    for (const range of this.#changed(past, found)) await this.#readRange(reader, range, found)
    for (const hour of this.#events.keys()) if (hour < past.fromMs) this.#events.delete(hour)
    this.#untilMs = untilMs
    this.#isSuspect = false
  }

  async #readRange(reader: AlertReader, range: TimeRange, found: ReadonlyMap<number, number>): Promise<void> {
    for (const by of this.baseline.readings())
      this.baseline.replace(range, by, await reader.baseline({ ...range, intervalMs: BUCKET_MS, by }))
    for (let hour = range.fromMs; hour < range.toMs; hour += HOUR_MS) this.#events.set(hour, found.get(hour) ?? 0)
  }

  /** Hours that follow each other are read together. */
  #changed({ fromMs, toMs }: TimeRange, found: ReadonlyMap<number, number>): TimeRange[] {
    const ranges: { fromMs: number; toMs: number }[] = []
    for (let hour = fromMs; hour < toMs; hour += HOUR_MS) {
      if (this.#events.get(hour) === (found.get(hour) ?? 0)) continue
      const last = ranges.at(-1)
      if (last?.toMs === hour && hour - last.fromMs < MAX_RANGE_MS) last.toMs += HOUR_MS
      else ranges.push({ fromMs: hour, toMs: hour + HOUR_MS })
    }
    return ranges
  }
}
