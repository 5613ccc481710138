/**
 * The port to whoever is told of alerts, and how a try to tell them may fail.
 *
 * `send` resolves once the receiver has said that it has the notification: an answer whose body says otherwise is a failure, whatever its HTTP status.
 * It rejects with a `DeliveryError` that says whether another try may help, or with `aborted` when the signal aborts. Calls may overlap. A repeat of one
 * notification carries the same id, so that a receiver that can deduplicate does. Errors hold no secret: no URL, token or password, not even where the
 * receiver's answer repeats one.
 */
import { TracefoldError, type ErrorCode } from '../../errors.ts'
import type { Notification } from '../alert.ts'

export const RECEIVER_TYPES = ['webhook', 'alertmanager', 'slack', 'dingtalk', 'feishu', 'wecom', 'pagerduty', 'email'] as const
export type ReceiverType = (typeof RECEIVER_TYPES)[number]

export interface Receiver {
  readonly name: string
  send(notification: Notification, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const BUSY: ErrorCode = 'neighbour_away'
const REFUSED: ErrorCode = 'receiver_refused'

export class DeliveryError extends TracefoldError {
  /** The receiver asks for a pause of so long; null where it does not say. */
  readonly retryAfterMs: number | null

  constructor(message: string, options: { retriable: boolean; retryAfterMs?: number | null }) {
    super(options.retriable ? BUSY : REFUSED, message, { retriable: options.retriable })
    this.name = 'DeliveryError'
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** Away, slow, or asking for a pause: another try may help. */
export function busy(message: string, retryAfterMs: number | null = null): DeliveryError {
  return new DeliveryError(message, { retriable: true, retryAfterMs })
}

/** It answered, and will not take this: somebody must change something. */
export function refused(message: string): DeliveryError {
  return new DeliveryError(message, { retriable: false })
}
