/**
 * Which alerts a receiver is told of, and when: the schedule's rules as data, and the two questions about an alert that need nothing else.
 *
 * An alert has fields (`alert` (its key), `rule`, `level`, `severity`, `job`, `environment`, `category`, `fingerprint`) and labels; where both have a name,
 * the field counts. Pure.
 */
import { globTest } from '../../match/glob.ts'
import type { Alert } from '../alert.ts'

/** A receiver that forgets what it is not told again. */
export interface Resend {
  readonly everyMs: number
  readonly afterResolvedMs: number
}

export interface Policy {
  readonly receiver: string
  readonly matches: (alert: Alert) => boolean
  /** Alerts that agree in these share a notification. */
  readonly groupBy: readonly string[]
  /** How long the first news of a group waits for more. */
  readonly groupWaitMs: number
  /** Least time between two notifications of a group. */
  readonly groupIntervalMs: number
  /** What fires on is told again after this, then after twice this, and so on up to the most. */
  readonly repeatIntervalMs: number
  readonly maxRepeatIntervalMs: number
  readonly sendResolved: boolean
  readonly resend: Resend | null
}

/** By field or label: patterns, of which one must name the whole value; `*` stands for anything that there is, an empty one for nothing. All entries must agree. */
export type Match = Readonly<Record<string, string | readonly string[]>>

export function matcher(match: Match): (alert: Alert) => boolean {
  const tests = Object.entries(match).map(([name, given]) => {
    const patterns = typeof given === 'string' ? [given] : given
    return { name, test: globTest(patterns), takesNone: patterns.includes('') }
  })
  return (alert) =>
    tests.every(({ name, test, takesNone }) => {
      const value = valueOf(alert, name)
      return value === '' ? takesNone : test(value)
    })
}

/** A rule that names receivers is for these, whatever they match. */
export function isFor({ receiver, matches }: Policy, alert: Alert): boolean {
  const wanted = alert.delivery?.receivers ?? null
  return wanted === null ? matches(alert) : wanted.includes(receiver)
}

/** What the alert is grouped by: as its rule wants it, but for a receiver that groups by itself. */
export function labelOf({ groupBy, resend }: Policy, alert: Alert): string {
  return groupOf(alert, resend === null ? (alert.delivery?.groupBy ?? groupBy) : groupBy)
}

/** `job=orders, rule=spike`; empty where nothing tells groups apart. */
export function groupOf(alert: Alert, groupBy: readonly string[]): string {
  return groupBy.map((name) => `${name}=${quoted(valueOf(alert, name))}`).join(', ')
}

/** As the rule wants it, else as the receiver's settings say. A rule that names no most does not double. */
export function repeatAfterMs(policy: Policy, { delivery }: Alert, timesSaid: number): number {
  const wanted = policy.resend === null ? (delivery?.repeatIntervalMs ?? null) : null
  const { repeatIntervalMs, maxRepeatIntervalMs } =
    wanted === null ? policy : { repeatIntervalMs: wanted, maxRepeatIntervalMs: delivery?.maxRepeatIntervalMs ?? wanted }
  return Math.min(maxRepeatIntervalMs, repeatIntervalMs * 2 ** Math.min(timesSaid - 1, 30))
}

/** Absent is empty. */
function valueOf(alert: Alert, name: string): string {
  const { rule, severity, subject, key, labels } = alert
  const fields: Readonly<Record<string, string | null>> = {
    alert: key,
    rule: rule.id,
    level: rule.level,
    severity,
    job: subject.job,
    environment: subject.environment,
    category: subject.category,
    fingerprint: subject.fingerprint,
  }
  return (Object.hasOwn(fields, name) ? fields[name] : null) ?? (Object.hasOwn(labels, name) ? labels[name] : null) ?? ''
}

/** So that two groups never read alike. */
function quoted(value: string): string {
  return /[\s",=]/.test(value) ? JSON.stringify(value) : value
}
