/** What delivery says of itself, for the API, the page and the metrics: by receiver, and what did not get through. Holds no secret. In memory, bounded. */
import type { Notification } from '../alert.ts'
import type { Trouble } from './group.ts'
import type { ReceiverType } from './receiver.ts'
import type { Troubled } from './schedule.ts'

const MAX_UNDELIVERED = 200

export interface ReceiverStatus {
  readonly name: string
  readonly type: ReceiverType
  /** Notifications that wait, or are being tried. */
  readonly waiting: number
  /** Alerts held for it. */
  readonly alerts: number
  /** Since this process began. */
  readonly sent: number
  readonly retried: number
  readonly undelivered: number
  readonly lastSentMs: number | null
  readonly lastError: { readonly atMs: number; readonly message: string; readonly retriable: boolean } | null
}

export interface Undelivered {
  /** Null where only the group's record tells of it, after a restart. */
  readonly id: string | null
  readonly receiver: string
  readonly group: string
  /** refused: the receiver will not take it. gave_up: it did not answer as it should, for too long. */
  readonly reason: Trouble['reason']
  readonly lastError: string
  readonly tries: number
  readonly alerts: number
  readonly atMs: number
}

type Tally = { -readonly [K in Exclude<keyof ReceiverStatus, 'waiting' | 'alerts'>]: ReceiverStatus[K] }

export class Tallies {
  readonly #byName: ReadonlyMap<string, Tally>
  readonly #undelivered: Undelivered[] = []

  constructor(receivers: readonly { readonly name: string; readonly type: ReceiverType }[]) {
    this.#byName = new Map(
      receivers.map(({ name, type }) => [name, { name, type, sent: 0, retried: 0, undelivered: 0, lastSentMs: null, lastError: null }]),
    )
  }

  sent(receiver: string, atMs: number): void {
    this.#change(receiver, (tally) => Object.assign(tally, { sent: tally.sent + 1, lastSentMs: atMs }))
  }

  retried(receiver: string, { message }: Error, atMs: number): void {
    this.#change(receiver, (tally) => Object.assign(tally, { retried: tally.retried + 1, lastError: { atMs, message, retriable: true } }))
  }

  failed({ id, receiver, group }: Notification, { reason, error, tries, alerts, atMs }: Trouble): Undelivered {
    const undelivered: Undelivered = { id, receiver, group, reason, lastError: error, tries, alerts, atMs }
    this.#change(receiver, (tally) =>
      Object.assign(tally, { undelivered: tally.undelivered + 1, lastError: { atMs, message: error, retriable: reason === 'gave_up' } }),
    )
    this.#undelivered.unshift(undelivered)
    this.#undelivered.length = Math.min(this.#undelivered.length, MAX_UNDELIVERED)
    return undelivered
  }

  status(now: (receiver: string) => Pick<ReceiverStatus, 'waiting' | 'alerts'>): ReceiverStatus[] {
    return [...this.#byName.values()].map((tally) => ({ ...tally, ...now(tally.name) }))
  }

  undelivered(troubles: readonly Troubled[]): Undelivered[] {
    const known = new Set(this.#undelivered.map(placeOf))
    const earlier = troubles.map(({ receiver, group, trouble: { reason, error, tries, alerts, atMs } }) => ({
      id: null,
      receiver,
      group,
      reason,
      lastError: error,
      tries,
      alerts,
      atMs,
    }))
    return [...this.#undelivered, ...earlier.filter((one) => !known.has(placeOf(one)))].sort((a, b) => b.atMs - a.atMs)
  }

  #change(receiver: string, change: (tally: Tally) => void): void {
    const tally = this.#byName.get(receiver)
    if (tally !== undefined) change(tally)
  }
}

/** Tells those of one receiver apart, also where the id is not known any more. */
export function placeOf({ receiver, group, atMs }: Undelivered): string {
  return JSON.stringify([receiver, group, atMs])
}
