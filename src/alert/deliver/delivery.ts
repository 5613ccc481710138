/**
 * Brings alerts to receivers: the schedule's loop, with the clock, the lanes and the keeping of records around it.
 *
 *   observe ──> schedule ──plan──> records kept ──> lanes ──> receivers
 *                  ^──── sent, failed ────────────────┘
 *
 * Delivery note: at least once. What is about to be sent is kept before it is sent, and that it was sent is kept after the receiver's answer. A process that
 * dies between the answer and the record leaves a notification that is sent again, with the same id. Where records cannot be kept, nothing new is sent
 * until they can; evaluation is not held up. What does not get through is tried within bounds, then it is undelivered: shown, counted, and, while the alert
 * fires, tried again after a pause.
 *
 * One Delivery holds one shard's state. Another process takes over by restoring the records. `save` must fail for good (not retriable) once the
 * shard is no longer ours: then everything ends at once, and `ended` rejects.
 */
import { isTracefoldError } from '../../errors.ts'
import { retry } from '../../lib/retry.ts'
import { Wake } from '../../lib/wake.ts'
import type { Alert, Notification } from '../alert.ts'
import type { SuppressionOf } from './group.ts'
import { Lane, LANE_LIMITS, type LaneLimits, type Outcome } from './lane.ts'
import type { Policy } from './policy.ts'
import type { Receiver, ReceiverType } from './receiver.ts'
import type { SavedRecord } from './records.ts'
import { Schedule } from './schedule.ts'
import { Tallies, type ReceiverStatus, type Undelivered } from './status.ts'

/** How late a notification may be opened after it is due. */
const TICK_MS = 1_000
/** Notifications of one receiver that are open at once; what is due above that waits in the schedule, the worst first. */
const MAX_OPEN = 100
/** Of the deadline of a stop. */
const LANES_SHARE = 0.7

export interface Route {
  readonly type: ReceiverType
  readonly policy: Policy
  readonly receiver: Receiver
  readonly limits?: Partial<LaneLimits>
}

export interface DeliveryEvents {
  sent(receiver: string, seconds: number): void
  retried(receiver: string, error: Error, waitMs: number): void
  undelivered(undelivered: Undelivered): void
  /** Alerts that found no room in the schedule; they are taken up when there is some, while they fire. */
  refused(alerts: number): void
  /** Records could not be kept; tried again. */
  notKept(error: unknown): void
}

export interface DeliveryOptions {
  readonly routes: readonly Route[]
  readonly restored: Iterable<SavedRecord>
  /** Keeps all, in order, or rejects. Calls do not overlap. `beside` is what `takeBeside` gave: to be kept with the records, all or nothing. */
  readonly save: (records: readonly SavedRecord[], signal: AbortSignal, beside: readonly SavedRecord[]) => Promise<void>
  /** What the caller wants kept together with what `observe` has changed: taken at the same moment, so what was said and why never come apart. */
  readonly takeBeside?: () => readonly SavedRecord[]
  readonly suppressionOf: SuppressionOf
  readonly events: DeliveryEvents
  readonly now: () => number
  readonly random?: () => number
  readonly tickMs?: number
}

export class Delivery {
  /** Resolves after `stop`; rejects when records can no longer be kept. */
  readonly ended: Promise<void>
  readonly #options: DeliveryOptions
  readonly #schedule: Schedule
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #tallies: Tallies
  readonly #settled: { readonly notification: Notification; readonly outcome: Outcome }[] = []
  readonly #abort = new AbortController()
  readonly #openedAtMs = new WeakMap<Notification, number>()
  #restoredOpen: readonly Notification[]
  #stopping = false
  /** Of a stop: nothing is under way any more. */
  #drained: Promise<unknown> = Promise.resolve()
  #waiting: (() => void)[] = []
  readonly #wake = new Wake()

  /** Restores at once, and throws `store_corrupt` where that cannot be; runs from the next turn on. */
  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#schedule = new Schedule(options.routes.map(({ policy }) => policy))
    this.#tallies = new Tallies(options.routes.map(({ type, policy }) => ({ name: policy.receiver, type })))
    this.#restoredOpen = this.#schedule.restore(options.restored).open
    this.#lanes = new Map(options.routes.map((route) => [route.policy.receiver, this.#laneOf(route)]))
    this.ended = Promise.resolve().then(() => this.#run())
    this.ended.catch(() => {}) // whoever awaits it hears of it
  }

  /** What fires, and what has ended since. May repeat what it said before. */
  observe(alerts: readonly Alert[]): void {
    const refused = this.#schedule.observe(alerts, this.#options.now())
    if (refused > 0) this.#options.events.refused(refused)
    this.#wake.poke()
  }

