/** What evaluation and delivery report, as metrics and log. No secret comes this way: errors of receivers are scrubbed where they are made. */
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import type { DeliveryEvents } from '../deliver/delivery.ts'
import type { Round } from './evaluator.ts'
import type { Shard } from './shard.ts'

export function deliveryEvents(metrics: Metrics, log: Logger): DeliveryEvents {
  return {
    sent: (receiver, seconds) => {
      metrics.notifications.inc({ receiver, result: 'sent' })
      metrics.notificationSeconds.observe({ receiver }, seconds)
    },
    retried: (receiver, error, waitMs) => {
      metrics.notifications.inc({ receiver, result: 'retried' })
      log.warn({ receiver, waitMs }, `a notification did not get through yet: ${error.message}`)
    },
    undelivered: ({ receiver, group, reason, lastError, tries }) => {
      metrics.notifications.inc({ receiver, result: 'undelivered' })
      log.error({ receiver, group, reason, tries }, `a notification was not delivered: ${lastError}`)
    },
    refused: (alerts) => metrics.alertsRefused.inc(alerts),
    notKept: (error) => log.warn({ err: error }, 'the state of the alerts could not be kept; it is tried again'),
  }
}

export function noteRound(metrics: Metrics, { blind, readMs, evaluateMs, refused }: Round, shards: readonly Shard[]): void {
  metrics.alertEvaluations.inc({ result: blind === null ? 'ok' : 'blind' })
  metrics.alertEvaluationSeconds.observe({}, (readMs + evaluateMs) / 1_000)
  metrics.alertsRefused.inc(refused)
  const states = shards.flatMap(({ state }) => [...state.alerts.values()])
  for (const phase of ['pending', 'firing'] as const) metrics.alerts.set({ phase }, states.filter((one) => one.phase === phase).length)
}
