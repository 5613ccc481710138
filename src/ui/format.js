// @ts-check
/** Numbers and times for people. Pure: the clock comes in. */

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const DAY_TIME = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' })

const DAY_TIME_SECOND = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** From here on a percentage is harder to read than a factor. */
const FACTOR_FROM = 9

/** `1,204` @param {number} n */
export function whole(n) {
  return WHOLE.format(n)
}

/** `1.2K`: where room is short and the exact number stands beside it. @param {number} n */
export function short(n) {
  return SHORT.format(n)
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  if (share > 0 && share < 0.001) return '<0.1%'
  return `${(share * 100).toFixed(1)}%`
}

/**
 * Against the period before: `+50%`, `−30%`, `×12`, `new`.
 * @param {number | null} ratio null where there was nothing before
 */
export function change(ratio) {
  if (ratio === null) return 'new'
  if (ratio >= FACTOR_FROM) return `×${whole(ratio + 1)}`
  const points = Math.round(ratio * 100)
  if (points === 0) return '±0%'
  return `${points > 0 ? '+' : '−'}${Math.abs(points)}%`
}

/** Which way a change goes, for colour; the sign in the text says the same. @param {number | null} ratio */
export function direction(ratio) {
  if (ratio === null) return 'new'
  if (ratio > 0.005) return 'up'
  return ratio < -0.005 ? 'down' : 'flat'
}

/** `12 s ago` @param {string} iso @param {number} nowMs */
export function ago(iso, nowMs) {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(iso)) / 1_000))
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** `01 Mar, 12:00`, in the reader's own zone. @param {string} iso */
export function moment(iso) {
  return DAY_TIME.format(new Date(iso))
}

/** `01 Mar, 12:00:17`, likewise. @param {string} iso */
export function exact(iso) {
  return DAY_TIME_SECOND.format(new Date(iso))
}

/** Of hosts there is none where nobody says which: not that it ran on none. @param {number} n */
export function known(n) {
  return n === 0 ? '–' : whole(n)
}

/** `5 minutes` @param {number} seconds */
export function duration(seconds) {
  const [n, unit] = seconds % 3_600 === 0 ? [seconds / 3_600, 'hour'] : [seconds / 60, 'minute']
  return n === 1 ? unit : `${n} ${unit}s`
}
