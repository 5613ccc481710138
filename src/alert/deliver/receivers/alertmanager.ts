/**
 * Prometheus Alertmanager, API v2. Labels identify and deduplicate an alert, annotations describe it.
 *
 * It forgets what it is not told again: what fires is sent every minute, and what has resolved for five minutes more (`resend`, kept by the schedule).
 * A firing alert has no `endsAt`, so that Alertmanager ends it by its own clock (`resolve_timeout`) if we fall silent. Grouping, repeats and silences are its own.
 * Several addresses are one cluster: each is told, as Prometheus does it, and one that takes everything is enough; the others hear it a minute later.
 */
import { createHash } from 'node:crypto'
import { isTracefoldError } from '../../../errors.ts'
import type { Alert } from '../../alert.ts'
import type { HttpClient } from '../http.ts'
import { messageOf } from '../message.ts'
import { plainText } from '../plain-text.ts'
import { DeliveryError, type Receiver } from '../receiver.ts'

/** Some 1 MB a request at the most. */
const ALERTS_PER_REQUEST = 200
/** As long as a label of Prometheus may be everywhere. */
const MAX_LABEL_CHARS = 500

export interface AlertmanagerOptions {
  readonly name: string
  /** Without `/api/v2/alerts`; a path before that is kept. */
  readonly urls: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly http: HttpClient
  /** Told of an address that failed while another took the alerts. */
  readonly warn: (message: string) => void
}

interface PostableAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt?: string
  readonly generatorURL?: string
}

export function createAlertmanager({ name, urls, headers, http, warn }: AlertmanagerOptions): Receiver {
  const post = async (url: string, alerts: readonly PostableAlert[], signal: AbortSignal): Promise<void> => {
    for (let at = 0; at < alerts.length; at += ALERTS_PER_REQUEST) {
      http.expectSuccess(
        await http.call(
          { url: `${url.replace(/\/+$/, '')}/api/v2/alerts`, headers, body: alerts.slice(at, at + ALERTS_PER_REQUEST) },
          signal,
        ),
      )
    }
  }
  return {
    name,
    async send({ alerts }, signal) {
      const postable = alerts.map(postableAlert)
      const ended = await Promise.allSettled(urls.map((url) => post(url, postable, signal)))
      const failures = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
      if (failures.length === urls.length) throw worst(failures)
      for (const failure of failures)
        warn(
          `alertmanager ${name}: one of ${urls.length} addresses failed: ${failure instanceof Error ? failure.message : String(failure)}`,
        )
    },
    close: () => http.close(),
  }
}

export function postableAlert(alert: Alert): PostableAlert {
  const link = alert.links.find(({ url }) => URL.canParse(url))
  return {
    labels: labelsOf(alert),
    annotations: annotationsOf(alert),
    startsAt: new Date(alert.startsAtMs).toISOString(),
    // It refuses an alert that ends before it starts.
    ...(alert.endsAtMs === null ? {} : { endsAt: new Date(Math.max(alert.endsAtMs, alert.startsAtMs)).toISOString() }),
    ...(link === undefined ? {} : { generatorURL: new URL(link.url).href }),
  }
}

/** Nothing here may change while an alert fires: another label is another alert. Our own beat those of the rule, and `alert_key` tells apart what they do not. */
function labelsOf({ labels, rule, severity, subject, key }: Alert): Record<string, string> {
  const own: Record<string, string | null> = {
    alertname: rule.id,
    level: rule.level,
    severity,
    job: subject.job,
    environment: subject.environment,
    category: subject.category,
    fingerprint: subject.fingerprint,
    alert_key: createHash('sha256').update(key).digest('hex').slice(0, 16),
  }
  const all = [...Object.entries(labels).map(([name, value]) => [labelName(name), value] as const), ...Object.entries(own)]
  return Object.fromEntries(
    all.flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, value.slice(0, MAX_LABEL_CHARS).toWellFormed()]])),
  )
}

function annotationsOf(alert: Alert): Record<string, string> {
  const message = messageOf({ id: '', receiver: '', group: '', alerts: [alert] })
  const own = {
    summary: message.headline,
    description: plainText(message),
    ...(alert.culprit === null ? {} : { culprit: alert.culprit }),
    ...(alert.advice === null ? {} : { advice: alert.advice }),
  }
  return { ...own, ...Object.fromEntries(Object.entries(alert.annotations).map(([name, text]) => [labelName(name), text])) }
}

/** Letters, digits and `_`, as every version of Alertmanager takes it. */
function labelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_')
}

/** A refusal says more than an absence, but while one address may yet answer another try may help. */
function worst(failures: readonly unknown[]): unknown {
  const aborted = failures.find((failure) => isTracefoldError(failure, 'aborted'))
  return aborted ?? failures.find((failure) => failure instanceof DeliveryError && failure.retriable) ?? failures[0]
}
