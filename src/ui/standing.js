// @ts-check
/**
 * How a page stands: up to date, or what is in the way. A live region is read out whenever it changes, so its words change only when they say something else; the time of
 * the last update is beside it.
 */
import { ApiError } from './api.js'
import { byId, el } from './dom.js'

export function standUpToDate() {
  byId('problem').hidden = true
  byId('main').classList.remove('stale')
  say('Up to date')
  byId('updated').textContent = new Date().toLocaleTimeString('en-GB')
}

/** What was shown stays, marked as old. @param {unknown} cause @param {...Node} more below its words */
export function standBehind(cause, ...more) {
  showProblem(cause, ...more)
  byId('main').classList.add('stale')
  say(byId('content').hidden ? 'No data' : 'Not up to date, last at')
}

/** @param {unknown} cause @param {...Node} more */
export function showProblem(cause, ...more) {
  const { title, message } = cause instanceof ApiError ? cause : { title: 'This page has a fault', message: String(cause) }
  byId('problem').replaceChildren(el('h2', {}, title), el('p', {}, message), ...more)
  byId('problem').hidden = false
}

/** @param {string} words */
function say(words) {
  if (byId('status').textContent !== words) byId('status').textContent = words
}
