/** A schedule with a clock in the test's hand, and what is kept of it, for the tests of the schedule. */
import type { Alert, Notification } from '../../../../src/alert/alert.ts'
import type { SuppressionOf } from '../../../../src/alert/deliver/group.ts'
import type { Policy } from '../../../../src/alert/deliver/policy.ts'
import type { SavedRecord } from '../../../../src/alert/deliver/records.ts'
import { Schedule } from '../../../../src/alert/deliver/schedule.ts'
import { T0 } from '../../../support/builders.ts'
import { anAlert } from './alerts.ts'
import { SECOND } from './policies.ts'

export const loud: SuppressionOf = () => 'none'
export const orders = anAlert()
export const billing = anAlert({ subject: { job: 'billing' } })

/** A schedule whose clock the test turns, and whose receivers take everything unless the test says otherwise. */
export class Clocked {
  nowMs = T0
  suppressionOf: SuppressionOf = loud
  readonly kept = new Map<string, string>()
  readonly policies: readonly Policy[]
  schedule: Schedule

  constructor(...policies: Policy[]) {
    this.policies = policies
    this.schedule = new Schedule(policies)
  }

  observe(...alerts: Alert[]): void {
    this.schedule.observe(alerts, this.nowMs)
  }

  open(): Notification[] {
    const opened = this.schedule.plan(this.nowMs, this.suppressionOf)
    this.keep()
    return opened
  }

  /** Opens what is due, and has it sent. */
  told(): string[][] {
    const opened = this.open()
    for (const notification of opened) this.schedule.sent(notification)
    this.keep()
    return opened.map(words)
  }

  /** What is told within so long, by the second after its beginning. */
  toldWithin(ms: number): Record<number, string[][]> {
    const said: Record<number, string[][]> = {}
    const beginMs = this.nowMs
    for (; this.nowMs <= beginMs + ms; this.nowMs += SECOND) {
      const now = this.told()
      if (now.length > 0) said[(this.nowMs - beginMs) / SECOND] = now
    }
    return said
  }

  keep(records: readonly SavedRecord[] = this.schedule.takeChanges()): void {
    for (const { key, value } of records) {
      if (value === null) this.kept.delete(key)
      else this.kept.set(key, JSON.stringify(value))
    }
  }

  /** Another process, from what is kept. */
  takeOver(...policies: Policy[]): { readonly open: readonly Notification[]; readonly forgotten: number } {
    this.schedule = new Schedule(policies.length > 0 ? policies : this.policies)
    return this.schedule.restore([...this.kept].map(([key, value]) => ({ key, value: JSON.parse(value) as SavedRecord['value'] })))
  }
}

export function words({ alerts }: Notification): string[] {
  return alerts.map(({ subject, status }) => `${subject.job} ${status}`)
}
