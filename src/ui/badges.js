// @ts-check
/** What kind of trouble an error is, and how bad, in a word each; the kind leads to the page about its pattern. */
import { el } from './dom.js'

/** Where the pattern with this id is explained. @param {string} id */
export function patternPage(id) {
  return `patterns.html#${encodeURIComponent(id)}`
}

/** @param {{ category: string | null, severity: string | null, rule: string | null, advice?: string | null }} error */
export function badges({ category, severity, rule, advice = null }) {
  const title = advice ?? 'What this means'
  return [
    severity === null ? null : severityBadge(severity),
    category === null
      ? null
      : rule === null
        ? el('span', { class: 'badge' }, category)
        : el('a', { class: 'badge', href: patternPage(rule), title }, category),
  ]
}

/** The word says it; the colour repeats it. @param {string} severity */
export function severityBadge(severity) {
  return el('span', { class: `badge severity ${severity}` }, severity)
}
