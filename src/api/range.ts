/**
 * Which span of time a request asks for: texts in, whole minutes out (from down, to up), with bounds on its length and on the number of
 * points. Pure: the clock comes in. Throws `bad_request` with what was expected.
 */
import { TracefoldError } from '../errors.ts'
import { DAY_MS, MINUTE_MS } from '../lib/durations.ts'
import { parseDuration, parseTime } from '../lib/time-range.ts'
import type { TimeRange } from '../store/rollup-store.ts'

/** Longest range of one request: as long as rollups are kept by default. */
export const MAX_RANGE_DAYS = 400
/** Most points of one trend: finer than any screen, and still a small answer (about 100 KB). */
export const MAX_POINTS = 2_000
/** A trend without `interval` takes the first of these that gives at most `AUTO_POINTS`. */
const AUTO_INTERVALS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 10_080].map((minutes) => minutes * MINUTE_MS)
const AUTO_POINTS = 120

export function rangeOf(query: { from: string; to: string }, nowMs: number): TimeRange {
  const fromMs = parseTime(withPlus(query.from), nowMs)
  const toMs = parseTime(withPlus(query.to), nowMs)
  if (fromMs >= toMs) throw new TracefoldError('bad_request', `from must lie before to; got from=${iso(fromMs)}, to=${iso(toMs)}.`)
  if (toMs - fromMs > MAX_RANGE_DAYS * DAY_MS)
    throw new TracefoldError('bad_request', `The range is too long: at most ${MAX_RANGE_DAYS} days in one request.`)
  return align({ fromMs, toMs }, MINUTE_MS)
}

/** The range is widened to whole intervals, so that every point speaks of a whole one. */
export function trendRangeOf(
  query: { from: string; to: string; interval?: string | undefined },
  nowMs: number,
): TimeRange & { intervalMs: number } {
  const range = rangeOf(query, nowMs)
  const intervalMs = query.interval === undefined ? autoInterval(range) : intervalOf(query.interval)
  const aligned = align(range, intervalMs)
  const points = (aligned.toMs - aligned.fromMs) / intervalMs
  if (points > MAX_POINTS)
    throw new TracefoldError(
      'bad_request',
      `${points} points are too many: at most ${MAX_POINTS}. Ask for a longer interval or a shorter range.`,
    )
  return { ...aligned, intervalMs }
}

/** Days from and to, both inclusive, as `YYYY-MM-DD`. Without either: the week up to today. */
export function daysOf(query: { from?: string | undefined; to?: string | undefined }, nowMs: number): { from: string; to: string } {
  const to = query.to ?? day(nowMs)
  const from = query.from ?? day(Date.parse(to) - 6 * DAY_MS)
  if (from > to) throw new TracefoldError('bad_request', `from must not lie after to; got from=${from}, to=${to}.`)
  if (Date.parse(to) - Date.parse(from) >= MAX_RANGE_DAYS * DAY_MS)
    throw new TracefoldError('bad_request', `The range is too long: at most ${MAX_RANGE_DAYS} days in one request.`)
  return { from, to }
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

export function isoOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : iso(timeMs)
}

/** In a query an unescaped `+` arrives as a space: `12:00:00+08:00` as `12:00:00 08:00`. */
export function withPlus(text: string): string {
  return text.replace(/ (?=\d\d:\d\d$)/, '+')
}

function intervalOf(text: string): number {
  const intervalMs = parseDuration(text)
  if (intervalMs % MINUTE_MS !== 0 || intervalMs > MAX_RANGE_DAYS * DAY_MS)
    throw new TracefoldError('bad_request', `interval must be whole minutes, such as 5m or 1h, up to ${MAX_RANGE_DAYS}d; got ${text}.`)
  return intervalMs
}

function autoInterval(range: TimeRange): number {
  const length = range.toMs - range.fromMs
  return AUTO_INTERVALS.find((intervalMs) => length / intervalMs <= AUTO_POINTS) ?? DAY_MS
}

function align(range: TimeRange, stepMs: number): TimeRange {
  return { fromMs: Math.floor(range.fromMs / stepMs) * stepMs, toMs: Math.ceil(range.toMs / stepMs) * stepMs }
}

function day(timeMs: number): string {
  return iso(timeMs).slice(0, 10)
}