  /** After a take-over: these are all that fire; what else we hold as firing has ended. */
  reconcile(firing: readonly Alert[]): void {
    this.#schedule.reconcile(firing, this.#options.now())
    this.#wake.poke()
  }

  /** Resolves once all that was observed, and what was to be kept beside it, is kept. Never, where `ended` comes before. */
  kept(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#wake.poke()
    })
  }

  status(): ReceiverStatus[] {
    return this.#tallies.status((name) => ({ waiting: this.#lanes.get(name)?.size ?? 0, alerts: this.#schedule.held(name) }))
  }

  /** The newest first. Those of earlier processes are known by the groups that still have trouble. */
  undelivered(): Undelivered[] {
    return this.#tallies.undelivered(this.#schedule.troubles())
  }

  /** Lets what is under way end, keeps the records, closes the receivers. What is not sent by then is sent by who comes next. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    const forceful = setTimeout(() => this.#abort.abort(), deadlineMs)
    // What was sent is yet to be kept.
    this.#drained = Promise.all([...this.#lanes.values()].map((lane) => lane.stop(LANES_SHARE * deadlineMs)))
    this.#wake.poke()
    await this.ended.catch(() => {})
    clearTimeout(forceful)
    await Promise.all(this.#options.routes.map(({ receiver }) => receiver.close()))
  }

  async #run(): Promise<void> {
    try {
      this.#send(this.#restoredOpen)
      this.#restoredOpen = []
      while (!this.#stopping) {
        await this.#turn()
        await this.#wake.pause(this.#options.tickMs ?? TICK_MS)
      }
      await this.#drained
      this.#settle()
      await this.#keep()
    } catch (error) {
      if (this.#stopping && isTracefoldError(error, 'aborted')) return
      await Promise.all([...this.#lanes.values()].map((lane) => lane.stop(0)))
      throw error
    }
  }

  async #turn(): Promise<void> {
    const { now, suppressionOf } = this.#options
    this.#wake.begin()
    this.#settle()
    const opened = this.#schedule.plan(now(), suppressionOf, (receiver) => MAX_OPEN - (this.#lanes.get(receiver)?.size ?? 0))
    await this.#keep()
    this.#send(opened)
  }

  #settle(): void {
    for (const { notification, outcome } of this.#settled.splice(0)) {
      if (outcome.kind === 'sent') this.#schedule.sent(notification)
      else this.#schedule.failed(notification, outcome.trouble)
    }
  }

  async #keep(): Promise<void> {
    const [records, beside] = [this.#schedule.takeChanges(), this.#options.takeBeside?.() ?? []]
    const waiting = this.#waiting.splice(0)
    const { signal } = this.#abort
    if (records.length + beside.length > 0) {
      await retry(() => this.#options.save(records, signal, beside), {
        signal,
        isRetriable: (error) => isTracefoldError(error) && error.retriable,
        onRetry: (error) => this.#options.events.notKept(error),
      })
    }
    for (const resolve of waiting) resolve()
  }

  #send(notifications: readonly Notification[]): void {
    if (this.#stopping) return // they are kept as open
    for (const notification of notifications) {
      this.#openedAtMs.set(notification, this.#options.now())
      this.#lanes.get(notification.receiver)?.push(notification)
    }
  }

  #laneOf({ receiver, limits, policy }: Route): Lane {
    const { now, random = Math.random, events } = this.#options
    const name = policy.receiver
    // What a forgetful receiver did not take in time is sent anew, with newer content.
    const bounds = policy.resend === null ? LANE_LIMITS : { ...LANE_LIMITS, giveUpAfterMs: policy.resend.everyMs }
    return new Lane({
      receiver,
      limits: { ...bounds, ...limits },
      now,
      random,
      events: {
        onSettled: (notification, outcome) => this.#onSettled(notification, outcome),
        onRetry: (_, error, waitMs) => {
          this.#tallies.retried(name, error, now())
          events.retried(name, error, waitMs)
        },
      },
    })
  }

  #onSettled(notification: Notification, outcome: Outcome): void {
    const { now, events } = this.#options
    this.#settled.push({ notification, outcome })
    if (outcome.kind === 'sent') {
      this.#tallies.sent(notification.receiver, now())
      events.sent(notification.receiver, (now() - (this.#openedAtMs.get(notification) ?? now())) / 1_000)
    } else {
      events.undelivered(this.#tallies.failed(notification, outcome.trouble))
    }
    this.#wake.poke()
  }
}
