/**
 * Feishu, abroad Lark, by a group's robot. Signed in the body, and not as DingTalk: `timestamp` in seconds, `sign` = base64(HMAC-SHA256(key =
 * "timestamp\nsecret", no message)), valid for an hour. Success is `code` 0 in the body; a refusal may come with HTTP 400 and a code of its own.
 * The message is a card whose texts are all plain_text, where nothing is read as a tag, so a log cannot mention anybody; links are buttons.
 */
import { createHmac } from 'node:crypto'
import type { Secret } from '../../../lib/secret.ts'
import type { Notification } from '../../alert.ts'
import { fit, utf8Bytes } from '../fit.ts'
import type { HttpClient } from '../http.ts'
import { messageOf, notShownWords, type AlertText, type Brevity, type Tone } from '../message.ts'
import { neutralPlain } from '../neutral.ts'
import type { Receiver } from '../receiver.ts'
import { expectCodeZero, type AnswerCode, type Judge } from './answer-code.ts'

const MAX_SHOWN = 10
/** Of the whole body; Feishu's bound is 20 KB. */
const MAX_BODY_BYTES = 18_000

const TEMPLATES: Readonly<Record<Tone, string>> = {
  critical: 'red',
  high: 'orange',
  medium: 'yellow',
  low: 'blue',
  resolved: 'green',
  ended: 'grey',
}
/** 11232, 99991400: too fast. 2200: an error of theirs. 9499 stands for "too many request" and for "Bad Request": the words decide. */
const BUSY_CODES = new Set([11_232, 99_991_400, 2_200])
const JUDGE: Judge = { names: { code: ['code', 'StatusCode'], words: ['msg', 'StatusMessage'] }, isBusy, pauseMs: 10_000 }

export interface FeishuOptions {
  readonly name: string
  readonly url: string
  readonly secret: Secret | null
  readonly http: HttpClient
  readonly now: () => number
}

interface PlainText {
  readonly tag: 'plain_text'
  readonly content: string
}

type Element =
  | { readonly tag: 'div'; readonly text: PlainText }
  | {
      readonly tag: 'action'
      readonly actions: readonly { readonly tag: 'button'; readonly type: 'default'; readonly text: PlainText; readonly url: string }[]
    }
  | { readonly tag: 'hr' }

export interface FeishuBody {
  readonly msg_type: 'interactive'
  readonly card: { readonly header: { readonly template: string; readonly title: PlainText }; readonly elements: readonly Element[] }
}

export function createFeishu({ name, url, secret, http, now }: FeishuOptions): Receiver {
  return {
    name,
    async send(notification, signal) {
      const signature = secret === null ? {} : sign(secret, now())
      expectCodeZero(http, await http.call({ url, body: { ...signature, ...feishuBody(notification) } }, signal), JUDGE)
    },
    close: () => http.close(),
  }
}

export function feishuBody(notification: Notification): FeishuBody {
  return fit({
    alerts: notification.alerts.length,
    maxShown: MAX_SHOWN,
    render: (shown, brevity) => card(notification, shown, brevity),
    fits: (body) => utf8Bytes(JSON.stringify(body)) <= MAX_BODY_BYTES,
  })
}

function card(notification: Notification, shown: number, brevity: Brevity): FeishuBody {
  const message = messageOf(notification, shown, brevity)
  const parts = message.alerts.map(elementsOf)
  if (message.notShown > 0) parts.push([{ tag: 'div', text: plain(notShownWords(message.notShown)) }])
  const elements = parts.flatMap((part, i): readonly Element[] => (i === 0 ? part : [{ tag: 'hr' }, ...part]))
  return { msg_type: 'interactive', card: { header: { template: TEMPLATES[message.tone], title: plain(message.title) }, elements } }
}

function elementsOf({ state, what, culprit, facts, links }: AlertText): readonly Element[] {
  const lines = [
    `${state}: ${what}`,
    ...(culprit === null ? [] : [`at ${culprit}`]),
    ...facts.map(({ label, text }) => `${label}: ${text}`),
  ]
  const buttons = links.map(({ title, url }) => ({ tag: 'button' as const, type: 'default' as const, text: plain(title), url }))
  return [{ tag: 'div', text: plain(lines.join('\n')) }, ...(buttons.length === 0 ? [] : [{ tag: 'action' as const, actions: buttons }])]
}

function plain(content: string): PlainText {
  return { tag: 'plain_text', content: neutralPlain(content) }
}

function sign(secret: Secret, nowMs: number): { readonly timestamp: string; readonly sign: string } {
  const timestamp = String(Math.floor(nowMs / 1_000))
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret.reveal()}`).digest('base64') }
}

function isBusy({ code, words }: AnswerCode): boolean {
  return BUSY_CODES.has(code) || /too many|frequency limit/i.test(words)
}
