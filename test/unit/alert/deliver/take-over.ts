/**
 * A world of jobs that fail and recover, a receiver, and processes that tell the one of the other and die at any point, for the property test of the
 * schedule. A turn of a process is what delivery.ts does in one:
 *
 *   observe, settle what was answered, plan, keep the records, send
 *            ^planned            ^torn     ^kept         ^sent          here it may die, and another takes over from what is kept
 */
import type { Alert, Notification } from '../../../../src/alert/alert.ts'
import type { SuppressionOf } from '../../../../src/alert/deliver/group.ts'
import type { Policy } from '../../../../src/alert/deliver/policy.ts'
import type { SavedRecord } from '../../../../src/alert/deliver/records.ts'
import { Schedule } from '../../../../src/alert/deliver/schedule.ts'
import { T0 } from '../../../support/builders.ts'
import { anAlert } from './alerts.ts'
import { aTrouble } from './policies.ts'

export const JOBS = 4

export interface Step {
  readonly waitMs: number
  /** These begin to fail, or recover. */
  readonly turned: readonly number[]
  readonly worse: readonly number[]
  readonly muted: readonly number[]
  readonly receiverFails: boolean
  readonly death: { readonly at: 'planned' | 'torn' | 'kept' | 'sent'; readonly share: number } | null
}

/** What the receiver took: the first time of each id, and what each said of an alert. */
export interface Taken {
  readonly firstAt: ReadonlyMap<string, number>
  /** By alert, episode, status and severity: the ids that said it. */
  readonly idsOf: ReadonlyMap<string, ReadonlySet<string>>
  /** What was said last of each alert. */
  readonly last: ReadonlyMap<string, Alert>
}

export class World {
  nowMs = T0
  readonly #jobs = new Map<string, Alert>()
  #episodes = 0

  get alerts(): Alert[] {
    return [...this.#jobs.values()]
  }

  get firing(): Alert[] {
    return this.alerts.filter(({ status }) => status === 'firing')
  }

  turn(job: number): void {
    const key = `spike/${job}`
    const known = this.#jobs.get(key)
    if (known?.status === 'firing') this.#jobs.set(key, { ...known, status: 'resolved', endsAtMs: this.nowMs })
    else
      this.#jobs.set(
        key,
        anAlert({
          key,
          startsAtMs: this.nowMs + ++this.#episodes,
          severity: 'medium',
          subject: { job: `job-${job}` },
          rule: { id: `rule-${job % 2}` },
        }),
      )
  }

  worsen(job: number): void {
    const known = this.#jobs.get(`spike/${job}`)
    if (known?.status === 'firing') this.#jobs.set(known.key, { ...known, severity: 'critical' })
  }
}

export class Story {
  readonly world = new World()
  readonly #policy: Policy
  readonly #kept = new Map<string, string>()
  readonly #firstAt = new Map<string, number>()
  readonly #idsOf = new Map<string, Set<string>>()
  readonly #last = new Map<string, Alert>()
  #answered: { readonly notification: Notification; readonly taken: boolean; readonly atMs: number }[] = []
  #schedule: Schedule

  constructor(policy: Policy) {
    this.#policy = policy
    this.#schedule = new Schedule([policy])
  }

  get taken(): Taken {
    return { firstAt: this.#firstAt, idsOf: this.#idsOf, last: this.#last }
  }

  step({ waitMs, turned, worse, muted, receiverFails, death }: Step): void {
    this.world.nowMs += waitMs
    for (const job of turned) this.world.turn(job)
    for (const job of worse) this.world.worsen(job)
    const suppressionOf: SuppressionOf = ({ key }) => (muted.some((job) => key === `spike/${job}`) ? 'all' : 'none')
    if (this.#turn(suppressionOf, receiverFails, death)) return
    this.#takeOver(receiverFails)
    this.#turn(suppressionOf, receiverFails, null)
  }

  /** False: it died. */
  #turn(suppressionOf: SuppressionOf, receiverFails: boolean, death: Step['death']): boolean {
    this.#schedule.observe(this.world.alerts, this.world.nowMs)
    this.#settle()
    const opened = this.#schedule.plan(this.world.nowMs, suppressionOf)
    if (death?.at === 'planned') return false
    const records = this.#schedule.takeChanges()
    for (const { key, value } of death?.at === 'torn' ? records.slice(0, Math.floor(death.share * records.length)) : records) {
      if (value === null) this.#kept.delete(key)
      else this.#kept.set(key, JSON.stringify(value))
    }
    if (death?.at === 'torn' || death?.at === 'kept') return false
    this.#send(opened, receiverFails)
    return death === null
  }

  /** What the dead one knew of answers is gone. */
  #takeOver(receiverFails: boolean): void {
    this.#answered = []
    this.#schedule = new Schedule([this.#policy])
    const { open } = this.#schedule.restore(
      [...this.#kept].map(([key, value]) => ({ key, value: JSON.parse(value) as SavedRecord['value'] })),
    )
    this.#schedule.reconcile(this.world.firing, this.world.nowMs)
    this.#send(open, receiverFails)
    this.#settle()
  }

  #send(notifications: readonly Notification[], receiverFails: boolean): void {
    for (const notification of notifications) {
      // What it has already it need not take: to a repeat it says yes.
      const taken = !receiverFails || this.#firstAt.has(notification.id)
      if (taken) this.#take(notification)
      this.#answered.push({ notification, taken, atMs: this.world.nowMs })
    }
  }

  /** A receiver that deduplicates. */
  #take({ id, alerts }: Notification): void {
    if (this.#firstAt.has(id)) return
    this.#firstAt.set(id, this.world.nowMs)
    for (const alert of alerts) {
      const what = [alert.key, alert.startsAtMs, alert.status, alert.severity].join(' ')
      this.#idsOf.set(what, (this.#idsOf.get(what) ?? new Set()).add(id))
      this.#last.set(alert.key, alert)
    }
  }

  #settle(): void {
    for (const { notification, taken, atMs } of this.#answered.splice(0)) {
      if (taken) this.#schedule.sent(notification)
      else this.#schedule.failed(notification, aTrouble({ atMs }))
    }
  }
}
