/** Delivery to a real Alertmanager: it takes our alerts, keeps them while we send them again, ends them when we say so, and has them back after an outage. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Alert } from '../../src/alert/alert.ts'
import { Delivery } from '../../src/alert/deliver/delivery.ts'
import { openReceivers } from '../../src/alert/deliver/open.ts'
import { receiversSchema } from '../../src/alert/deliver/settings.ts'
import { waitUntil } from '../support/wait.ts'
import { anAlert, resolved } from '../unit/alert/deliver/alerts.ts'
import { startReceiver, text, type HttpReceiver } from '../unit/alert/deliver/http-receiver.ts'
import { haveGo, startAlertmanager, type AlertmanagerHandle } from './alert-delivery-alertmanager.ts'

const missing = haveGo()
const RESEND_MS = 1_000
/** A first build takes minutes. */
const BUILD_MS = 600_000

interface Shown {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly generatorURL: string
  readonly startsAt: string
  readonly status: { readonly state: string }
}

describe.skipIf(missing !== null)(`Alertmanager${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  const releases: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const release of releases.splice(0).toReversed()) await release()
  })

  async function start(resolveTimeout?: string): Promise<{
    readonly alertmanager: AlertmanagerHandle
    readonly hook: HttpReceiver
    readonly delivery: Delivery
    readonly notified: () => string[]
  }> {
    const hook = await startReceiver(text(''))
    releases.push(() => hook.close())
    const alertmanager = await startAlertmanager(hook.url, resolveTimeout)
    releases.push(() => alertmanager.close())
    const receivers = receiversSchema.parse({
      am: {
        type: 'alertmanager',
        urls: [alertmanager.url],
        resendEveryMs: RESEND_MS,
        resendAfterResolvedMs: 4 * RESEND_MS,
        timeoutMs: 2_000,
      },
    })
    const { routes } = openReceivers({ receivers, env: {}, now: Date.now, warn: () => {} })
    const events = { sent() {}, retried() {}, undelivered() {}, refused() {}, notKept() {} }
    const delivery = new Delivery({
      routes,
      restored: [],
      save: async () => {},
      suppressionOf: () => 'none',
      events,
      now: Date.now,
      tickMs: 50,
    })
    releases.push(() => delivery.stop(1_000))
    const notified = (): string[] =>
      hook.received.flatMap(({ body }) =>
        (JSON.parse(body) as { alerts: { status: string; labels: Record<string, string> }[] }).alerts.map(
          ({ status, labels }) => `${labels['job']} ${status}`,
        ),
      )
    return { alertmanager, hook, delivery, notified }
  }

  async function shown({ url }: AlertmanagerHandle): Promise<Shown[]> {
    return (await (await fetch(`${url}/api/v2/alerts`)).json()) as Shown[]
  }

  /** How often it was sent an alert that fires. */
  async function sentFiring({ url }: AlertmanagerHandle): Promise<number> {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    return [...metrics.matchAll(/^alertmanager_alerts_received_total\{status="firing".*\} (\d+)$/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    )
  }

  const recent = (over: Parameters<typeof anAlert>[0] = {}): Alert =>
    anAlert({ startsAtMs: Date.now() - 60_000, sinceMs: Date.now() - 90_000, ...over })

  test(
    'takes what fires with its labels, says what we say, and hears of its end',
    async () => {
      const { alertmanager, delivery, notified } = await start()
      const alert = recent({ labels: { team: 'payments', 'odd.name-1': 'x' }, annotations: { 'run-book': 'page 7' } })
      delivery.observe([alert])
      const [one] = await waitUntil('the alert', async () => ((await shown(alertmanager)).length > 0 ? shown(alertmanager) : null))
      expect(one).toMatchObject({
        labels: {
          alertname: 'spike',
          severity: 'high',
          level: 'basic',
          job: 'orders',
          environment: 'production',
          category: 'connection-refused',
          fingerprint: 'v1:0123456789abcdef',
          team: 'payments',
          odd_name_1: 'x',
        },
        annotations: { summary: 'ConnectException: Connection refused: <*> in orders (production)', run_book: 'page 7' },
        generatorURL: alert.links[0]?.url,
        startsAt: new Date(alert.startsAtMs).toISOString(),
        status: { state: 'active' },
      })
      await waitUntil('its notification', () => notified().includes('orders firing'))
      delivery.observe([resolved(alert, Date.now())])
      await waitUntil('its end', () => notified().includes('orders resolved'))
      expect(notified()).toEqual(['orders firing', 'orders resolved'])
    },
    BUILD_MS,
  )

  test(
    'keeps an alert past its own time-out as long as we send it again, and ends it when we fall silent',
    async () => {
      const { alertmanager, delivery, hook, notified } = await start('5s')
      delivery.observe([recent()])
      await waitUntil('its notification', () => notified().includes('orders firing'))
      await waitUntil('two time-outs to pass', async () => (await sentFiring(alertmanager)) > 11)
      expect(notified()).toEqual(['orders firing'])
      await delivery.stop(1_000)
      await waitUntil('its end', () => notified().includes('orders resolved'))
      expect(hook.received.length).toBe(2)
    },
    BUILD_MS,
  )

  test('has everything back after it was away, the ends included', { retry: 2, timeout: BUILD_MS }, async () => {
    const { alertmanager, delivery, notified } = await start()
    const [orders, billing] = [recent(), recent({ subject: { job: 'billing' } })]
    delivery.observe([orders])
    await waitUntil('the first notification', () => notified().includes('orders firing'))
    await alertmanager.kill()
    delivery.observe([billing])
    await waitUntil('a try in vain', () => delivery.status()[0]?.lastError !== null)
    await alertmanager.restart()
    // Killed, it has forgotten what it told: it tells of both, and would not tell the end of what it never heard of.
    await waitUntil('both', () => notified().includes('billing firing') && notified().filter((one) => one === 'orders firing').length === 2)
    delivery.observe([resolved(orders, Date.now()), resolved(billing, Date.now())])
    await waitUntil('both ends', () => notified().filter((one) => one.endsWith('resolved')).length === 2)
    expect(notified().toSorted()).toEqual(
      expect.arrayContaining(['billing firing', 'billing resolved', 'orders firing', 'orders resolved']),
    )
  })

  test(
    'begins an alert anew that ends and fires again while its end is still being sent',
    async () => {
      const { alertmanager, delivery, notified } = await start()
      const first = recent()
      delivery.observe([first])
      await waitUntil('its notification', () => notified().includes('orders firing'))
      delivery.observe([resolved(first, Date.now())])
      await waitUntil('its end', () => notified().includes('orders resolved'))
      delivery.observe([{ ...first, startsAtMs: Date.now() }])
      await waitUntil('it fires again', () => notified().filter((one) => one === 'orders firing').length === 2)
      const [before, sent] = [notified().length, await sentFiring(alertmanager)]
      await waitUntil('the time of the first end to have passed', async () => (await sentFiring(alertmanager)) > sent + 6)
      expect(notified().slice(before)).toEqual([])
    },
    BUILD_MS,
  )
})
