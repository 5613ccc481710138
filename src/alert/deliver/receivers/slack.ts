/**
 * Slack, by an incoming webhook; also whatever takes the same. Success is HTTP 2xx with the body `ok`.
 *
 * Texts out of logs make no link and no mention: `&`, `<` and `>` are escaped, `verbatim` and `parse: none` keep Slack from making any by itself, and
 * what would format is replaced. The title is the text that phones show; each alert is an attachment with its colour.
 */
import type { Link, Notification } from '../../alert.ts'
import { fit } from '../fit.ts'
import { colourOf } from '../html.ts'
import type { HttpClient } from '../http.ts'
import { messageOf, notShownWords, type AlertText, type Brevity } from '../message.ts'
import { busy, type Receiver } from '../receiver.ts'

/** What one reads in a channel; Slack itself takes 20 attachments well. */
const MAX_SHOWN = 10
/** Slack's bound for the text of a section. */
const MAX_SECTION_CHARS = 3_000
const WORD_JOINER = '\u2060'

export interface SlackOptions {
  readonly name: string
  readonly url: string
  readonly http: HttpClient
}

interface Section {
  readonly type: 'section'
  readonly text: { readonly type: 'mrkdwn'; readonly verbatim: true; readonly text: string }
}

export interface SlackBody {
  readonly text: string
  readonly attachments: readonly { readonly color?: string; readonly fallback: string; readonly blocks: readonly Section[] }[]
}

export function createSlack({ name, url, http }: SlackOptions): Receiver {
  return {
    name,
    async send(notification, signal) {
      const answer = await http.call({ url, body: slackBody(notification) }, signal)
      http.expectSuccess(answer)
      if (answer.text.trim() !== 'ok') throw busy(`HTTP ${answer.status} without Slack's ok: ${http.quote(answer.text)}`)
    },
    close: () => http.close(),
  }
}

export function slackBody(notification: Notification): SlackBody {
  return fit({
    alerts: notification.alerts.length,
    maxShown: MAX_SHOWN,
    render: (shown, brevity) => rendered(notification, shown, brevity),
    fits: ({ attachments }) => attachments.every(({ blocks }) => blocks.every(({ text }) => text.text.length <= MAX_SECTION_CHARS)),
  })
}

function rendered(notification: Notification, shown: number, brevity: Brevity): SlackBody & Record<string, unknown> {
  const { title, alerts, notShown } = messageOf(notification, shown, brevity)
  return {
    text: mrkdwn(title),
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    attachments: [
      ...alerts.map((alert) => ({
        color: colourOf(alert.tone),
        fallback: mrkdwn(alert.what),
        blocks: [section(alertLines(alert).join('\n'))],
      })),
      ...(notShown > 0 ? [{ fallback: notShownWords(notShown), blocks: [section(notShownWords(notShown))] }] : []),
    ],
  }
}

function section(text: string): Section {
  return { type: 'section', text: { type: 'mrkdwn', verbatim: true, text } }
}

function alertLines({ state, what, culprit, facts, links }: AlertText): string[] {
  return [
    `*${state}* \`${mrkdwn(what)}\``,
    ...(culprit === null ? [] : [`at \`${mrkdwn(culprit)}\``]),
    ...facts.map(({ label, text }) => `*${mrkdwn(label)}:* ${mrkdwn(text)}`),
    ...(links.length === 0 ? [] : [links.map(link).join(' | ')]),
  ]
}

function mrkdwn(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', 'ˋ')
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll('@', `@${WORD_JOINER}`)
}

/** `|` would end the address. */
function link({ title, url }: Link): string {
  return `<${url.replaceAll('&', '&amp;').replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E')}|${mrkdwn(title).replaceAll('|', '/')}>`
}
