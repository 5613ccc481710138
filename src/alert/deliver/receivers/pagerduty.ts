/**
 * PagerDuty, Events API v2: one event for each alert, `trigger` while it fires and `resolve` after. The dedup_key follows from the alert's key alone, so that
 * repeats and later episodes join the incident that is open, and its end closes it. Success is HTTP 2xx with `status` success in the body.
 *
 * Several alerts are several events, one after the other. When one fails, the try has failed, and the next sends all again: PagerDuty deduplicates.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Secret } from '../../../lib/secret.ts'
import type { Alert, Severity } from '../../alert.ts'
import type { HttpAnswer, HttpClient } from '../http.ts'
import { messageOf } from '../message.ts'
import { busy, refused, type Receiver } from '../receiver.ts'

/** PagerDuty's bound is 1,024; ours (message.ts) lies below. */
const SEVERITY_OF: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
}

const success = z.looseObject({ status: z.literal('success') })
const invalid = z.looseObject({ status: z.literal('invalid event') })

export interface PagerdutyOptions {
  readonly name: string
  /** `https://events.pagerduty.com`, or that of another region. */
  readonly url: string
  readonly routingKey: Secret
  readonly http: HttpClient
}

export interface PagerdutyEvent {
  readonly event_action: 'trigger' | 'resolve'
  readonly dedup_key: string
  readonly client: 'Tracefold'
  readonly client_url?: string
  readonly links: readonly { readonly href: string; readonly text: string }[]
  readonly payload: {
    readonly summary: string
    readonly source: string
    readonly severity: string
    readonly timestamp: string
    readonly component?: string
    readonly group?: string
    readonly class?: string
    readonly custom_details: Readonly<Record<string, string>>
  }
}

export function createPagerduty({ name, url, routingKey, http }: PagerdutyOptions): Receiver {
  const enqueue = `${url.replace(/\/+$/, '')}/v2/enqueue`
  return {
    name,
    async send({ alerts }, signal) {
      for (const alert of alerts)
        expectTaken(http, await http.call({ url: enqueue, body: { routing_key: routingKey.reveal(), ...pagerdutyEvent(alert) } }, signal))
    },
    close: () => http.close(),
  }
}

export function pagerdutyEvent(alert: Alert): PagerdutyEvent {
  const { headline, alerts } = messageOf({ id: '', receiver: '', group: '', alerts: [alert] })
  const { facts = [], links = [], what = '', culprit = null } = alerts[0] ?? {}
  const { subject, status, severity, startsAtMs, rule } = alert
  return {
    event_action: status === 'firing' ? 'trigger' : 'resolve',
    dedup_key: `tracefold-${createHash('sha256').update(alert.key).digest('hex')}`,
    client: 'Tracefold',
    ...(links[0] === undefined ? {} : { client_url: links[0].url }),
    links: links.map(({ title: text, url: href }) => ({ href, text })),
    payload: {
      summary: headline,
      source: subject.job ?? 'tracefold',
      severity: SEVERITY_OF[severity],
      timestamp: new Date(startsAtMs).toISOString(),
      ...(culprit === null ? {} : { component: culprit }),
      ...(subject.environment === null ? {} : { group: subject.environment }),
      class: subject.category ?? rule.id,
      custom_details: Object.fromEntries([{ label: 'What', text: what }, ...facts].map(({ label, text }) => [label, text])),
    },
  }
}

function expectTaken(http: HttpClient, answer: HttpAnswer): void {
  http.expectSuccess(answer)
  const body = parsed(answer.text)
  if (success.safeParse(body).success) return
  const message = `HTTP ${answer.status} without status success: ${http.quote(answer.text)}`
  throw invalid.safeParse(body).success ? refused(message) : busy(message)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
