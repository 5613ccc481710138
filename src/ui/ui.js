// @ts-check
/**
 * The first page: what fails now, where, how often. The URL says what is shown (state.js), the API gives the numbers (api.js).
 * One load at a time; a newer view aborts the older. What was shown stays while the API is away, marked as old.
 */
import { showFiring } from './alert-badge.js'
import { ApiError, group, jobs, readiness, top, trend } from './api.js'
import { drawChart, keepChartFitting } from './chart.js'
import { byId, el, keepingFocus } from './dom.js'
import { change, duration, moment, percent, whole } from './format.js'
import { groupActions } from './group-actions.js'
import { forgetWaiting, sparkSlot } from './sparks.js'
import { RANGES, rangeOf, searchOf, viewOf } from './state.js'
import { fillJobs, fillTop } from './tables.js'

/** @typedef {import('./state.js').View} View */
/** @typedef {import('./api.js').TopRow} TopRow */
/** `rows` are the top exceptions, and before them the chosen one where it is not among them. @typedef {{ top: import('./api.js').Top, rows: TopRow[], chosen: TopRow | null, jobs: import('./api.js').Jobs, trend: import('./api.js').Trend }} Loaded */

const MAX_TOP = 25
const MAX_JOBS = 100
/** Sparklines are for the rows that are seen first. */
const MAX_SPARKS = 10

const jobInput = /** @type {HTMLInputElement} */ (byId('job'))
const refreshBox = /** @type {HTMLInputElement} */ (byId('refresh'))

let view = viewOf(location.search, Date.now())
/** A link to an error shows it, however far down its row is. */
let showsChosen = view.key !== null
let loading = new AbortController()
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer

start()

function start() {
  byId('ranges').append(...RANGES.map(rangeButton))
  byId('controls').addEventListener('submit', (event) => event.preventDefault())
  jobInput.addEventListener('change', () => go({ job: jobInput.value.trim() || null, key: null }))
  byId('clear-key').addEventListener('click', () => go({ key: null }))
  refreshBox.addEventListener('change', schedule)
  document.addEventListener('visibilitychange', () => void (document.hidden ? clearTimeout(timer) : load()))
  addEventListener('popstate', () => show(viewOf(location.search, Date.now())))
  keepChartFitting(byId('chart'))
  show(view)
}

/** @param {import('./state.js').Range} range */
function rangeButton({ name, label }) {
  const input = el('input', { type: 'radio', name: 'range', value: name, 'aria-label': label })
  input.addEventListener('change', () => go({ range: rangeOf(name) }))
  return el('label', { title: `Last ${label}` }, input, el('span', {}, name))
}

/** @param {Partial<View>} changes */
function go(changes) {
  const next = { ...view, ...changes }
  history.pushState(null, '', searchOf(next) || location.pathname)
  show(next)
}

/** @param {View} next */
function show(next) {
  view = next
  jobInput.value = view.job ?? ''
  for (const input of byId('ranges').querySelectorAll('input')) input.checked = input.value === view.range.name
  document.title = view.job === null ? 'Tracefold' : `${view.job} – Tracefold`
  void load()
}

async function load() {
  clearTimeout(timer)
  loading.abort()
  forgetWaiting()
  loading = new AbortController()
  const { signal } = loading
  void showFiring(signal)
  try {
    const loaded = await ask(view, signal)
    if (!signal.aborted) render(loaded)
  } catch (error) {
    if (!signal.aborted) await renderProblem(error, signal)
  }
  if (!signal.aborted) schedule()
}

function schedule() {
  clearTimeout(timer)
  if (refreshBox.checked && !document.hidden) timer = setTimeout(load, view.range.refreshMs)
}

/** @param {View} what @param {AbortSignal} signal @returns {Promise<Loaded>} */
async function ask({ range, job, key }, signal) {
  const span = { from: `-${range.name}`, to: 'now' }
  const only = key === null ? {} : { by: 'fingerprint', key }
  const [topAnswer, jobsAnswer, trendAnswer] = await Promise.all([
    top(job, { ...span, limit: MAX_TOP }, signal),
    jobs({ ...span, limit: MAX_JOBS }, signal),
    trend(job, { ...span, ...only, interval: range.interval }, signal),
  ])
  const { exceptions } = topAnswer
  const among = exceptions.find((row) => hasKey(row, key)) ?? null
  const chosen = key === null ? null : (among ?? (await alone(job, key, span, signal)))
  return {
    top: topAnswer,
    rows: chosen === null || among !== null ? exceptions : [chosen, ...exceptions],
    chosen,
    jobs: jobsAnswer,
    trend: trendAnswer,
  }
}

/** An old key leads to the error, too. @param {TopRow} row @param {string | null} key */
function hasKey(row, key) {
  return key !== null && (row.key === key || row.previous_fingerprints.includes(key))
}

