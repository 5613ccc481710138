// @ts-check
/**
 * One event of the opened error, whole: message, stack trace, context, where it ran. It has a request of its own, for it lies in another store than the counts: either
 * is shown while the other is away. The section stays the same element while its error stays open, so that a refresh changes only what is new.
 */
import { ApiError } from './api.js'
import { el } from './dom.js'
import { exact, whole } from './format.js'

/** @typedef {import('./api.js').ErrorEvents} ErrorEvents */
/** @typedef {import('./api.js').ErrorDocument} ErrorDocument */
/** @typedef {import('./api.js').FullEvent} FullEvent */

/** `shown` tells what is in it, so that the same is not made again. @typedef {{ id: string, section: HTMLElement, shown: string, signal: AbortSignal | null }} Open */

/** @type {Open | null} */
let open = null

/** @param {string} id names the error and what it is narrowed to @param {string} message what is known of it already @param {() => Promise<ErrorEvents>} load @param {AbortSignal} signal of this load of the page */
export function eventSection(id, message, load, signal) {
  if (open?.id !== id) {
    const loading = [messageBox(message), el('p', { class: 'muted', role: 'status' }, 'Loading the newest event…')]
    open = { id, section: el('section', { class: 'event', 'aria-label': 'An event of it' }, ...loading), shown: '', signal: null }
  }
  if (open.signal !== signal) void fill(open, message, load, signal)
  return open.section
}

/** @param {Open} at @param {string} message @param {() => Promise<ErrorEvents>} load @param {AbortSignal} signal */
async function fill(at, message, load, signal) {
  at.signal = signal
  const [id, ...content] = await load().then(
    ({ documents }) => contentOf(documents, message),
    (cause) => failed(cause, message),
  )
  if (signal.aborted || id === at.shown) return
  at.shown = id
  at.section.replaceChildren(...content)
}

/** Its first part tells it from other content. @param {ErrorDocument[]} documents @param {string} message @returns {[string, ...Node[]]} */
function contentOf(documents, message) {
  const newest = documents.find(({ event }) => event !== null)
  if (newest === undefined || newest.event === null) {
    const why = 'No whole event of it is kept from this range: details are kept for fewer days than counts.'
    return ['none', messageBox(message), el('p', { class: 'muted' }, why)]
  }
  return [`${newest.id} ${newest.count}`, ...parts(newest, newest.event)]
}

/** @param {unknown} cause @param {string} message @returns {[string, ...Node[]]} */
function failed(cause, message) {
  const { title, message: words } = cause instanceof ApiError ? cause : { title: 'This page has a fault', message: String(cause) }
  const note = el('p', { class: 'failed', role: 'status' }, el('strong', {}, 'The event cannot be shown. '), `${title}: ${words}`)
  return [`failed ${title} ${words}`, messageBox(message), note]
}

/** @param {ErrorDocument} document @param {FullEvent} event @returns {Node[]} */
function parts(document, event) {
  const { message, stack_trace: trace } = event
  return [
    el('div', { class: 'panel-head' }, el('h3', {}, 'Newest event'), copyButton([message, ...(trace === null ? [] : [trace])].join('\n'))),
    el('p', { class: 'muted' }, stands(document, event)),
    messageBox(message),
    ...(trace === null ? [] : [traceBox(trace, event.own_lines)]),
    ...pairs('Where it ran', where(document, event)),
    ...pairs('Context', Object.entries(event.context)),
  ]
}

/** @param {ErrorDocument} document @param {FullEvent} event */
function stands({ count, minute }, { time, truncated }) {
  const when = time === null ? '' : `${exact(time)}. `
  const others = count === 1 ? 'The only one of its minute' : `One of ${whole(count)} in the minute from ${exact(minute)}`
  return `${when}${others}.${truncated ? ' It was cut, so its end may be missing.' : ''}`
}

/** @param {string} message */
function messageBox(message) {
  return el('pre', { class: 'sample', role: 'region', 'aria-label': 'Message', tabindex: '0', 'data-mark': 'event:message' }, message)
}

/** @param {string} trace @param {number[]} ownLines */
function traceBox(trace, ownLines) {
  const attributes = { class: 'sample trace', role: 'region', 'aria-label': 'Stack trace', tabindex: '0', 'data-mark': 'event:trace' }
  return el('pre', attributes, ...traceParts(trace, ownLines).map(({ kind, text }) => el('span', { class: kind }, text)))
}

/**
 * Neighbouring lines of one kind together: own code, the exceptions of the chain, the rest. A trace may have thousands of lines.
 * @param {string} trace @param {number[]} ownLines @returns {{ kind: 'own' | 'cause' | 'other', text: string }[]}
 */
export function traceParts(trace, ownLines) {
  const own = new Set(ownLines)
  /** @type {ReturnType<typeof traceParts>} */
  const found = []
  for (const [at, line] of trace.split(/(?<=\n)/).entries()) {
    const kind = own.has(at) ? 'own' : at === 0 || /^\s*(?:Caused by|Suppressed): /.test(line) ? 'cause' : 'other'
    const last = found.at(-1)
    if (last?.kind === kind) last.text += line
    else found.push({ kind, text: line })
  }
  return found
}

/** @param {ErrorDocument} document @param {FullEvent} event @returns {[string, string | null][]} */
function where({ job, hosts, places }, event) {
  const service = [event.service, event.service_version].filter((part) => part !== null).join(' ')
  return [
    ['Job', job],
    ['Host', event.host ?? (hosts.length === 0 ? null : `${hosts.length === 1 ? '' : 'one of '}${hosts.join(', ')}`)],
    ['Service', service || null],
    ['Environment', event.environment],
    ['Operator', event.operator === null ? null : `${event.operator}${event.subtask === null ? '' : `, subtask ${event.subtask}`}`],
    ['Thread', event.thread],
    ['Logger', event.logger],
    ['Tags', event.tags.join(', ') || null],
    ['Read from', places.map(({ contributor, block }) => `${contributor} from ${block}`).join('\n') || null],
  ]
}

/** @param {string} title @param {[string, string | null][]} all @returns {Node[]} */
function pairs(title, all) {
  const shown = all.flatMap(([name, value]) => (value === null ? [] : [el('dt', {}, name), el('dd', {}, value)]))
  return shown.length === 0 ? [] : [el('h4', {}, title), el('dl', {}, ...shown)]
}

/** Nothing where the browser gives no clipboard: a page over plain HTTP from elsewhere. @param {string} text */
function copyButton(text) {
  if (globalThis.navigator?.clipboard === undefined) return null
  const button = el('button', { type: 'button', class: 'quiet', 'data-mark': 'event:copy' }, 'Copy')
  button.addEventListener('click', async () => {
    button.textContent = await navigator.clipboard.writeText(text).then(
      () => 'Copied',
      () => 'Not allowed',
    )
  })
  return button
}
