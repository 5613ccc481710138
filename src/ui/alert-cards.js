// @ts-check
/** One alert as a card: what, where, how much, since when, what to do; and who looks after it. An alert in, an element out; what a click does comes in, too. */
import { severityBadge } from './badges.js'
import { el, nameAfter } from './dom.js'
import { ago, moment, whole } from './format.js'

/** @typedef {import('./alerts-api.js').Alert} Alert */
/** @typedef {{ nowMs: number, onAcknowledge: (alert: Alert) => void, onUnacknowledge: (alert: Alert) => void, onSilence: (match: Record<string, string>, until: string, comment: string) => void }} Acts */

const SPANS = /** @type {const} */ ([
  ['+1h', '1 hour'],
  ['+4h', '4 hours'],
  ['+1d', 'a day'],
  ['+7d', '7 days'],
])

const HUSHED = { silence: 'silenced', mute: 'muted by its rule', group: 'group muted' }

/** @param {Alert} alert @param {Acts} acts */
export function card(alert, acts) {
  const { rule, severity, what, culprit, why, advice, acknowledged, hushed, is_new: isNew } = alert
  const title = el('h3', {}, what ?? rule.title)
  return el(
    'article',
    { class: `panel rule ${severity}`, 'data-key': alert.key },
    title,
    el(
      'p',
      { class: 'under' },
      severityBadge(severity),
      isNew ? el('span', { class: 'badge new' }, 'new') : null,
      el('span', { class: 'badge' }, rule.level),
      hushed === null ? null : el('span', { class: 'badge' }, HUSHED[hushed]),
      acknowledged === null ? null : el('span', { class: 'badge', title: moment(acknowledged.at) }, `${acknowledged.who} has it`),
      culprit === null ? null : el('code', { title: culprit }, culprit),
    ),
    facts(alert, acts.nowMs),
    why === null ? null : el('p', {}, why, '. ', el('span', { class: 'muted' }, `Rule ${rule.id}: ${rule.title}.`)),
    advice === null ? null : el('p', {}, el('strong', {}, 'What to do: '), advice),
    links(alert),
    actions(alert, title, acts),
  )
}

/** @param {Alert} alert @param {number} nowMs */
function facts(alert, nowMs) {
  const { count, counted, usual, hosts, since } = alert
  const shown = /** @type {[string, import('./dom.js').Child][]} */ ([
    ['Where', el('span', {}, ...subject(alert))],
    [
      `${counted.slice(0, 1).toUpperCase()}${counted.slice(1)}s`,
      count === null ? null : `${whole(count)}${usual === null ? '' : `, usually ${usual < 10 ? usual.toFixed(1) : whole(usual)}`}`,
    ],
    ['Hosts', hosts === null ? null : whole(hosts)],
    ['Since', el('time', { datetime: since, title: moment(since) }, `${moment(since)} (${ago(since, nowMs)})`)],
  ])
  return el(
    'dl',
    { class: 'facts' },
    ...shown.flatMap(([name, value]) => (value === null ? [] : [el('div', {}, el('dt', {}, name), el('dd', {}, value))])),
  )
}

/** The job leads to its errors, and an error to itself. @param {Alert} alert @returns {import('./dom.js').Child[]} */
export function subject({ job, environment, category, fingerprint, jobs, job_count: jobCount, since }) {
  if (job !== null) return [jobLink(job, fingerprint, since), environment === null ? null : ` (${environment})`]
  const of = category === null ? 'all jobs' : `${category}, all jobs`
  if (jobs.length === 0) return [of]
  const rest = jobCount - jobs.length
  return [
    `${of}: `,
    ...jobs.flatMap((one, i) => [i === 0 ? null : ', ', jobLink(one, null, since)]),
    rest > 0 ? ` and ${whole(rest)} more` : null,
  ]
}

/** @param {string} job @param {string | null} fingerprint @param {string} since The page opens with the range that holds it. */
function jobLink(job, fingerprint, since) {
  const search = new URLSearchParams({ since, job, ...(fingerprint === null ? {} : { key: fingerprint }) })
  return el('a', { href: `./?${search}` }, job)
}

/** Of the rule's author: an address that is none is not made a link. @param {Alert} alert */
function links({ links: all }) {
  const good = all.filter(({ url }) => /^https?:\/\//.test(url))
  return good.length === 0
    ? null
    : el('p', { class: 'links' }, ...good.map(({ title, url }) => el('a', { href: url, rel: 'noopener noreferrer' }, title)))
}

/** @param {Alert} alert @param {Element} title @param {Acts} acts */
function actions(alert, title, { onAcknowledge, onUnacknowledge, onSilence }) {
  const take =
    alert.acknowledged === null
      ? button('Acknowledge', `who:${alert.key}`, () => onAcknowledge(alert))
      : button('Give back', `who:${alert.key}`, () => onUnacknowledge(alert))
  return el('div', { class: 'actions' }, nameAfter(take, title), silenceForm(alert, title, onSilence))
}

/** While it is open the page is not made anew. @param {Alert} alert @param {Element} title @param {Acts['onSilence']} onSilence */
function silenceForm(alert, title, onSilence) {
  const scopes = scopesOf(alert)
  const scope = /** @type {HTMLSelectElement} */ (
    el('select', { 'aria-label': 'What to silence' }, ...scopes.map(({ label }, i) => el('option', { value: String(i) }, label)))
  )
  const span = /** @type {HTMLSelectElement} */ (
    el('select', { 'aria-label': 'For how long' }, ...SPANS.map(([value, label]) => el('option', { value }, `for ${label}`)))
  )
  const comment = /** @type {HTMLInputElement} */ (
    el('input', { type: 'text', placeholder: 'why', 'aria-label': 'Why', maxlength: '1000' })
  )
  const submit = nameAfter(el('button', { type: 'submit', class: 'quiet' }, 'Silence'), title)
  const form = el('form', { class: 'silence' }, scope, span, comment, submit)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    onSilence(scopes[Number(scope.value)]?.match ?? { alert: alert.key }, span.value, comment.value.trim())
  })
  const summary = el('summary', { class: 'quiet', 'data-mark': `silence:${alert.key}` }, 'Silence…')
  return el('details', { class: 'acting' }, nameAfter(summary, title), form)
}

/** @param {Alert} alert @returns {{ label: string, match: Record<string, string> }[]} */
export function scopesOf({ key, job, rule }) {
  return [
    { label: 'this alert', match: { alert: key } },
    ...(job === null ? [] : [{ label: `all alerts of ${job}`, match: { job } }]),
    { label: `all alerts of the rule ${rule.id}`, match: { rule: rule.id } },
  ]
}

/** `mark` finds the button again after the page was made anew. @param {string} text @param {string} mark @param {() => void} onClick */
export function button(text, mark, onClick) {
  const made = el('button', { type: 'button', class: 'quiet', 'data-mark': mark }, text)
  made.addEventListener('click', onClick)
  return made
}
