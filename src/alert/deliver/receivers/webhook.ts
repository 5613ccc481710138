/**
 * Any HTTP endpoint: the notification as JSON, signed.
 *
 *   webhook-id: <id>                  equal for every try of one notification: remember it, and drop what you have seen
 *   webhook-timestamp: <seconds>      when this try was made; refuse what is older than `REPLAY_WINDOW_SECONDS`
 *   webhook-signature: v1,<base64>    HMAC-SHA256 over `<id>.<timestamp>.<body>` with the secret, byte for byte as received
 *
 * These are the headers and the signature of Standard Webhooks, so its libraries verify them. A secret that begins with `whsec_` is base64 behind that, as
 * there; any other is taken as it is. Without a secret nothing is signed. Any 2xx is success.
 */
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Secret } from '../../../lib/secret.ts'
import { ALERT_LEVELS, ENDINGS, SEVERITIES, type Alert, type Notification, type Peak } from '../../alert.ts'
import { fit, utf8Bytes } from '../fit.ts'
import type { HttpClient } from '../http.ts'
import type { Receiver } from '../receiver.ts'

export const WEBHOOK_VERSION = 1
/** For whoever verifies: five minutes, as Standard Webhooks has it. */
export const REPLAY_WINDOW_SECONDS = 300
const MAX_BODY_BYTES = 1_000_000
const BASE64_SECRET = 'whsec_'

const text = z.string()
const instant = z.iso.datetime({ precision: 3 })

/** What is sent. Fields may be added; another `version` means that one has changed or gone. */
export const webhookBody = z.strictObject({
  version: z.literal(WEBHOOK_VERSION),
  id: text.describe('Equal for every try to send this notification.'),
  receiver: text,
  group: text.describe('What the alerts have in common: job=orders.'),
  status: z.enum(['firing', 'resolved']).describe('firing if any of the alerts is.'),
  notShown: z.int().describe('Alerts that were left out at the end because the body would have been too large.'),
  alerts: z
    .array(
      z.strictObject({
        key: text.describe('Rule and subject: equal for all that is ever told of one alert.'),
        status: z.enum(['firing', 'resolved']),
        ending: z
          .enum(ENDINGS)
          .nullable()
          .describe('How it ended though nobody saw its trouble end. Null: it fires, or its trouble is over.'),
        severity: z.enum(SEVERITIES),
        rule: z.strictObject({ id: text, title: text, level: z.enum(ALERT_LEVELS) }),
        what: text,
        culprit: text.nullable(),
        job: text.nullable(),
        environment: text.nullable(),
        fingerprint: text.nullable(),
        category: text.nullable(),
        jobs: z.array(text).describe('The worst first, at most ten.'),
        jobCount: z.int(),
        count: z.number().nullable(),
        counted: text.describe('What the count is of: event, or dead letter.'),
        usual: z.number().nullable(),
        hosts: z.number().nullable(),
        windowSeconds: z.number(),
        why: text,
        peak: z
          .strictObject({
            count: z.number().nullable(),
            usual: z.number().nullable(),
            hosts: z.number().nullable(),
            windowSeconds: z.number(),
            why: text,
          })
          .nullable()
          .describe('Where there were the most events in this episode. Null: now.'),
        since: instant.describe('When the trouble began, by event time.'),
        startsAt: instant.describe('When the alert began to fire.'),
        endsAt: instant.nullable(),
        isNew: z.boolean(),
        advice: text.nullable(),
        links: z.array(z.strictObject({ title: text, url: text })),
        labels: z.record(text, text),
        annotations: z.record(text, text),
      }),
    )
    .min(1),
})

export type WebhookBody = z.output<typeof webhookBody>

export interface WebhookOptions {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly secret: Secret | null
  readonly http: HttpClient
  readonly now: () => number
}

export function createWebhook({ name, url, headers, secret, http, now }: WebhookOptions): Receiver {
  return {
    name,
    async send(notification, signal) {
      const body = fittedBody(notification)
      const timestamp = String(Math.floor(now() / 1_000))
      const signature: Record<string, string> =
        secret === null ? {} : { 'webhook-signature': `v1,${sign(secret, notification.id, timestamp, body)}` }
      http.expectSuccess(
        await http.call(
          { url, headers: { ...headers, 'webhook-id': notification.id, 'webhook-timestamp': timestamp, ...signature }, body },
          signal,
        ),
      )
    },
    close: () => http.close(),
  }
}

export function webhookBodyOf(notification: Notification, shown = notification.alerts.length): WebhookBody {
  const { id, receiver, group, alerts } = notification
  return {
    version: WEBHOOK_VERSION,
    id,
    receiver,
    group,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    notShown: alerts.length - shown,
    alerts: alerts.slice(0, shown).map(alertOf),
  }
}

function fittedBody(notification: Notification): string {
  const alerts = notification.alerts.length
  return fit({
    alerts,
    maxShown: alerts,
    render: (shown) => JSON.stringify(webhookBodyOf(notification, shown)),
    fits: (body) => utf8Bytes(body) <= MAX_BODY_BYTES,
  })
}

function sign(secret: Secret, id: string, timestamp: string, body: string): string {
  const given = secret.reveal()
  const key = given.startsWith(BASE64_SECRET) ? Buffer.from(given.slice(BASE64_SECRET.length), 'base64') : given
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
}

function alertOf({ startsAtMs, endsAtMs, sinceMs, windowMs, subject, rule, links, ...rest }: Alert): WebhookBody['alerts'][number] {
  return {
    key: rest.key,
    status: rest.status,
    ending: rest.ending ?? null,
    severity: rest.severity,
    rule: { id: rule.id, title: rule.title, level: rule.level },
    what: rest.what,
    culprit: rest.culprit,
    job: subject.job,
    environment: subject.environment,
    fingerprint: subject.fingerprint,
    category: subject.category,
    jobs: [...rest.jobs],
    jobCount: rest.jobCount,
    count: rest.count,
    counted: rest.noun ?? 'event',
    usual: rest.usual,
    hosts: rest.hosts,
    windowSeconds: windowMs / 1_000,
    why: rest.why,
    peak: rest.peak === undefined ? null : peakOf(rest.peak),
    since: iso(sinceMs),
    startsAt: iso(startsAtMs),
    endsAt: endsAtMs === null ? null : iso(endsAtMs),
    isNew: rest.isNew,
    advice: rest.advice,
    links: links.map(({ title, url }) => ({ title, url })),
    labels: { ...rest.labels },
    annotations: { ...rest.annotations },
  }
}

function peakOf({ count, usual, hosts, windowMs, why }: Peak) {
  return { count, usual, hosts, windowSeconds: windowMs / 1_000, why }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
