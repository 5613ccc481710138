// @ts-check
/** The two tables: top exceptions and jobs. Rows in, elements out; what a click does comes in, too. */
import { badges, patternPage } from './badges.js'
import { el } from './dom.js'
import { ago, change, direction, known, moment, percent, whole } from './format.js'

/** @typedef {import('./api.js').TopRow} TopRow */
/** @typedef {import('./api.js').JobRow} JobRow */
/** @typedef {{ title: string, class?: string, hint?: string }} Column */

/**
 * @param {HTMLElement} table
 * @param {{ rows: TopRow[], job: string | null, selected: TopRow | null, nowMs: number, range: string, spark: (key: string) => Node, onSelect: (key: string) => void, event: (row: TopRow) => Node, actions: (row: TopRow) => Node | null }} what
 */
export function fillTop(table, what) {
  /** @type {Column[]} */
  const columns = [
    { title: 'Error' },
    { title: 'Trend', class: 'wide' },
    { title: 'Events', class: 'num', hint: 'and their share of all' },
    { title: 'Change', class: 'num', hint: `against the ${what.range} before` },
    ...(what.job === null ? [{ title: 'Jobs', class: 'num wide' }] : []),
    { title: 'Hosts', class: 'num wide' },
    { title: 'Last', class: 'num wide', hint: 'when it was seen last, and first, in this range' },
  ]
  const caption = `Most frequent errors of ${what.job ?? 'all jobs'} in the last ${what.range}. Choose one to see its trend and details.`
  const body = what.rows.flatMap((row) => [topRow(row, what), ...(row === what.selected ? [topDetails(row, columns.length, what)] : [])])
  table.replaceChildren(el('caption', {}, caption), head(columns), el('tbody', {}, ...body))
}

/**
 * @param {HTMLElement} table
 * @param {{ rows: JobRow[], selected: string | null, range: string, spark: (job: string) => Node, onSelect: (job: string) => void }} what
 */
export function fillJobs(table, what) {
  /** @type {Column[]} */
  const columns = [
    { title: 'Job' },
    { title: 'Trend', class: 'wide' },
    { title: 'Events', class: 'num' },
    { title: 'Change', class: 'num', hint: `against the ${what.range} before` },
    { title: 'Types', class: 'num', hint: 'distinct errors' },
  ]
  const caption = `In the last ${what.range}. Choose one to see only its errors.`
  table.replaceChildren(el('caption', {}, caption), head(columns), el('tbody', {}, ...what.rows.map((row) => jobRow(row, what))))
}

/** @param {Column[]} columns */
function head(columns) {
  return el(
    'thead',
    {},
    el('tr', {}, ...columns.map(({ title, class: name = '', hint = '' }) => el('th', { scope: 'col', class: name, title: hint }, title))),
  )
}

/** @param {TopRow} row @param {Parameters<typeof fillTop>[1]} what */
function topRow(row, what) {
  const open = row === what.selected
  const tr = el(
    'tr',
    { class: open ? 'selected' : '' },
    el(
      'th',
      { scope: 'row', class: 'error' },
      chooser(row.title, `key:${row.key}`, { 'aria-expanded': String(open) }, () => what.onSelect(row.key)),
      el(
        'span',
        { class: 'under' },
        ...badges(row),
        groupBadge(row.group_state),
        row.culprit === null ? null : el('code', { title: row.culprit }, row.culprit),
      ),
    ),
    el('td', { class: 'wide' }, what.spark(row.key)),
    el('td', { class: 'num' }, whole(row.count), el('span', { class: 'second' }, percent(row.share))),
    // How much there was before of what the rules have taken apart since, nobody knows.
    row.change === null && !row.is_new ? el('td', { class: 'num' }, '–') : changeCell(row.change),
    what.job === null ? el('td', { class: 'num wide' }, whole(row.jobs)) : null,
    el('td', { class: 'num wide' }, known(row.hosts)),
    el(
      'td',
      { class: 'num wide' },
      time(row.last_seen, what.nowMs),
      el('span', { class: 'second' }, 'first ', time(row.first_seen, what.nowMs)),
    ),
  )
  return chosenAnywhere(tr, () => what.onSelect(row.key))
}

