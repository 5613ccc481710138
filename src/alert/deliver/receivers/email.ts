/**
 * E-mail by SMTP: text and HTML. The Message-ID is the notification's id, equal for every try, so that a mail store keeps one; References name the alerts by
 * their keys, so that all mails of one alert, its end included, are one thread.
 *
 * 4xx answers, and a server that is away, are busy; 5xx (relaying denied, wrong password) are refusals. Where the server takes the mail for some of the
 * recipients only, it counts as delivered, and the others are told to `warn`: sending it again would pester those who have it.
 */
import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { TracefoldError } from '../../../errors.ts'
import type { Secret } from '../../../lib/secret.ts'
import type { TlsOptions } from '../../../config/tls-files.ts'
import type { Notification } from '../../alert.ts'
import { fit, utf8Bytes } from '../fit.ts'
import { html } from '../html.ts'
import { messageOf } from '../message.ts'
import { plainText } from '../plain-text.ts'
import { busy, refused, type DeliveryError, type Receiver } from '../receiver.ts'
import type { Scrub } from '../scrub.ts'
import { cut, oneLine } from '../words.ts'

const MAX_SHOWN = 50
/** Servers commonly take 10 MB and more; nobody reads this much. */
const MAX_BODY_BYTES = 500_000
/** Alerts named in References: a header line of mail has its bounds. */
const MAX_REFERENCES = 10
const MAX_QUOTED_CHARS = 200

export interface EmailOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  /** starttls: refused where the server does not offer it. tls: from the first byte. none: in the clear. */
  readonly security: 'starttls' | 'tls' | 'none'
  readonly tls: TlsOptions
  readonly login: { readonly username: string; readonly password: Secret } | null
  readonly from: string
  readonly to: readonly string[]
  readonly timeoutMs: number
  readonly scrub: Scrub
  readonly warn: (message: string) => void
}

export function createEmail(options: EmailOptions): Receiver {
  const { name, host, port, security, tls, login, from, to, timeoutMs, warn } = options
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { ...tls },
    ...(login === null ? {} : { auth: { user: login.username, pass: login.password.reveal() } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    name,
    async send(notification, signal) {
      const mail = {
        ...mailOf(notification, from),
        from,
        to: [...to],
        signal: AbortSignal.any([signal, AbortSignal.timeout(2 * timeoutMs)]),
      }
      const { rejected } = await transport.sendMail(mail).catch((error: unknown) => {
        throw signal.aborted ? new TracefoldError('aborted', 'a stop ended the sending') : failureOf(error, options)
      })
      if (rejected.length > 0) warn(`e-mail ${name}: the server takes no mail for ${rejected.join(', ')}; the others have it`)
    },
    close: async () => transport.close(),
  }
}

export function mailOf(notification: Notification, from: string) {
  const domain = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? 'tracefold.invalid'
  const threads = notification.alerts
    .slice(0, MAX_REFERENCES)
    .map(({ key }) => `<alert-${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${domain}>`)
  return {
    messageId: `<${notification.id}@${domain}>`,
    inReplyTo: threads[0] ?? '',
    references: threads,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    subject: messageOf(notification).title,
    ...bodyOf(notification),
  }
}

function bodyOf(notification: Notification): { readonly text: string; readonly html: string } {
  return fit({
    alerts: notification.alerts.length,
    maxShown: MAX_SHOWN,
    render: (shown, brevity) => {
      const message = messageOf(notification, shown, brevity)
      return { text: plainText(message), html: html(message) }
    },
    fits: ({ text, html: page }) => utf8Bytes(text) + utf8Bytes(page) <= MAX_BODY_BYTES,
  })
}

/** The library's errors carry the server's answer in their message. */
function failureOf(error: unknown, { host, port, scrub }: EmailOptions): DeliveryError {
  const { code, responseCode, message } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    responseCode?: unknown
    message?: unknown
  }
  const words = cut(oneLine(scrub(typeof message === 'string' ? message : '')), MAX_QUOTED_CHARS)
  const told = `${host}:${port}: ${typeof code === 'string' ? code : 'no answer'}: ${JSON.stringify(words)}`
  const isRefusal =
    typeof responseCode === 'number' ? responseCode >= 500 : code === 'EENVELOPE' || code === 'ECONFIG' || code === 'ENOAUTH'
  return isRefusal ? refused(told) : busy(told)
}
