// @ts-check
/**
 * Sparklines of table rows: one small request each, so only for the first rows, few at once, and kept for a minute.
 * A slot is put into the table at once and filled when its numbers come; one that fails stays empty, since the page's own requests say why.
 */
import { sparkline } from './chart.js'
import { el } from './dom.js'
import { whole } from './format.js'

const AT_ONCE = 3
const KEEP_MS = 60_000
const MAX_KEPT = 200

/** @typedef {{ atMs: number, counts: number[] }} Kept */
/** @typedef {{ id: string, slot: HTMLElement, load: () => Promise<import('./api.js').Trend> }} Wanted */

/** @type {Map<string, Kept>} */
const kept = new Map()
/** @type {Wanted[]} */
let queue = []
let running = 0

/** Requests that wait for a view which is no longer shown are dropped. */
export function forgetWaiting() {
  queue = []
}

/** @param {string} id names the numbers: row, range, filter @param {() => Promise<import('./api.js').Trend>} load */
export function sparkSlot(id, load) {
  const slot = el('span', { class: 'spark-slot' })
  const known = kept.get(id)
  if (known !== undefined) show(slot, known.counts)
  if (known === undefined || Date.now() - known.atMs > KEEP_MS) queue.push({ id, slot, load })
  queueMicrotask(pump)
  return slot
}

function pump() {
  while (running < AT_ONCE) {
    const next = queue.shift()
    if (next === undefined) return
    running++
    void fillSlot(next).finally(() => {
      running--
      pump()
    })
  }
}

/** @param {Wanted} wanted */
async function fillSlot({ id, slot, load }) {
  const trend = await load().catch(() => null)
  if (trend === null) return
  const counts = trend.points.map((point) => point.count)
  keep(id, counts)
  show(slot, counts)
}

/** @param {string} id @param {number[]} counts */
function keep(id, counts) {
  kept.delete(id)
  kept.set(id, { atMs: Date.now(), counts })
  const [oldest] = kept.keys()
  if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
}

/** @param {HTMLElement} slot @param {number[]} counts */
function show(slot, counts) {
  const last = counts.at(-1) ?? 0
  slot.replaceChildren(sparkline(counts, `Trend: peak ${whole(Math.max(0, ...counts))}, last ${whole(last)}`))
}
