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

/** More would show how numbers are stored: 0.07 * 100 is 7.000000000000001. */
const MAX_DIGITS = 12
/** Made once: making one takes longer than all that it formats in a round. */
const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const TENTHS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
const TWO_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 })
const ALL_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: MAX_DIGITS })

/** `1,234`, `1.3`, `0.042`: a fraction only where it says something. What is not zero never reads as zero. */
export function number(value: number): string {
  const size = Math.abs(value)
  return (size >= 10 ? WHOLE : size >= 1 ? TENTHS : TWO_DIGITS).format(value)
}

/** As it was set: what people wrote is not rounded. */
export function exact(value: number): string {
  return ALL_DIGITS.format(value)
}

/** With as many digits as tell it from a number beside it: `0.045` beside 0.04, `11.6` beside 12. */
export function numberBeside(value: number, other: number): string {
  const beside = exact(other)
  if (value === other || number(value) !== beside) return number(value)
  for (let digits = 1; digits < MAX_DIGITS; digits++) {
    const text = value.toLocaleString('en-US', { maximumFractionDigits: digits })
    if (text !== beside) return text
  }
  return beside
}

export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `2026-11-20 10:00 UTC` */
export function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

const UNITS = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['min', MINUTE_MS],
  ['s', 1_000],
] as const

/** `45 s`, `5 min 12 s`, `2 h 30 min`, `3 d 4 h`: two units at most, and never more than it is. */
export function duration(ms: number): string {
  const first = UNITS.findIndex(([, unitMs]) => ms >= unitMs)
  if (first === -1) return '0 s'
  let rest = ms
  const parts = UNITS.slice(first, first + 2).map(([unit, unitMs]) => {
    const n = Math.floor(rest / unitMs)
    rest -= n * unitMs
    return n === 0 ? '' : `${n} ${unit}`
  })
  return parts.filter((part) => part !== '').join(' ')
}
