/** An alert rule as data: what it looks at, when that is trouble, and what is said of it. Made from a file or the API's JSON by rule-file.ts. */
import type { AlertLevel, Severity } from './alert.ts'
import type { Condition } from './condition.ts'
import type { MuteWindow } from './mute.ts'

/** What a subject is: one alert each. A group is one error of one job. */
export const PER = ['job', 'group', 'category', 'platform'] as const
export type Per = (typeof PER)[number]

/** Globs, of which one must name the whole value; null where any will do. `error` names an exception class, outermost or root cause. */
export interface Matcher {
  readonly job: readonly string[] | null
  readonly environment: readonly string[] | null
  readonly error: readonly string[] | null
  readonly category: readonly string[] | null
  readonly severity: readonly string[] | null
  readonly fingerprint: readonly string[] | null
}

export const ANYTHING: Matcher = { job: null, environment: null, error: null, category: null, severity: null, fingerprint: null }

export interface Rule {
  readonly id: string
  readonly title: string
  readonly level: AlertLevel
  readonly severity: Severity
  readonly matcher: Matcher
  readonly per: Per
  readonly condition: Condition
  /** How long the condition must hold before the alert fires. */
  readonly pendingMs: number
  /** How long it must not hold before the alert is resolved, so that it does not flap. */
  readonly keepFiringMs: number
  readonly labels: Readonly<Record<string, string>>
  /** Templates, as are titles and addresses of `links`. */
  readonly annotations: Readonly<Record<string, string>>
  readonly links: readonly { readonly title: string; readonly url: string }[]
  readonly mute: readonly MuteWindow[]
  /** Null: as the receivers' own settings say. */
  readonly receivers: readonly string[] | null
  readonly groupBy: readonly string[] | null
  readonly repeatIntervalMs: number | null
  readonly maxRepeatIntervalMs: number | null
}
