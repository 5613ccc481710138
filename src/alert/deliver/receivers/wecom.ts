/**
 * WeCom (Enterprise WeChat), by a group's robot; the key in the address is all there is of a login. Success is `errcode` 0 in the body. A robot may send
 * 20 messages a minute, so the schedule spaces them; a message has at most 4,096 bytes. Mentions are tags (`<@all>`), and no text of ours holds a `<`.
 */
import type { Notification } from '../../alert.ts'
import { fit, utf8Bytes } from '../fit.ts'
import type { HttpClient } from '../http.ts'
import { markdown } from '../markdown.ts'
import { messageOf } from '../message.ts'
import type { Receiver } from '../receiver.ts'
import { expectCodeZero, type Judge } from './answer-code.ts'

const MAX_SHOWN = 10
const MAX_CONTENT_BYTES = 4_096

/** -1: the system is busy. 45009, 45033: too often, too many at once. */
const BUSY_CODES = new Set([-1, 45_009, 45_033])
const JUDGE: Judge = { names: { code: ['errcode'], words: ['errmsg'] }, isBusy: ({ code }) => BUSY_CODES.has(code), pauseMs: 60_000 }

export interface WecomOptions {
  readonly name: string
  readonly url: string
  readonly http: HttpClient
}

export interface WecomBody {
  readonly msgtype: 'markdown'
  readonly markdown: { readonly content: string }
}

export function createWecom({ name, url, http }: WecomOptions): Receiver {
  return {
    name,
    async send(notification, signal) {
      expectCodeZero(http, await http.call({ url, body: wecomBody(notification) }, signal), JUDGE)
    },
    close: () => http.close(),
  }
}

export function wecomBody(notification: Notification): WecomBody {
  const content = fit({
    alerts: notification.alerts.length,
    maxShown: MAX_SHOWN,
    render: (shown, brevity) => markdown(messageOf(notification, shown, brevity), '\n'),
    fits: (text) => utf8Bytes(text) <= MAX_CONTENT_BYTES,
  })
  return { msgtype: 'markdown', markdown: { content } }
}
