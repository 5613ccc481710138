// @ts-check
/**
 * The page about alerts: what fires, the most severe first; what did not get through; rules with faults; silences. It asks every 15 seconds, but not while
 * somebody fills in a form. What was shown stays while the API is away, marked as old.
 */
import { button, card, subject } from './alert-cards.js'
import { acknowledge, alerts, receivers, rules, silence, silences, unacknowledge, undelivered, unsilence } from './alerts-api.js'
import { severityBadge } from './badges.js'
import { byId, el, keepingPlace, nameAfter } from './dom.js'
import { ago, moment, whole } from './format.js'
import { standBehind, standUpToDate } from './standing.js'
import { nameOf, rememberName } from './who.js'

/** @typedef {import('./alerts-api.js').Alert} Alert */
/** @typedef {{ alerts: import('./alerts-api.js').Alerts, rules: import('./alerts-api.js').Rule[], silences: import('./alerts-api.js').Silence[], undelivered: import('./alerts-api.js').Undelivered[], receivers: import('./alerts-api.js').Receiver[] }} Loaded */

/** How it ended though nobody saw its trouble end. */
const ENDED = { given_up: 'no longer expected', no_news: 'no longer new', rule_gone: 'rule removed', elsewhere: 'told to others' }
const REFRESH_MS = 15_000
const MAX_ALERTS = 200

const who = /** @type {HTMLInputElement} */ (byId('who'))

let loading = new AbortController()
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer

start()

function start() {
  rememberName(who)
  byId('controls').addEventListener('submit', (event) => event.preventDefault())
  document.addEventListener('visibilitychange', () => void (document.hidden ? clearTimeout(timer) : load()))
  void load()
}

async function load() {
  clearTimeout(timer)
  loading.abort()
  loading = new AbortController()
  const { signal } = loading
  try {
    const loaded = await all(signal)
    if (!signal.aborted && document.querySelector('.acting[open]') === null) render(loaded)
  } catch (error) {
    if (!signal.aborted) standBehind(error)
  }
  if (!signal.aborted && !document.hidden) timer = setTimeout(load, REFRESH_MS)
}

/** @param {AbortSignal} signal @returns {Promise<Loaded>} */
async function all(signal) {
  const [shown, known, quiet, failed, told] = await Promise.all([
    alerts({ limit: MAX_ALERTS }, signal),
    rules(signal),
    silences(signal),
    undelivered(signal),
    receivers(signal),
  ])
  return { alerts: shown, rules: known.rules, silences: quiet.silences, undelivered: failed.undelivered, receivers: told.receivers }
}

/** @param {Loaded} loaded */
function render(loaded) {
  const nowMs = Date.now()
  standUpToDate()
  byId('content').hidden = false
  document.title = `${loaded.alerts.firing === 0 ? '' : `(${loaded.alerts.firing}) `}Alerts – Tracefold`
  keepingPlace(() => {
    renderFiring(loaded, nowMs)
    renderOthers(loaded, nowMs)
    renderUndelivered(loaded, nowMs)
    renderSilences(loaded)
    renderRules(loaded)
  })
}

/** @param {Loaded} loaded @param {number} nowMs */
function renderFiring({ alerts: { blind, firing, alerts: shown } }, nowMs) {
  byId('blind').hidden = blind === null
  byId('blind-text').textContent = blind === null ? '' : `Nothing below is up to date: ${blind}`
  const cards = shown.filter(({ state }) => state === 'firing')
  byId('firing-title').textContent = `${whole(firing)} firing${cards.length < firing ? `, the first ${cards.length}` : ''}`
  byId('nothing').hidden = firing > 0
  const acts = {
    nowMs,
    onAcknowledge: take,
    onUnacknowledge: (/** @type {Alert} */ alert) => act(() => unacknowledge(alert.key)),
    onSilence: quieten,
  }
  byId('firing').replaceChildren(...cards.map((alert) => card(alert, acts)))
}

/** @param {Alert} alert */
function take({ key }) {
  const name = nameOf(who)
  if (name !== null) act(() => acknowledge(key, name))
}

