/**
 * Port: what people see of alerting, and what they decide. The API, the page and the commands use it; the alert service of a process implements it.
 *
 * Plain data in and out. Whatever is changed is durable, and on its way to every process, when the promise resolves; a repeat of a change is harmless, but
 * for `changeGroup`, which is refused where it does not go (`bad_request`). What a process shows may be a moment behind what another was told.
 *
 * Rejects with `not_found` for what is not there, `bad_request` for what cannot be (a rule with faults, all of them in the message), `not_available` where
 * the rollups or the control log are away.
 */
import type { YamlFault } from '../lib/checked-yaml.ts'
import type { TimeRange } from '../store/rollup-store.ts'
import type { Alert, AlertLevel, Severity, Subject } from './alert.ts'
import type { Match } from './deliver/policy.ts'
import type { ReceiverStatus, Undelivered } from './deliver/status.ts'
import type { GroupAction, GroupRecord, GroupState } from './group-book.ts'
import type { Acknowledgement, WhyQuiet } from './hush.ts'
import type { RuleTest } from './rule-test.ts'
import type { Rule } from './rule.ts'
import type { Silence } from './silence.ts'

export const PHASES = ['firing', 'pending', 'resolved'] as const
export type Phase = (typeof PHASES)[number]

/** Every part that is named must hold. */
export interface AlertFilter {
  readonly phase?: Phase
  readonly level?: AlertLevel
  readonly severity?: Severity
  readonly rule?: string
  /** The alert's subject, or one of the jobs that share in it. */
  readonly job?: string
}

export interface ShownAlert {
  readonly key: string
  readonly phase: Phase
  readonly rule: { readonly id: string; readonly title: string; readonly level: AlertLevel }
  readonly severity: Severity
  readonly subject: Subject
  /** Since when the condition has held, by event time. */
  readonly sinceMs: number
  /** As it is told; null while it is pending. */
  readonly alert: Alert | null
  readonly acknowledged: Acknowledgement | null
  readonly hushed: WhyQuiet
}

/** Episodes that began or ended in the range, or lasted through it. */
export interface HistoryQuery extends TimeRange, Omit<AlertFilter, 'phase'> {
  readonly limit: number
}

export interface Who {
  readonly who: string
  readonly comment: string | null
}

export interface ShownRule {
  readonly id: string
  /** built-in: the package's own. file: a folder of the user's. api: the control log, which replaces both. */
  readonly source: 'built-in' | 'file' | 'api'
  /** Path of the file; null where it came over the API. */
  readonly file: string | null
  /** As it was written: YAML. Of a file that is in force, what is in force. */
  readonly text: string
  /** Of `text`. Null where it is switched off, or has faults. */
  readonly rule: Rule | null
  /** This is what is evaluated: no later one replaces it, it is not switched off, and has no faults. */
  readonly inForce: boolean
  /** What the file says now, where that is not in force: it, or another file, has faults. Null: it says `text`. */
  readonly written: string | null
  /** Of what is written now. */
  readonly faults: readonly YamlFault[]
}

export interface NewSilence extends Who {
  readonly match: Match
  readonly fromMs: number
  readonly untilMs: number
}

export interface ShownGroup {
  readonly record: GroupRecord
  readonly state: GroupState
}

export interface GroupName {
  readonly job: string
  readonly fingerprint: string
}

export interface ShardReport {
  readonly shard: number
  /** A member's name; null where nobody is known to evaluate it. */
  readonly owner: string | null
  /** Whether that is this process. */
  readonly isOurs: boolean
  /** Complete minutes are evaluated up to here; null: none is yet. */
  readonly evaluatedUntilMs: number | null
}

export interface EvaluationReport {
  readonly shards: readonly ShardReport[]
  /** Why the rules cannot see now, in words; null: they can. */
  readonly blind: string | null
  /** Of this process; null before the first. */
  readonly last: {
    readonly atMs: number
    readonly queries: number
    readonly readMs: number
    readonly evaluateMs: number
    readonly alerts: number
  } | null
  /** Alerts that did not begin, since there were too many. Since this process began. */
  readonly refused: number
}

export interface AlertDesk {
  /** Firing ones first, the most severe first, then the oldest; resolved ones for a quarter of an hour. */
  alerts(filter: AlertFilter): Promise<ShownAlert[]>
  /** Newest first. */
  history(query: HistoryQuery): Promise<Alert[]>
  /** The episode that fires now. Its repeats are not told any more; its end is. */
  acknowledge(key: string, who: Who): Promise<Acknowledgement>
  /** Where nobody has acknowledged it, nothing happens. */
  unacknowledge(key: string): Promise<void>

  /** By id. One of each source that has it. */
  rules(): Promise<ShownRule[]>
  /** The text's id must be `id`. Replaces the one from a file. */
  putRule(id: string, text: string, who: Who): Promise<ShownRule>
  /** What came over the API; the one from a file, where there is one, is in force again. `bad_request` for a rule that comes from a file only: it can be switched off by `putRule`. */
  deleteRule(id: string): Promise<void>
  /** See rule-test.ts. Rejects with `aborted` where the signal aborts: a long range of a big installation takes its time. */
  testRule(text: string, range: TimeRange, signal: AbortSignal): Promise<RuleTest>

  /** Those that have not ended, and those to come. */
  silences(): Promise<Silence[]>
  silence(silence: NewSilence): Promise<Silence>
  /** Ends it now. */
  unsilence(id: string): Promise<void>

  /** Null: never seen. */
  group(name: GroupName): Promise<ShownGroup | null>
  /** Of each, in order; null: never seen. From memory. */
  groups(names: readonly GroupName[]): Promise<(ShownGroup | null)[]>
  changeGroup(name: GroupName, action: GroupAction, who: Who): Promise<ShownGroup>

  /** Newest first. */
  undelivered(): Promise<Undelivered[]>
  receivers(): Promise<ReceiverStatus[]>
  evaluation(): Promise<EvaluationReport>
}
