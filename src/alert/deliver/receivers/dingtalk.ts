/**
 * DingTalk, by a group's robot. Signed by the query: `timestamp` (ms) and `sign` = base64(HMAC-SHA256(key = secret, "timestamp\nsecret")), valid for an
 * hour. Success is `errcode` 0 in the body. A robot may send 20 messages a minute and is shut out for ten minutes above that, so the schedule spaces them.
 * Nobody is mentioned: `at` is empty, whatever the text says.
 */
import { createHmac } from 'node:crypto'
import type { Secret } from '../../../lib/secret.ts'
import type { Notification } from '../../alert.ts'
import { fit, utf8Bytes } from '../fit.ts'
import type { HttpClient } from '../http.ts'
import { markdown } from '../markdown.ts'
import { messageOf } from '../message.ts'
import { neutralMarkdown } from '../neutral.ts'
import type { Receiver } from '../receiver.ts'
import { expectCodeZero, type Judge } from './answer-code.ts'

const MAX_SHOWN = 10
/** Of the whole body; DingTalk's bound is 20,000. */
const MAX_BODY_BYTES = 18_000

/** -1: the system is busy. 130101, 410100, 90030: too fast. */
const BUSY_CODES = new Set([-1, 130_101, 410_100, 90_030])
const JUDGE: Judge = { names: { code: ['errcode'], words: ['errmsg'] }, isBusy: ({ code }) => BUSY_CODES.has(code), pauseMs: 60_000 }

export interface DingtalkOptions {
  readonly name: string
  readonly url: string
  readonly secret: Secret | null
  readonly http: HttpClient
  readonly now: () => number
}

export interface DingtalkBody {
  readonly msgtype: 'markdown'
  readonly markdown: { readonly title: string; readonly text: string }
  readonly at: { readonly isAtAll: false }
}

export function createDingtalk({ name, url, secret, http, now }: DingtalkOptions): Receiver {
  return {
    name,
    async send(notification, signal) {
      const to = secret === null ? url : signedUrl(url, secret, now())
      expectCodeZero(http, await http.call({ url: to, body: dingtalkBody(notification) }, signal), JUDGE)
    },
    close: () => http.close(),
  }
}

export function dingtalkBody(notification: Notification): DingtalkBody {
  return fit({
    alerts: notification.alerts.length,
    maxShown: MAX_SHOWN,
    render: (shown, brevity): DingtalkBody => {
      const message = messageOf(notification, shown, brevity)
      return {
        msgtype: 'markdown',
        markdown: { title: neutralMarkdown(message.title), text: markdown(message, '\n\n') },
        at: { isAtAll: false },
      }
    },
    fits: (body) => utf8Bytes(JSON.stringify(body)) <= MAX_BODY_BYTES,
  })
}

/** Of the address as configured, anew for each try. */
function signedUrl(url: string, secret: Secret, nowMs: number): string {
  const signed = new URL(url)
  const sign = createHmac('sha256', secret.reveal()).update(`${nowMs}\n${secret.reveal()}`).digest('base64')
  signed.searchParams.set('timestamp', String(nowMs))
  signed.searchParams.set('sign', sign)
  return signed.href
}