/** @param {Record<string, string>} match @param {string} until @param {string} comment */
function quieten(match, until, comment) {
  const name = nameOf(who)
  if (name !== null) act(() => silence({ match, until, who: name, comment }))
}

/** @param {() => Promise<unknown>} work */
async function act(work) {
  try {
    await work()
    for (const form of document.querySelectorAll('.acting[open]')) form.removeAttribute('open')
    await load()
  } catch (error) {
    standBehind(error)
  }
}

/** @param {Loaded} loaded @param {number} nowMs */
function renderOthers({ alerts: { alerts: shown } }, nowMs) {
  const others = shown.filter(({ state }) => state !== 'firing')
  byId('others-section').hidden = others.length === 0
  const rows = others.map((alert) => [
    alert.ending === null ? alert.state : `ended: ${ENDED[alert.ending]}`,
    severityBadge(alert.severity),
    el('span', {}, ...subject(alert)),
    alert.what ?? alert.rule.title,
    ago(alert.ends_at ?? alert.since, nowMs),
  ])
  fill('others', ['State', 'Severity', 'Where', 'What', 'Since'], rows)
}

/** What did not get through, and before it what is tried still. @param {Loaded} loaded @param {number} nowMs */
function renderUndelivered({ undelivered: failed, receivers: told }, nowMs) {
  const tried = told.flatMap(({ name, waiting, alerts: count, last_error: error }) =>
    waiting === 0 || error === null ? [] : [[name, '', whole(count), 'is tried again', error.message, ago(error.at, nowMs)]],
  )
  const rows = failed.map(({ receiver, group, alerts: count, tries, reason, last_error: error, at }) => [
    receiver,
    group,
    whole(count),
    `${reason === 'refused' ? 'refused' : 'gave up'} after ${tries === 1 ? 'one try' : `${whole(tries)} tries`}`,
    error,
    ago(at, nowMs),
  ])
  byId('undelivered-section').hidden = tried.length + rows.length === 0
  fill('undelivered', ['Receiver', 'What', 'Alerts', 'How', 'Last error', 'When'], [...tried, ...rows])
}

/** @param {Loaded} loaded */
function renderSilences({ silences: quiet }) {
  byId('silences-section').hidden = quiet.length === 0
  const rows = quiet.map(({ id, match, until, who: by, comment }) => {
    const which = el('span', {}, matchText(match))
    const end = nameAfter(
      button('End', `end:${id}`, () => void act(() => unsilence(id))),
      which,
    )
    return [which, moment(until), by, comment, end]
  })
  fill('silences', ['Which alerts', 'Until', 'Who', 'Why', 'Action'], rows)
}

/** @param {Record<string, string | string[]>} match */
function matchText(match) {
  return Object.entries(match)
    .map(([field, patterns]) => `${field} is ${[patterns].flat().join(' or ')}`)
    .join(' and ')
}

/** @param {Loaded} loaded */
function renderRules({ rules: known }) {
  const faulty = known.filter(({ faults }) => faults.length > 0)
  byId('faulty-section').hidden = faulty.length === 0
  byId('faulty').replaceChildren(
    ...faulty.map(({ id, file, faults }) =>
      el(
        'div',
        {},
        el('h3', {}, file ?? id),
        el('ul', {}, ...faults.map(({ line, field, why }) => el('li', {}, `line ${line}: `, el('code', {}, field), `: ${why}`))),
      ),
    ),
  )
  byId('rules-title').textContent = `Rules (${known.filter(({ in_force: inForce }) => inForce).length} in force)`
  const rows = known.map(({ id, title, level, severity, per, source, in_force: inForce }) => [
    el('code', {}, id),
    title ?? '–',
    level ?? '–',
    severity === null ? '–' : severityBadge(severity),
    per ?? '–',
    source,
    inForce ? 'yes' : 'no',
  ])
  fill('rules', ['Id', 'Title', 'Level', 'Severity', 'Per', 'From', 'In force'], rows)
}

/** @param {string} id @param {string[]} columns @param {import('./dom.js').Child[][]} rows */
function fill(id, columns, rows) {
  const head = el('thead', {}, el('tr', {}, ...columns.map((title) => el('th', { scope: 'col' }, title))))
  byId(id).replaceChildren(head, el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell))))))
}
