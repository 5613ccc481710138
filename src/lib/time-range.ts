/**
 * Times and durations as people write them, on the command line and in the API.
 *
 *   time:      `2026-03-01`, `2026-03-01T12:30Z`, `2026-03-01T12:30:00+08:00` (UTC where no zone is given), `now`, `-24h`, `now-24h`, `+5m`
 *   duration:  `500ms`, `30s`, `5m`, `1h`, `7d`, `2w`
 *
 * Milliseconds come out; anything else throws `bad_request` with the text and the forms that are understood. Pure.
 */
import { z } from 'zod'
import { TracefoldError } from '../errors.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from './durations.ts'

const UNIT_MS = { ms: 1, s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS } as const
/** A hundred years: every sum with "now" stays a date that every store understands. */
const MAX_DURATION_MS = 36_525 * UNIT_MS.d
const DURATION = /^(\d{1,15})(ms|s|m|h|d|w)$/
const RELATIVE = /^(?:now)?([+-])(.+)$/
const DATE_TIME = z.iso.datetime({ offset: true, local: true })
const DATE = z.iso.date()
const NO_SECONDS = /(T\d\d:\d\d)(?=$|Z|[+-])/
const HAS_ZONE = /(?:Z|[+-]\d\d:\d\d)$/

/** Milliseconds since the epoch. */
export function parseTime(text: string, nowMs: number): number {
  const trimmed = text.trim()
  if (trimmed === 'now') return nowMs
  const relative = RELATIVE.exec(trimmed)
  if (relative !== null) return shifted(relative[1] ?? '', relative[2] ?? '', text, nowMs)
  if (DATE.safeParse(trimmed).success) return Date.parse(trimmed)
  const dateTime = trimmed.replace(NO_SECONDS, '$1:00')
  if (DATE_TIME.safeParse(dateTime).success) return Date.parse(HAS_ZONE.test(dateTime) ? dateTime : `${dateTime}Z`)
  throw badTime(text)
}

/** Milliseconds, above zero. Who asks may want whole minutes, so the hint names nothing shorter. */
export function parseDuration(text: string): number {
  const ms = durationMs(text.trim())
  if (ms === null)
    throw new TracefoldError(
      'bad_request',
      `Expected a duration such as 5m, 1h or 7d (above zero, at most 100 years), got ${quoted(text)}.`,
    )
  return ms
}

function shifted(sign: string, duration: string, text: string, nowMs: number): number {
  const ms = durationMs(duration)
  if (ms === null) throw badTime(text)
  return sign === '-' ? nowMs - ms : nowMs + ms
}

function durationMs(text: string): number | null {
  const match = DURATION.exec(text)
  if (match === null) return null
  // The pattern admits only units of the table.
  const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
  return ms > 0 && ms <= MAX_DURATION_MS ? ms : null
}

function badTime(text: string): TracefoldError {
  return new TracefoldError(
    'bad_request',
    `Expected a time: ISO 8601 such as 2026-03-01T12:30:00Z, or relative such as -24h, -7d or now; got ${quoted(text)}.`,
  )
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
