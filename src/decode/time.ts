/**
 * Time stamps of all layouts -> milliseconds since the epoch, or null where there is none that can be read. Pure; never throws; never the
 * machine's time zone: without a zone, UTC. What is far off (year 2100, epoch 0) is still a time here: whether it counts is decided later.
 */
import type { JsonObject } from './value.ts'

/** The last instant that a Date can hold. */
const MAX_MS = 8.64e15
const MS_PER_MINUTE = 60_000

/** `2026-08-01T10:00:00.123456789+02:00`, blank or comma instead of `T` and `.`, offset with or without colon, `[Europe/Paris]` behind. */
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,3})\d{0,9})?)? ?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?(?:\[[\w/+-]{1,40}\])?$/
/** Spark's default, `26/08/01 10:00:00`, and with the whole year. */
const SHORT = /^(\d\d(?:\d\d)?)\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,3}))?$/
/** Tomcat's and Log4j's `DATE`: `01-Aug-2026 10:00:00.123`, `01 Aug 2026 10:00:00,123`. */
const NAMED = /^(\d\d)[- ]([A-Z][a-z]{2})[- ](\d{4}) (\d\d):(\d\d):(\d\d)(?:[.,](\d{1,3}))?$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const EPOCH = /^\d{1,20}(?:\.\d{1,9})?$/

/** A stamp as text or number. A number's unit follows from its size: seconds until 10^11 (year 5138), then ms, µs, ns. */
export function parseTime(value: unknown): number | null {
  if (typeof value === 'number') return epochTime(value)
  if (typeof value !== 'string' || value.length > 80) return null
  const text = value.trim()
  if (EPOCH.test(text)) return epochTime(Number(text))
  return isoTime(text) ?? shortTime(text) ?? namedTime(text)
}

/** Milliseconds, given as such. */
export function millisTime(value: unknown): number | null {
  if (typeof value === 'number') return inRange(value)
  return typeof value === 'string' && EPOCH.test(value) ? inRange(Number(value)) : null
}

/** Whole seconds and nanoseconds within the second. */
export function secondsTime(seconds: unknown, nanos: unknown): number | null {
  const whole = numberOf(seconds)
  const part = numberOf(nanos) ?? 0
  return whole === null ? null : inRange(whole * 1_000 + (part >= 0 && part < 1e9 ? Math.floor(part / 1e6) : 0))
}

/** The first of `names` that holds a time. */
export function firstTime(record: JsonObject, names: readonly string[]): number | null {
  for (const name of names) {
    const timeMs = parseTime(record[name])
    if (timeMs !== null) return timeMs
  }
  return null
}

/** Protocol buffers write 64-bit integers as text. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && EPOCH.test(value) ? Number(value) : null
}

function epochTime(value: number): number | null {
  if (!(value >= 0) || value >= 1e20) return null
  if (value < 1e11) return inRange(value * 1_000)
  if (value < 1e14) return inRange(value)
  return inRange(value < 1e17 ? value / 1e3 : value / 1e6)
}

function isoTime(text: string): number | null {
  const m = ISO.exec(text)
  if (m === null) return null
  const local = civil(Number(m[1]), Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6] ?? 0))
  if (local === null) return null
  const offset = offsetMs(m[8] ?? 'Z')
  return offset === null ? null : inRange(local + Number((m[7] ?? '').padEnd(3, '0')) - offset)
}

function shortTime(text: string): number | null {
  const m = SHORT.exec(text)
  if (m === null) return null
  const year = Number(m[1])
  return withMillis(civil(year < 100 ? 2_000 + year : year, Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6])), m[7])
}

function namedTime(text: string): number | null {
  const m = NAMED.exec(text)
  return m === null
    ? null
    : withMillis(civil(Number(m[3]), MONTHS.indexOf(m[2] ?? '') + 1, Number(m[1]), Number(m[4]), Number(m[5]), Number(m[6])), m[7])
}

function withMillis(ms: number | null, digits: string | undefined): number | null {
  return ms === null ? null : inRange(ms + Number((digits ?? '').padEnd(3, '0')))
}

/** Null for a day or hour that no calendar has. A leap second counts as the one after it. */
function civil(year: number, month: number, day: number, hour: number, minute: number, second: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60) return null
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function offsetMs(zone: string): number | null {
  const sign = zone.startsWith('-') ? -1 : 1
  if (sign === 1 && !zone.startsWith('+')) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0
  return hours > 18 || minutes > 59 ? null : sign * (hours * 60 + minutes) * MS_PER_MINUTE
}

function inRange(ms: number): number | null {
  return ms >= 0 && ms <= MAX_MS ? Math.floor(ms) : null
}
