/** A message as HTML for mail clients: tables and inline styles only, since many of them know nothing else. Every text is escaped. Pure. */
import { notShownWords, type AlertText, type Message, type Tone } from './message.ts'

const COLOURS: Readonly<Record<Tone, string>> = {
  critical: '#b3261e',
  high: '#c75b12',
  medium: '#9a7b00',
  low: '#3b6ea5',
  resolved: '#2e7d32',
  ended: '#666666',
}

export function html({ title, alerts, notShown }: Message): string {
  const rest = notShown > 0 ? `<p>${escaped(notShownWords(notShown))}</p>` : ''
  return `<!doctype html><html><head><meta charset="utf-8"><title>${escaped(title)}</title></head><body style="font-family:sans-serif;font-size:14px">${alerts.map(alertHtml).join('')}${rest}</body></html>`
}

export function colourOf(tone: Tone): string {
  return COLOURS[tone]
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

function alertHtml({ tone, state, what, culprit, facts, links }: AlertText): string {
  const colour = colourOf(tone)
  const rows = facts.map(
    ({ label, text }) =>
      `<tr><td style="padding-right:12px;vertical-align:top;color:#666">${escaped(label)}</td><td>${escaped(text)}</td></tr>`,
  )
  const anchors = links.map(({ title, url }) => `<a href="${escaped(url)}">${escaped(title)}</a>`)
  return [
    `<div style="border-left:4px solid ${colour};padding-left:12px;margin-bottom:20px">`,
    `<p style="margin:0"><b style="color:${colour}">${escaped(state)}</b></p>`,
    `<p style="margin:4px 0;font-family:monospace"><b>${escaped(what)}</b>${culprit === null ? '' : `<br>at ${escaped(culprit)}`}</p>`,
    `<table style="border-collapse:collapse;font-size:14px">${rows.join('')}</table>`,
    anchors.length === 0 ? '' : `<p style="margin:4px 0">${anchors.join(' &middot; ')}</p>`,
    '</div>',
  ].join('')
}
