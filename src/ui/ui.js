// @ts-check
/**
 * The first page: what fails now, where, how often. The URL says what is shown (state.js), the API gives the numbers (api.js).
 * One load at a time; a newer view aborts the older. What was shown stays while the API is away, marked as old.
 */
import { showFiring } from './alert-badge.js'
import { ApiError, events, group, jobs, liveness, readiness, top, trend } from './api.js'
import { drawChart, keepChartFitting } from './chart.js'
import { byId, el, keepingPlace } from './dom.js'
import { eventSection } from './event.js'
import { change, duration, moment, percent, whole } from './format.js'
import { groupActions } from './group-actions.js'
import { forgetWaiting, sparkSlot } from './sparks.js'
import { standBehind, standUpToDate } from './standing.js'
import { namesWith, RANGES, rangeOf, searchOf, viewOf } from './state.js'
import { fillJobs, fillTop } from './tables.js'

/** @typedef {import('./state.js').View} View */
/** @typedef {import('./api.js').TopRow} TopRow */
/** `rows` are the top exceptions, and before them the chosen one where it is not among them. @typedef {{ top: import('./api.js').Top, rows: TopRow[], chosen: TopRow | null, jobs: import('./api.js').Jobs, trend: import('./api.js').Trend }} Loaded */

const MAX_TOP = 25
const MAX_JOBS = 100
/** Sparklines are for the rows that are seen first. */
const MAX_SPARKS = 10
/** Of the newest documents one has an event. */
const MAX_DOCUMENTS = 3
const MAX_OFFERED = 8

const jobInput = /** @type {HTMLInputElement} */ (byId('job'))
const refreshBox = /** @type {HTMLInputElement} */ (byId('refresh'))

let view = viewOf(location.search, Date.now())
/** A link to an error shows it, however far down its row is. */
let showsChosen = view.key !== null
let loading = new AbortController()
/** What was loaded last, and for which view. @type {{ view: View, loaded: Loaded } | null} */
let last = null
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer

start()

function start() {
  byId('ranges').append(...RANGES.map(rangeButton))
  byId('controls').addEventListener('submit', (event) => event.preventDefault())
  jobInput.addEventListener('change', () => {
    go({ job: jobInput.value.trim() || null, key: null })
    scrollTo({ top: 0 }) // where it is said if there is no such job
  })
  byId('clear-key').addEventListener('click', () => go({ key: null }))
  refreshBox.addEventListener('change', schedule)
  document.addEventListener('visibilitychange', () => void (document.hidden ? clearTimeout(timer) : load()))
  addEventListener('popstate', () => show(viewOf(location.search, Date.now())))
  keepChartFitting(byId('chart'))
  show(view)
}

/** @param {import('./state.js').Range} range */
function rangeButton({ name, label }) {
  const input = el('input', { type: 'radio', name: 'range', value: name, 'aria-label': `${name}, the last ${label}` })
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
  void load(openKnown)
}

/** @param {() => void} [first] done before anybody answers */
async function load(first = () => {}) {
  clearTimeout(timer)
  loading.abort()
  forgetWaiting()
  loading = new AbortController()
  const { signal } = loading
  first()
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
  if (refreshBox.checked && !document.hidden) timer = setTimeout(() => void (isReading() ? schedule() : load()), view.range.refreshMs)
}

/** Text that somebody has selected is not taken from under his hands. */
function isReading() {
  return document.getSelection()?.type === 'Range'
}

/** The error that was clicked opens at once, with what is known of it: whether the API answers or not. */
function openKnown() {
  if (last === null || last.view.range !== view.range || last.view.job !== view.job) return
  const { loaded } = last
  keepingPlace(() => renderTables({ ...loaded, chosen: loaded.rows.find((row) => hasKey(row, view.key)) ?? null }))
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
  last = { view, loaded }
  standUpToDate()
  byId('job-names').replaceChildren(...loaded.jobs.jobs.map(({ job }) => el('option', { value: job })))
  const nothing = loaded.top.total === 0
  byId('content').hidden = nothing && loaded.jobs.jobs.length === 0
  byId('content').classList.toggle('none', nothing)
  renderEmpty(
    nothing,
    loaded.jobs.jobs.map(({ job }) => job),
  )
  keepingPlace(() => {
    renderNumbers(loaded)
    renderTrend(loaded)
    renderTables(loaded)
  })
  if (showsChosen) document.querySelector('#top .selected')?.scrollIntoView({ block: 'center' })
  showsChosen = false
}

/** @param {boolean} nothing @param {string[]} others jobs that have errors */
function renderEmpty(nothing, others) {
  byId('empty').hidden = !nothing
  byId('empty-title').textContent = `No errors ${view.job === null ? '' : `of ${view.job} `}in the last ${view.range.label}`
  byId('empty-text').textContent =
    others.length > 0
      ? 'Other jobs have some; choose one below, or a longer range.'
      : 'That is good news, or no events have come in. A longer range shows what was before.'
  const offered = nothing && view.job !== null ? namesWith(view.job, others).slice(0, MAX_OFFERED) : []
  byId('empty-offer').hidden = offered.length === 0
  byId('empty-names').replaceChildren(...offered.map(offer))
  if (nothing && others.length === 0) void sayHow(loading.signal)
  else byId('empty-how').hidden = true
}

/** @param {string} job */
function offer(job) {
  const button = el('button', { type: 'button', class: 'quiet' }, job)
  button.addEventListener('click', () => go({ job, key: null }))
  return el('li', {}, button)
}

/** How events come in here, as far as somebody says. @param {AbortSignal} signal */
async function sayHow(signal) {
  const live = await liveness(signal).catch(() => null)
  if (signal.aborted || live === null) return
  byId('empty-how').hidden = false
  byId('empty-send').hidden = !live.takes_events
  byId('empty-kafka').hidden = live.takes_events
  byId('empty-command').textContent = `curl --data-binary @app.log -H 'content-type: text/plain' ${location.origin}/api/v1/events`
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
function renderTrend({ chosen, trend: answer }) {
  const isUnknown = view.key !== null && chosen === null
  byId('trend-title').textContent = isUnknown
    ? `This error did not occur in the last ${view.range.label}`
    : (chosen?.title ?? (view.job === null ? 'Events of all jobs' : `Events of ${view.job}`))
  byId('clear-key').hidden = view.key === null
  byId('trend').hidden = isUnknown
  byId('trend-none').hidden = !isUnknown
  byId('trend-none').textContent =
    `There is no event of ${view.key}${view.job === null ? '' : ` in ${view.job}`}. A longer range may have some.`
  if (isUnknown) return
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
    event: (row) => {
      const ofThis = () => events(job, row.key, { from: span.from, to: span.to, limit: MAX_DOCUMENTS }, signal)
      return eventSection(JSON.stringify([range.name, job, row.key]), row.sample_message, ofThis, signal)
    },
    actions: (row) =>
      groupActions(
        job,
        row,
        (work) =>
          void work.then(
            () => load(),
            (error) => renderProblem(error, signal),
          ),
      ),
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
  const away = cause instanceof ApiError && cause.status === 503 ? await readiness(signal).catch(() => null) : null
  if (signal.aborted) return
  const checks = (away?.checks ?? [])
    .filter((check) => !check.ok)
    .map(({ name, detail }) => el('li', {}, el('strong', {}, name), ` ${detail}`))
  standBehind(cause, ...(checks.length === 0 ? [] : [el('ul', {}, ...checks)]))
  byId('empty').hidden = true
}
