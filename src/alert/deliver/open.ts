/**
 * From the receivers' settings to receivers that can be sent to: their secrets, connections, routes. The one place that knows all adapters.
 *
 * In: settings, the environment (for secrets), the clock, whom to warn. Out: routes for a Delivery, and heartbeats. Throws `config_invalid` with all faults
 * at once; `faultsOfReceivers` says the same for `check-config`. Secrets are revealed here and inside the adapters only. Who opens them closes them:
 * `Delivery.stop` does, and a heartbeat when it ends.
 */
import { configInvalid, type Fault } from '../../config/fault.ts'
import { tlsOptions, type TlsOptions } from '../../config/tls-files.ts'
import { isTracefoldError } from '../../errors.ts'
import { Secret } from '../../lib/secret.ts'
import type { Route } from './delivery.ts'
import { Heartbeat } from './heartbeat.ts'
import { HttpClient } from './http.ts'
import type { LaneLimits } from './lane.ts'
import { matcher, type Policy } from './policy.ts'
import type { Receiver, ReceiverType } from './receiver.ts'
import { createAlertmanager } from './receivers/alertmanager.ts'
import { createDingtalk } from './receivers/dingtalk.ts'
import { createEmail } from './receivers/email.ts'
import { createFeishu } from './receivers/feishu.ts'
import { createPagerduty } from './receivers/pagerduty.ts'
import { createSlack } from './receivers/slack.ts'
import { createWebhook } from './receivers/webhook.ts'
import { createWecom } from './receivers/wecom.ts'
import { scrubber } from './scrub.ts'
import { readSecrets, type Secrets } from './secrets.ts'
import type { ReceiverSettings, ReceiversSettings } from './settings.ts'

const SECTION = 'alerts.receivers'

/** Robots of DingTalk and WeCom take 20 messages a minute, Feishu 100, a Slack webhook one a second. */
const GAPS: Partial<Record<ReceiverType, number>> = { dingtalk: 3_100, wecom: 3_100, feishu: 700, slack: 1_000 }

export interface OpenOptions {
  readonly receivers: ReceiversSettings
  readonly env: NodeJS.ProcessEnv
  readonly now: () => number
  readonly warn: (message: string) => void
}

export interface Opened {
  readonly routes: readonly Route[]
  readonly heartbeats: readonly Heartbeat[]
}

interface Parts {
  readonly name: string
  readonly secrets: Secrets
  readonly tls: TlsOptions
  readonly options: OpenOptions
}

type HeartbeatSettings = Extract<ReceiverSettings, { type: 'heartbeat' }>
type TargetSettings = Exclude<ReceiverSettings, { type: 'heartbeat' }>

export function openReceivers(options: OpenOptions): Opened {
  const { secrets, tls, faults } = look(options.receivers, options.env)
  if (faults.length > 0) throw configInvalid(faults)
  const routes: Route[] = []
  const heartbeats: Heartbeat[] = []
  for (const [name, settings] of Object.entries(options.receivers)) {
    // `look` has an entry for each receiver, or a fault.
    const parts: Parts = { name, secrets: secrets.get(name) ?? {}, tls: tls.get(name)!, options }
    if (settings.type === 'heartbeat') heartbeats.push(heartbeatOf(settings, parts))
    else
      routes.push({
        type: settings.type,
        policy: policyOf(name, settings),
        receiver: receiverOf(settings, parts),
        limits: limitsOf(settings.type),
      })
  }
  return { routes, heartbeats }
}

/** Secrets that cannot be read, certificates that cannot be used. */
export function faultsOfReceivers(receivers: ReceiversSettings, env: NodeJS.ProcessEnv): readonly Fault[] {
  return look(receivers, env).faults
}

function look(receivers: ReceiversSettings, env: NodeJS.ProcessEnv) {
  const { byReceiver: secrets, faults } = readSecrets(receivers, env, SECTION)
  const tls = new Map<string, TlsOptions>()
  const tlsFaults: Fault[] = []
  for (const [name, settings] of Object.entries(receivers)) {
    const setting = `${SECTION}.${name}`
    try {
      tls.set(
        name,
        tlsOptions(
          {
            enabled: true,
            caFile: settings.caFile ?? null,
            certFile: settings.certFile ?? null,
            keyFile: settings.keyFile ?? null,
            verify: settings.verify,
          },
          setting,
        ),
      )
    } catch (error) {
      if (!isTracefoldError(error, 'config_invalid')) throw error
      tlsFaults.push({
        setting,
        origin: setting,
        expected: 'certificates and a key that can be used',
        got: error.message.replace(/\s+/g, ' '),
      })
    }
  }
  return { secrets, tls, faults: [...faults, ...tlsFaults] }
}

