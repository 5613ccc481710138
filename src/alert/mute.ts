/**
 * Windows of time in which a rule's alerts are evaluated and not told: nights, week-ends, holidays.
 *
 * In: windows and a time. Out: whether one of them is open. Days and times are those of the window's time zone, summer time included. Pure.
 */

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export type Weekday = (typeof WEEKDAYS)[number]

export interface MuteWindow {
  /** Null: every day. */
  readonly days: readonly Weekday[] | null
  /** First and last day, `2026-12-24`; null: any. */
  readonly dates: readonly { readonly first: string; readonly last: string }[] | null
  /** Minutes of the day. A window that ends before it begins lasts into the next day, and belongs to the day on which it begins. */
  readonly fromMinute: number
  readonly toMinute: number
  /** IANA name: `Asia/Shanghai`. */
  readonly zone: string
}

const DAY_MINUTES = 1_440
/** A day is a date: the one before begins 24 hours of the calendar earlier, whatever the clocks do. */
const DATE_MS = 86_400_000

export function isMuted(windows: readonly MuteWindow[], timeMs: number): boolean {
  return windows.some((window) => isOpen(window, timeMs))
}

/** Throws a RangeError for a zone that nobody knows. */
export function checkZone(zone: string): void {
  formatOf(zone)
}

function isOpen(window: MuteWindow, timeMs: number): boolean {
  const { date, minute } = localTime(window.zone, timeMs)
  const { fromMinute, toMinute } = window
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute && isOn(window, date)
  return (minute >= fromMinute && isOn(window, date)) || (minute < toMinute && isOn(window, dayBefore(date)))
}

function isOn({ days, dates }: MuteWindow, date: string): boolean {
  if (dates !== null && !dates.some(({ first, last }) => date >= first && date <= last)) return false
  return days === null || days.includes(WEEKDAYS[new Date(date).getUTCDay()]!)
}

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - DATE_MS).toISOString().slice(0, 10)
}

function localTime(zone: string, timeMs: number): { date: string; minute: number } {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(timeMs)
      .map(({ type, value }) => [type, value]),
  )
  return {
    date: `${parts['year']}-${parts['month']}-${parts['day']}`,
    minute: (Number(parts['hour']) * 60 + Number(parts['minute'])) % DAY_MINUTES,
  }
}

/** Making one takes a tenth of a millisecond. As many as there are zones, at most. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  formats.set(zone, format)
  return format
}
