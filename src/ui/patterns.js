// @ts-check
/** The page about the pattern rules in force: a section for each family, an anchor for each rule, and a field that finds words in them. */
import { patterns } from './api.js'
import { severityBadge } from './badges.js'
import { byId, el } from './dom.js'
import { showProblem } from './standing.js'

/** @typedef {import('./api.js').Pattern} Pattern */

const find = /** @type {HTMLInputElement} */ (byId('find'))

void start()

async function start() {
  try {
    const answer = await patterns(new AbortController().signal)
    render(answer.patterns)
  } catch (error) {
    showProblem(error)
  }
}

/** @param {Pattern[]} rules */
function render(rules) {
  const families = [...new Set(rules.map(({ family }) => family))].sort()
  byId('families').replaceChildren(
    ...families.map((family) =>
      section(
        family,
        rules.filter((rule) => rule.family === family),
      ),
    ),
  )
  find.value = new URLSearchParams(location.search).get('find') ?? ''
  narrow()
  find.addEventListener('input', () => look(find.value))
  byId('all').addEventListener('click', () => {
    look('')
    find.focus()
  })
  addEventListener('hashchange', showTarget)
  showTarget()
}

/** @param {string} family @param {Pattern[]} rules */
function section(family, rules) {
  return el('section', { class: 'family', 'aria-label': family }, el('h2', {}, family), ...rules.map(article))
}

/** @param {Pattern} rule */
function article({ id, title, category, severity, meaning, advice, link }) {
  const outside = /^https?:/.test(link) ? el('p', { class: 'links' }, el('a', { href: link, rel: 'noopener noreferrer' }, 'More')) : null
  return el(
    'article',
    { id, class: `panel rule ${severity}`, tabindex: '-1' },
    el('h3', {}, el('a', { href: `#${encodeURIComponent(id)}` }, title)),
    el('p', { class: 'under' }, severityBadge(severity), el('span', { class: 'badge' }, category), el('code', {}, id)),
    el('p', {}, meaning),
    advice === null ? null : el('p', {}, el('strong', {}, 'What to do: '), advice),
    outside,
  )
}

/** The search is in the URL, so that a link to it, or a reload, is the same page. @param {string} text */
function look(text) {
  find.value = text
  narrow()
  const search = text.trim() === '' ? '' : `?${new URLSearchParams({ find: text })}`
  history.replaceState(null, '', `${location.pathname}${search}${location.hash}`)
}

/** Rules that have all the words stay. */
function narrow() {
  const words = find.value
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  let shown = 0
  for (const family of document.querySelectorAll('.family')) {
    const rules = [...family.querySelectorAll('.rule')].filter((rule) => rule instanceof HTMLElement)
    for (const rule of rules) rule.hidden = !words.every((word) => rule.textContent?.toLowerCase().includes(word))
    const left = rules.filter((rule) => !rule.hidden).length
    if (family instanceof HTMLElement) family.hidden = left === 0
    shown += left
  }
  byId('none').hidden = shown > 0
  byId('count').textContent = `${shown} pattern${shown === 1 ? '' : 's'}`
}

/** The browser looked for the anchor before it was there. */
function showTarget() {
  for (const rule of document.querySelectorAll('.rule.target')) rule.classList.remove('target')
  const target = document.getElementById(location.hash.slice(1))
  if (target === null || !target.classList.contains('rule')) return
  if (target.hidden) look('')
  target.classList.add('target')
  target.scrollIntoView({ block: 'start' })
  target.focus({ preventScroll: true })
}
