// @ts-check
/**
 * What the page shows, as its URL says it: `?range=1h&job=orders&key=v1:...`. A link shared is the same view. Pure.
 * Links of alerts name no range but a time, `since=2026-11-20T09:58:00Z`: then it is the shortest that holds it, also the morning after.
 *
 * @typedef {{ name: string, label: string, ms: number, interval: string, spark: string, refreshMs: number }} Range
 * @typedef {{ range: Range, job: string | null, key: string | null }} View
 */

/** About 60 to 100 points in the chart, 15 to 30 in a sparkline. No refresh more often than numbers by the minute can change much. @type {Range[]} */
export const RANGES = [
  { name: '15m', label: '15 minutes', ms: 900_000, interval: '1m', spark: '1m', refreshMs: 15_000 },
  { name: '1h', label: 'hour', ms: 3_600_000, interval: '1m', spark: '2m', refreshMs: 30_000 },
  { name: '6h', label: '6 hours', ms: 21_600_000, interval: '5m', spark: '15m', refreshMs: 60_000 },
  { name: '24h', label: '24 hours', ms: 86_400_000, interval: '15m', spark: '1h', refreshMs: 60_000 },
  { name: '7d', label: '7 days', ms: 604_800_000, interval: '2h', spark: '6h', refreshMs: 60_000 },
]
const DEFAULT_RANGE = '1h'
/** Beside a time, what was before it. */
const ROOM = 1.25

/** @param {string} search @param {number} nowMs @returns {View} */
export function viewOf(search, nowMs) {
  const params = new URLSearchParams(search)
  const name = params.get('range') ?? nameHolding(Date.parse(params.get('since') ?? ''), nowMs)
  return { range: rangeOf(name), job: params.get('job') || null, key: params.get('key') || null }
}

/** @param {View} view */
export function searchOf(view) {
  const params = new URLSearchParams()
  if (view.range.name !== DEFAULT_RANGE) params.set('range', view.range.name)
  if (view.job !== null) params.set('job', view.job)
  if (view.key !== null) params.set('key', view.key)
  const search = params.toString()
  return search === '' ? '' : `?${search}`
}

/** Names that hold what was typed, in any case: what a person may have meant who typed part of one. @param {string} typed @param {string[]} names */
export function namesWith(typed, names) {
  const part = typed.toLowerCase()
  return names.filter((name) => name !== typed && name.toLowerCase().includes(part))
}

/** The default's at least; the longest where none holds it. @param {number} sinceMs @param {number} nowMs */
function nameHolding(sinceMs, nowMs) {
  if (Number.isNaN(sinceMs)) return null
  const wantedMs = Math.max(rangeOf(null).ms, ROOM * (nowMs - sinceMs))
  return (RANGES.find(({ ms }) => ms >= wantedMs) ?? RANGES.at(-1))?.name ?? null
}

/** @param {string | null} name @returns {Range} */
export function rangeOf(name) {
  const named = (/** @type {string} */ wanted) => RANGES.find((range) => range.name === wanted)
  return /** @type {Range} */ (named(name ?? DEFAULT_RANGE) ?? named(DEFAULT_RANGE)) // the default is in the list
}
