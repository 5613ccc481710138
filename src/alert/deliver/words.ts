/** Numbers, times and texts as people read them in a message. Pure; times are UTC and say so. */

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Breaks and control characters become one space each run, so that a text from a log stays within its line. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}

/** At most so many UTF-16 units, the last of them `…`; a surrogate pair is not cut apart. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const end = text.codePointAt(maxChars - 2)! > 0xffff ? maxChars - 2 : maxChars - 1
  return `${text.slice(0, end)}…`
}

/** `1,234`, `0.4`: a fraction only where it says something. */
export function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0 })
}

export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `2026-11-20 10:00 UTC` */
export function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** `45 s`, `5 min`, `2 h 30 min`, `3 d 4 h`: two units at most. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.round(ms / 1_000))} s`
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`
  const [big, bigMs, small, smallMs] = ms < DAY_MS ? (['h', HOUR_MS, 'min', MINUTE_MS] as const) : (['d', DAY_MS, 'h', HOUR_MS] as const)
  const rest = Math.floor((ms % bigMs) / smallMs)
  return `${Math.floor(ms / bigMs)} ${big}${rest === 0 ? '' : ` ${rest} ${small}`}`
}