/** What somebody said of it; that it is new or goes on, the columns say. @param {string | null} state */
function groupBadge(state) {
  return state === null || state === 'new' || state === 'ongoing'
    ? null
    : el('span', { class: `badge ${state === 'regressed' ? 'up' : ''}` }, state)
}

/** @param {TopRow} row @param {number} columns @param {Parameters<typeof fillTop>[1]} what */
function topDetails(row, columns, { event, actions }) {
  const facts = /** @type {[string, string | null][]} */ ([
    ['Exception', row.exception_class],
    ['Root cause', row.root_cause_class],
    ['At', row.culprit],
    ['Level', row.level],
    ['Hosts', known(row.hosts)],
    ['Jobs', whole(row.jobs)],
    ['First seen', moment(row.first_seen)],
    ['Last seen', moment(row.last_seen)],
    ['Fingerprint', row.key],
    ['Before', row.previous_fingerprints.join(' ') || null],
  ]).flatMap(([name, value]) => (value === null ? [] : [el('dt', {}, name), el('dd', {}, value)]))
  const cell = el('td', { colspan: String(columns) }, advice(row), event(row), el('dl', {}, ...facts), actions(row))
  return el('tr', { class: 'details' }, cell)
}

/** What the pattern rule says; nothing where none matched, or it is not in force any more. @param {TopRow} row */
function advice({ rule, rule_title: title, advice: text, link, severity }) {
  if (rule === null || title === null) return null
  const own = patternPage(rule)
  const more = link === null || link === own ? null : el('a', { href: link, rel: 'noopener noreferrer' }, 'More')
  return el(
    'section',
    { class: `advice ${severity ?? ''}`, 'aria-label': 'What to do' },
    el('h3', {}, title),
    text === null ? null : el('p', {}, text),
    el('p', { class: 'links' }, el('a', { href: own }, 'About this pattern'), more),
  )
}

/** @param {JobRow} row @param {Parameters<typeof fillJobs>[1]} what */
function jobRow(row, what) {
  const open = row.job === what.selected
  const tr = el(
    'tr',
    { class: open ? 'selected' : '' },
    el(
      'th',
      { scope: 'row', class: 'job' },
      chooser(row.job, `job:${row.job}`, { 'aria-pressed': String(open) }, () => what.onSelect(row.job)),
    ),
    el('td', { class: 'wide' }, what.spark(row.job)),
    el('td', { class: 'num' }, whole(row.count)),
    changeCell(row.change),
    el('td', { class: 'num' }, whole(row.error_types)),
  )
  return chosenAnywhere(tr, () => what.onSelect(row.job))
}

/** For a pointer; the button in the row is for all others, and does the same. @template {HTMLElement} T @param {T} tr @param {() => void} onChoose @returns {T} */
function chosenAnywhere(tr, onChoose) {
  tr.classList.add('choosable')
  tr.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a, button') === null && document.getSelection()?.type !== 'Range') onChoose()
  })
  return tr
}

/** `mark` finds the button again after the table was made anew. @param {string} text @param {string} mark @param {Record<string, string>} state @param {() => void} onChoose */
function chooser(text, mark, state, onChoose) {
  const button = el('button', { type: 'button', class: 'choose', title: text, 'data-mark': mark, ...state }, text)
  button.addEventListener('click', onChoose)
  return button
}

/** @param {number | null} ratio */
function changeCell(ratio) {
  return el('td', { class: `num change ${direction(ratio)}` }, change(ratio))
}

/** @param {string} iso @param {number} nowMs */
function time(iso, nowMs) {
  return el('time', { datetime: iso, title: moment(iso) }, ago(iso, nowMs))
}