function policyOf(name: string, settings: TargetSettings): Policy {
  const base = { receiver: name, matches: matcher(settings.match) }
  if (settings.type === 'alertmanager') {
    const { resendEveryMs: everyMs, resendAfterResolvedMs: afterResolvedMs } = settings
    return {
      ...base,
      groupBy: [],
      groupWaitMs: 0,
      groupIntervalMs: 0,
      repeatIntervalMs: everyMs,
      maxRepeatIntervalMs: everyMs,
      sendResolved: true,
      resend: { everyMs, afterResolvedMs },
    }
  }
  const { groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs, maxRepeatIntervalMs, sendResolved } = settings
  return {
    ...base,
    groupBy,
    groupWaitMs,
    groupIntervalMs,
    repeatIntervalMs,
    maxRepeatIntervalMs: Math.max(repeatIntervalMs, maxRepeatIntervalMs),
    sendResolved,
    resend: null,
  }
}

function limitsOf(type: ReceiverType): Partial<LaneLimits> {
  const gapMs = GAPS[type]
  return gapMs === undefined ? {} : { gapMs, maxParallel: 1 }
}

function receiverOf(settings: TargetSettings, parts: Parts): Receiver {
  const { name, secrets, tls, options } = parts
  const { now, warn } = options
  const http = () => httpOf(settings, parts)
  const { secret = null } = secrets
  switch (settings.type) {
    case 'webhook':
      return createWebhook({ name, url: urlOf(settings, secrets), headers: headersOf(settings, secrets), secret, http: http(), now })
    case 'alertmanager':
      return createAlertmanager({ name, urls: settings.urls, headers: headersOf(settings, secrets), http: http(), warn })
    case 'slack':
      return createSlack({ name, url: urlOf({}, secrets), http: http() })
    case 'dingtalk':
      return createDingtalk({ name, url: urlOf({}, secrets), secret, http: http(), now })
    case 'feishu':
      return createFeishu({ name, url: urlOf({}, secrets), secret, http: http(), now })
    case 'wecom':
      return createWecom({ name, url: urlOf({}, secrets), http: http() })
    case 'pagerduty':
      return createPagerduty({ name, url: settings.url, routingKey: secretNamed('routingKey', secrets), http: http() })
    case 'email': {
      const { host, port, security, from, to, username, timeoutMs } = settings
      const login = username === undefined ? null : { username, password: secretNamed('password', secrets) }
      return createEmail({ name, host, port, security, tls, login, from, to, timeoutMs, scrub: scrubber(revealed(secrets)), warn })
    }
  }
}

function heartbeatOf(settings: HeartbeatSettings, parts: Parts): Heartbeat {
  const { name, secrets, options } = parts
  return new Heartbeat({
    name,
    url: urlOf(settings, secrets),
    method: settings.method,
    everyMs: settings.everyMs,
    http: httpOf(settings, parts),
    warn: options.warn,
  })
}

function httpOf(
  settings: { readonly timeoutMs: number; readonly username?: string | undefined },
  { secrets, tls, options }: Parts,
): HttpClient {
  const sent = Object.values(headersOf(settings, secrets)).map((header) => header.replace(/^\w+ /, ''))
  return new HttpClient({ timeoutMs: settings.timeoutMs, tls, scrub: scrubber([...revealed(secrets), ...sent]), now: options.now })
}

function urlOf({ url }: { readonly url?: string | undefined }, secrets: Secrets): string {
  return url ?? secretNamed('url', secrets).reveal()
}

function headersOf({ username }: { readonly username?: string | undefined }, secrets: Secrets): Record<string, string> {
  if (secrets['bearerToken'] !== undefined) return { authorization: `Bearer ${secrets['bearerToken'].reveal()}` }
  if (username === undefined) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${secretNamed('password', secrets).reveal()}`).toString('base64')}` }
}

/** The schema asks for it. */
function secretNamed(name: string, secrets: Secrets): Secret {
  return secrets[name] ?? new Secret('')
}

function revealed(secrets: Secrets): string[] {
  return Object.values(secrets).map((secret) => secret.reveal())
}
