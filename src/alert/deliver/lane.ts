/**
 * The way to one receiver: notifications wait here until they are sent or given up. Each receiver has a lane of its own, so that a slow one delays no other.
 *
 *   waiting ──its time has come, the worst first──> trying ──sent──> onSettled
 *      ^────back-off, or the pause that was asked for────┘└──refused, or too many tries, or too long──> onSettled
 *
 * A few tries run at once, and what waits for its next try lets others pass. A receiver that asks for a pause gets it for the whole lane; one with a rate
 * limit gets a gap between any two tries. `stop` ends the waiting; what is under way has until its deadline, then it is aborted. What was not settled is
 * unsent as far as anybody knows: the schedule's records still say so.
 *
 * An error that is no DeliveryError is a fault of ours: that notification is given up and shown, the others go on.
 */
import { isTracefoldError } from '../../errors.ts'
import { backoffMs } from '../../lib/retry.ts'
import { SEVERITIES, type Notification } from '../alert.ts'
import type { Trouble } from './group.ts'
import { DeliveryError, type Receiver } from './receiver.ts'

/** One try, however slow the receiver; its own limits are shorter. */
const TRY_TIMEOUT_MS = 60_000
const MAX_PARALLEL = 4
/** Waits are ten times those of stores: 1 s at first, 100 s at last, half of that on average. */
const BACKOFF_FACTOR = 10
const MAX_TRIES = 30
const GIVE_UP_AFTER_MS = 30 * 60_000

export interface LaneLimits {
  readonly maxParallel: number
  readonly maxTries: number
  readonly giveUpAfterMs: number
  /** Least time between the beginnings of two tries. */
  readonly gapMs: number
}

export const LANE_LIMITS: LaneLimits = { maxParallel: MAX_PARALLEL, maxTries: MAX_TRIES, giveUpAfterMs: GIVE_UP_AFTER_MS, gapMs: 0 }

export type Outcome = { readonly kind: 'sent'; readonly tries: number } | { readonly kind: 'failed'; readonly trouble: Trouble }

export interface LaneEvents {
  readonly onSettled: (notification: Notification, outcome: Outcome) => void
  readonly onRetry: (notification: Notification, error: DeliveryError, waitMs: number) => void
}

export interface LaneOptions {
  readonly receiver: Receiver
  readonly limits: LaneLimits
  readonly events: LaneEvents
  readonly now: () => number
  readonly random: () => number
}

interface Job {
  readonly notification: Notification
  readonly firstMs: number
  tries: number
  readyAtMs: number
}

export class Lane {
  readonly #options: LaneOptions
  readonly #waiting: Job[] = []
  readonly #trying = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  #notBeforeMs = -Infinity
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#waiting.length + this.#trying.size
  }

  push(notification: Notification): void {
    const nowMs = this.#options.now()
    this.#waiting.push({ notification, firstMs: nowMs, tries: 0, readyAtMs: nowMs })
    this.#pump()
  }

  /** Resolves when nothing is under way any more. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const forceful = setTimeout(() => this.#abort.abort(), deadlineMs)
    await Promise.all(this.#trying)
    clearTimeout(forceful)
  }

  #pump(): void {
    clearTimeout(this.#timer)
    const { limits, now } = this.#options
    while (!this.#stopped && this.#trying.size < limits.maxParallel && this.#waiting.length > 0) {
      const nowMs = now()
      const atMs = Math.max(this.#notBeforeMs, Math.min(...this.#waiting.map(({ readyAtMs }) => readyAtMs)))
      if (atMs > nowMs) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(atMs - nowMs))
        return
      }
      if (limits.gapMs > 0) this.#notBeforeMs = nowMs + limits.gapMs
      this.#start(this.#takeNext(nowMs))
    }
  }

  /** Of those whose time has come the worst, of those the first. */
  #takeNext(nowMs: number): Job {
    const ready = this.#waiting.filter(({ readyAtMs }) => readyAtMs <= nowMs)
    const next = ready.reduce((best, job) => (urgency(job) < urgency(best) ? job : best))
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    return next
  }

  #start(job: Job): void {
    const running = this.#try(job).finally(() => {
      this.#trying.delete(running)
      this.#pump()
    })
    this.#trying.add(running)
  }

  async #try(job: Job): Promise<void> {
    const { receiver, events } = this.#options
    job.tries++
    try {
      await receiver.send(job.notification, AbortSignal.any([this.#abort.signal, AbortSignal.timeout(TRY_TIMEOUT_MS)]))
    } catch (error) {
      this.#failed(job, error)
      return
    }
    events.onSettled(job.notification, { kind: 'sent', tries: job.tries })
  }

  #failed(job: Job, error: unknown): void {
    if (this.#abort.signal.aborted) return // unsettled, and recorded as such
    const { limits, events, now, random } = this.#options
    const failure = deliveryError(error)
    const nowMs = now()
    if (failure.retryAfterMs !== null) this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + failure.retryAfterMs)
    const waitMs = Math.max(BACKOFF_FACTOR * backoffMs(job.tries - 1, random), failure.retryAfterMs ?? 0)
    if (!failure.retriable) return this.#giveUp(job, 'refused', failure)
    if (job.tries >= limits.maxTries || nowMs + waitMs - job.firstMs > limits.giveUpAfterMs) return this.#giveUp(job, 'gave_up', failure)
    events.onRetry(job.notification, failure, waitMs)
    job.readyAtMs = nowMs + waitMs
    this.#waiting.push(job)
  }

  #giveUp({ notification, tries }: Job, reason: Trouble['reason'], failure: DeliveryError): void {
    const trouble: Trouble = { reason, error: failure.message, tries, alerts: notification.alerts.length, atMs: this.#options.now() }
    this.#options.events.onSettled(notification, { kind: 'failed', trouble })
  }
}

function deliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  if (isTracefoldError(error, 'aborted')) return new DeliveryError('no answer in time', { retriable: true })
  return new DeliveryError(`a fault of Tracefold itself: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, {
    retriable: false,
  })
}

function urgency({ notification }: Job): number {
  return Math.min(...notification.alerts.map(({ severity }) => SEVERITIES.indexOf(severity)))
}