/** An error that is not among the top ones; null where it had no event in the range. @param {string | null} job @param {string} key @param {Record<string, string>} span @param {AbortSignal} signal */
async function alone(job, key, span, signal) {
  try {
    return (await group(job, key, span, signal)).exception
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

/** @param {Loaded} loaded */
function render(loaded) {
  byId('problem').hidden = true
  byId('main').classList.remove('stale')
  byId('status').textContent = `Updated ${new Date().toLocaleTimeString('en-GB')}`
  byId('job-names').replaceChildren(...loaded.jobs.jobs.map(({ job }) => el('option', { value: job })))
  const nothing = loaded.top.total === 0
  byId('content').hidden = nothing && loaded.jobs.jobs.length === 0
  renderEmpty(nothing, loaded.jobs.jobs.length > 0)
  keepingFocus(() => {
    renderNumbers(loaded)
    renderTrend(loaded)
    renderTables(loaded)
  })
  if (showsChosen) document.querySelector('#top .selected')?.scrollIntoView({ block: 'center' })
  showsChosen = false
}

/** @param {boolean} nothing @param {boolean} othersHave */
function renderEmpty(nothing, othersHave) {
  byId('empty').hidden = !nothing
  byId('empty-how').hidden = othersHave
  byId('empty-title').textContent = `No errors ${view.job === null ? '' : `of ${view.job} `}in the last ${view.range.label}`
  byId('empty-text').textContent = othersHave
    ? 'Other jobs have some; choose one below, or a longer range.'
    : 'That is good news, or no events have come in. A longer range shows what was before.'
  byId('empty-command').textContent =
    `curl --data-binary @error.log -H 'Content-Type: application/x-ndjson' ${location.origin}/api/v1/events`
}

/** @param {Loaded} loaded */
function renderNumbers({ top: { total, exceptions }, jobs: { jobs: rows } }) {
  const mine = view.job === null ? rows : rows.filter((row) => row.job === view.job)
  const complete = view.job === null ? rows.length < MAX_JOBS : mine.length === 1
  const before = mine.reduce((sum, row) => sum + row.previous_count, 0)
  const first = exceptions[0]
  const numbers = [
    ['Events', whole(total)],
    ['Change', complete && total > 0 ? change(before === 0 ? null : (total - before) / before) : '–'],
    view.job === null
      ? ['Jobs', `${rows.length}${complete ? '' : '+'}`]
      : ['Error types', mine[0] === undefined ? '–' : whole(mine[0].error_types)],
    ['Top error', first === undefined ? '–' : percent(first.share)],
  ]
  byId('numbers').replaceChildren(...numbers.map(([name = '', value = '']) => el('div', {}, el('dt', {}, name), el('dd', {}, value))))
}

/** @param {Loaded} loaded */
function renderTrend({ chosen: row, trend: answer }) {
  const chosen = view.key === null ? null : (row?.title ?? view.key)
  byId('trend-title').textContent = chosen ?? (view.job === null ? 'Events of all jobs' : `Events of ${view.job}`)
  byId('clear-key').hidden = chosen === null
  byId('trend-text').textContent = trendText(answer)
  byId('trend-rows').replaceChildren(
    ...answer.points.map(({ time, count }) =>
      el('tr', {}, el('th', { scope: 'row' }, moment(time)), el('td', { class: 'num' }, whole(count))),
    ),
  )
  if (!byId('content').hidden) drawChart(byId('chart'), answer)
}

/** @param {import('./api.js').Trend} answer */
function trendText({ points, total, interval_seconds: seconds }) {
  const peak = points.reduce((most, point) => (point.count > most.count ? point : most), { time: '', count: 0 })
  const highest = peak.count === 0 ? '' : `, at most ${whole(peak.count)} per ${duration(seconds)} (${moment(peak.time)})`
  return `${whole(total)} event${total === 1 ? '' : 's'}${highest}. Local time.`
}

/** @param {Loaded} loaded */
function renderTables({ rows: errors, chosen, jobs: { jobs: rows } }) {
  const { job, range } = view
  const span = { from: `-${range.name}`, to: 'now', interval: range.spark }
  const sparkKeys = new Set(errors.slice(0, MAX_SPARKS).map((row) => row.key))
  const sparkJobs = new Set(rows.slice(0, MAX_SPARKS).map((row) => row.job))
  const { signal } = loading
  fillTop(byId('top'), {
    rows: errors,
    job,
    selected: chosen,
    nowMs: Date.now(),
    range: range.label,
    spark: (of) =>
      sparkKeys.has(of)
        ? sparkSlot(JSON.stringify(['key', range.name, job, of]), () => trend(job, { ...span, by: 'fingerprint', key: of }, signal))
        : el('span'),
    onSelect: (of) => go({ key: of === chosen?.key ? null : of }),
    actions: (row) => groupActions(job, row, (work) => void work.then(load, (error) => renderProblem(error, signal))),
  })
  fillJobs(byId('jobs'), {
    rows,
    selected: job,
    range: range.label,
    spark: (of) => (sparkJobs.has(of) ? sparkSlot(JSON.stringify(['job', range.name, of]), () => trend(of, span, signal)) : el('span')),
    onSelect: (of) => go({ job: of === job ? null : of, key: null }),
  })
}

/** @param {unknown} cause @param {AbortSignal} signal */
async function renderProblem(cause, signal) {
  const known = cause instanceof ApiError ? cause : new ApiError(0, 'This page has a fault', String(cause))
  const away = known.status === 503 ? await readiness(signal).catch(() => null) : null
  if (signal.aborted) return
  const checks = (away?.checks ?? [])
    .filter((check) => !check.ok)
    .map(({ name, detail }) => el('li', {}, el('strong', {}, name), ` ${detail}`))
  byId('problem').replaceChildren(el('h2', {}, known.title), el('p', {}, known.message), checks.length === 0 ? '' : el('ul', {}, ...checks))
  byId('problem').hidden = false
  byId('empty').hidden = true
  byId('main').classList.add('stale')
  byId('status').textContent = byId('content').hidden ? 'No data' : 'Not up to date'
}
