// @ts-check
/** What can be done with an error of a job, by its state: resolve it, mute it, or take that back. Nothing where no alert rules are evaluated. */
import { changeGroup } from './alerts-api.js'
import { button } from './alert-cards.js'
import { el } from './dom.js'
import { nameOf, rememberName } from './who.js'

/** @typedef {{ label: string, change: { action: string, until?: string } }} Action */

/** @type {Action[]} */
const OPEN = [
  { label: 'Resolve', change: { action: 'resolve' } },
  { label: 'Mute for a day', change: { action: 'mute', until: '+1d' } },
  { label: 'Mute', change: { action: 'mute' } },
]

/** @param {string} state @returns {Action[]} */
export function actionsIn(state) {
  if (state === 'muted') return [{ label: 'Unmute', change: { action: 'unmute' } }]
  return state === 'resolved' ? [{ label: 'Reopen', change: { action: 'reopen' } }] : OPEN
}

/**
 * @param {string | null} job @param {{ key: string, group_state: string | null }} row
 * @param {(work: Promise<unknown>) => void} onChange told of each change, which may fail
 */
export function groupActions(job, { key, group_state: state }, onChange) {
  if (job === null || state === null) return null
  const who = /** @type {HTMLInputElement} */ (
    el('input', { type: 'text', 'aria-label': 'Your name', placeholder: 'your name', maxlength: '200', autocomplete: 'username' })
  )
  rememberName(who)
  const buttons = actionsIn(state).map(({ label, change }) =>
    button(label, `group:${label}`, () => {
      const name = nameOf(who)
      if (name !== null) onChange(changeGroup(job, key, { ...change, who: name }))
    }),
  )
  return el('div', { class: 'actions silence' }, el('span', { class: 'muted' }, `This error is ${state}.`), ...buttons, who)
}
