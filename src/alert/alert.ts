/**
 * The words of alerting as types. A rule, evaluated over the rollups, says of each subject whether it is in trouble; what changes becomes an alert, and
 * what is to be told of alerts becomes a notification to a receiver.
 *
 *   rule x rows -> condition -> alert (pending -> firing -> resolved) -> notification -> receiver
 */

import { SEVERITIES, type Severity } from '../event.ts'

export const ALERT_LEVELS = ['basic', 'custom', 'platform'] as const
export type AlertLevel = (typeof ALERT_LEVELS)[number]

export { SEVERITIES, type Severity }

/** What an alert is about; null where the rule does not tell it apart. */
export interface Subject {
  readonly job: string | null
  readonly environment: string | null
  /** Fingerprint of the group. */
  readonly fingerprint: string | null
  readonly category: string | null
}

export interface Link {
  readonly title: string
  readonly url: string
}

/**
 * How an alert can end though nobody saw its trouble end.
 *
 * given_up: a silence went on until what was missed counts as gone. no_news: an error went on until it is no news any more. rule_gone: nobody looks any
 * more, for the rule was removed or looks at something else. elsewhere: the receiver is not told of it any more, others may be.
 */
export const ENDINGS = ['given_up', 'no_news', 'rule_gone', 'elsewhere'] as const
export type Ending = (typeof ENDINGS)[number]

/** Everything a message says, in the order in which it says it: what, where, how much, since when, whether new, what to do, links. */
export interface Alert {
  /** Rule and subject: equal for all that is ever told of one alert. */
  readonly key: string
  /** Told apart from earlier episodes of the same key: ms since the epoch at which it began to fire. */
  readonly startsAtMs: number
  /** Null while it fires. */
  readonly endsAtMs: number | null
  readonly status: 'firing' | 'resolved'
  /** Absent while it fires, and where its trouble is over. */
  readonly ending?: Ending
  readonly rule: { readonly id: string; readonly title: string; readonly level: AlertLevel }
  readonly severity: Severity
  readonly subject: Subject
  /** `ConnectException: Connection refused: <*>`, or the rule's own words where it speaks of many. */
  readonly what: string
  /** `com.acme.Orders.save:17` */
  readonly culprit: string | null
  /** Jobs that share in it, the worst first; at most ten, and how many there are in all. */
  readonly jobs: readonly string[]
  readonly jobCount: number
  /** Events within the rule's window; null where the condition counts none (absence of data, blindness). */
  readonly count: number | null
  /** What `count` counts, where that is not events. */
  readonly noun?: string
  /** What would be usual in such a window, where the condition knows it. */
  readonly usual: number | null
  readonly hosts: number | null
  readonly windowMs: number
  /** One sentence: which condition holds, with its numbers. */
  readonly why: string
  /** Where it fired with the most events so far: what it says of an episode that is over. Absent while that is what it says itself. */
  readonly peak?: Peak
  /** When the trouble began by event time, which may lie before `startsAtMs`. */
  readonly sinceMs: number
  readonly isNew: boolean
  /** Of an error that is back: how long it was not seen before. */
  readonly unseenMs?: number
  readonly advice: string | null
  readonly links: readonly Link[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** What the rule wants of delivery; absent where it wants nothing of its own. */
  readonly delivery?: DeliveryWishes
}

export type Peak = Pick<Alert, 'count' | 'usual' | 'hosts' | 'windowMs' | 'why' | 'annotations'>

/** Null: as the receiver's settings say. */
export interface DeliveryWishes {
  readonly receivers: readonly string[] | null
  readonly groupBy: readonly string[] | null
  readonly repeatIntervalMs: number | null
  /** It doubles up to this; null: it does not. */
  readonly maxRepeatIntervalMs: number | null
}

/** One message to one receiver. */
export interface Notification {
  /** Equal for every try to send the same, so that a receiver that can deduplicate does. */
  readonly id: string
  readonly receiver: string
  /** What the alerts have in common by the receiver's `groupBy`: `job=orders`. */
  readonly group: string
  /** Firing ones first, the most severe first. Never empty. */
  readonly alerts: readonly Alert[]
}
