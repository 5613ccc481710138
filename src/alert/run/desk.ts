/** The desk of a process (see ../desk.ts): what all shards have kept, as this process follows it, and what people decide, into the control log. */
import { randomUUID } from 'node:crypto'
import { availably, TracefoldError } from '../../errors.ts'
import { SEVERITIES, type Alert, type Severity } from '../alert.ts'
import type { AlertReader } from '../alert-reader.ts'
import { matcher } from '../deliver/policy.ts'
import { placeOf, type ReceiverStatus, type Undelivered } from '../deliver/status.ts'
import {
  PHASES,
  type AlertDesk,
  type AlertFilter,
  type EvaluationReport,
  type GroupName,
  type HistoryQuery,
  type NewSilence,
  type ShownAlert,
  type ShownGroup,
  type ShownRule,
  type Who,
} from '../desk.ts'
import type { AlertState } from '../episode.ts'
import { changeGroup, stateAt, type By, type GroupAction, type GroupRecord } from '../group-book.ts'
import { quietBy, type Acknowledgement } from '../hush.ts'
import { testRule, type RuleTest } from '../rule-test.ts'
import type { Silence } from '../silence.ts'
import type { TimeRange } from '../../store/rollup-store.ts'
import { readNamedRule } from '../rule-load.ts'
import { shownRule } from './rules.ts'
import type { AlertService } from './service.ts'

const MAX_RULE_BYTES = 131_072

export class ServiceDesk implements AlertDesk {
  readonly #service: AlertService
  readonly #reader: AlertReader
  readonly #now: () => number
  readonly #stopping = new AbortController()

  constructor(service: AlertService, reader: AlertReader, now: () => number) {
    this.#service = service
    this.#reader = reader
    this.#now = now
  }

  /** Ends the tests of rules that are under way. */
  stop(): void {
    this.#stopping.abort()
  }

  async alerts(filter: AlertFilter): Promise<ShownAlert[]> {
    const rules = new Map(this.#service.rules.now.rules.map((rule) => [rule.id, rule]))
    const whyQuiet = quietBy({
      rules: this.#service.rules.now.rules,
      silences: this.#service.decisions.silences,
      groups: this.#service.groups,
    })
    const shown = this.#service.view.states().flatMap((state): ShownAlert[] => {
      const rule = state.alert?.rule ?? rules.get(state.rule)
      if (rule === undefined) return [] // a rule that went while its alert was pending
      const { key, phase, subject, sinceMs, alert } = state
      const severity = state.alert?.severity ?? rules.get(state.rule)?.severity ?? 'low'
      return [
        {
          key,
          phase,
          rule: { id: rule.id, title: rule.title, level: rule.level },
          severity,
          subject: alert?.subject ?? subject,
          sinceMs: alert?.sinceMs ?? sinceMs,
          alert,
          acknowledged: this.#acknowledged(state),
          hushed: whyQuiet(state, this.#now()),
        },
      ]
    })
    return shown
      .filter((one) => (filter.phase === undefined || one.phase === filter.phase) && isWanted(one, filter, one.alert?.jobs ?? []))
      .sort(byUrgency)
  }

  async history({ fromMs, toMs, limit, ...filter }: HistoryQuery): Promise<Alert[]> {
    const { view } = this.#service
    const ongoing = view.states().flatMap(({ phase, alert }) => (phase === 'firing' && alert !== null ? [alert] : []))
    const within = [...view.past(), ...ongoing].filter(({ startsAtMs, endsAtMs }) => startsAtMs < toMs && (endsAtMs ?? Infinity) >= fromMs)
    return within
      .filter((alert) => isWanted(alert, filter, alert.jobs))
      .sort((a, b) => b.startsAtMs - a.startsAtMs)
      .slice(0, limit)
  }

  async acknowledge(key: string, { who, comment }: Who): Promise<Acknowledgement> {
    const firing = this.#service.view.states().find((state) => state.key === key && state.phase === 'firing')
    if (firing?.alert === null || firing === undefined) throw new TracefoldError('not_found', `no alert ${key} fires`)
    const acknowledgement: Acknowledgement = { version: 1, key, startsAtMs: firing.alert.startsAtMs, who, atMs: this.#now(), comment }
    await availably(() => this.#service.decisions.putAcknowledgement(key, acknowledgement))
    return acknowledgement
  }

  async unacknowledge(key: string): Promise<void> {
    if (this.#service.decisions.acknowledgement(key) !== null) await availably(() => this.#service.decisions.putAcknowledgement(key, null))
  }

  async rules(): Promise<ShownRule[]> {
    return this.#service.rules.shown()
  }

  async putRule(id: string, text: string, { who, comment }: Who): Promise<ShownRule> {
    if (Buffer.byteLength(text) > MAX_RULE_BYTES) throw new TracefoldError('bad_request', `a rule may have ${MAX_RULE_BYTES} bytes`)
    const shown = shownRule(readNamedRule(id, text), 'api', true)
    if (shown.faults.length > 0)
      throw new TracefoldError(
        'bad_request',
        `the rule cannot be used:\n${shown.faults.map(({ line, field, why }) => `line ${line}: ${field}: ${why}`).join('\n')}`,
      )
    await availably(() => this.#service.decisions.putRule(id, { text, who, atMs: this.#now(), comment }))
    return shown
  }

  async deleteRule(id: string): Promise<void> {
    if (this.#service.decisions.rules.has(id)) return availably(() => this.#service.decisions.putRule(id, null))
    if (this.#service.rules.shown().some((rule) => rule.id === id))
      throw new TracefoldError('bad_request', `the rule ${id} comes from a file; to switch it off, put {id: ${id}, enabled: false}`)
    throw new TracefoldError('not_found', `there is no rule ${id}`)
  }

  testRule(text: string, range: TimeRange, signal: AbortSignal): Promise<RuleTest> {
    return testRule(this.#reader, text, range, AbortSignal.any([signal, this.#stopping.signal]))
  }

  async silences(): Promise<Silence[]> {
    return this.#service.decisions.silences.filter(({ untilMs }) => untilMs > this.#now()).sort((a, b) => a.fromMs - b.fromMs)
  }

  async silence({ match, fromMs, untilMs, who, comment }: NewSilence): Promise<Silence> {
    if (Object.keys(match).length === 0)
      throw new TracefoldError('bad_request', 'expected at least one field or label to match: a silence for everything would be forgotten')
    if (untilMs <= Math.max(fromMs, this.#now()))
      throw new TracefoldError('bad_request', 'expected an end after the beginning, and after now')
    matcher(match)
    const silence: Silence = { version: 1, id: randomUUID(), match, fromMs, untilMs, who, comment: comment ?? '' }
    await availably(() => this.#service.decisions.putSilence(silence.id, silence))
    return silence
  }

  async unsilence(id: string): Promise<void> {
    const silence = this.#service.decisions.silences.find((one) => one.id === id)
    if (silence === undefined) throw new TracefoldError('not_found', `there is no silence ${id}`)
    if (silence.untilMs > this.#now()) await availably(() => this.#service.decisions.putSilence(id, { ...silence, untilMs: this.#now() }))
  }

  async group({ job, fingerprint }: GroupName): Promise<ShownGroup | null> {
    const record = this.#service.groups.get(job, fingerprint)
    return record === null ? null : this.#shownGroup(record)
  }

  groups(names: readonly GroupName[]): Promise<(ShownGroup | null)[]> {
    return Promise.all(names.map((name) => this.group(name)))
  }

  async changeGroup({ job, fingerprint }: GroupName, action: GroupAction, { who, comment }: Who): Promise<ShownGroup> {
    const record = this.#service.groups.get(job, fingerprint)
    if (record === null) throw new TracefoldError('not_found', `no event of ${fingerprint} is known of job ${job}`)
    const lastMs = record.changes.at(-1)?.atMs ?? 0
    const by: By = { who, atMs: Math.max(this.#now(), lastMs + 1), comment } // another process's clock may be ahead of ours
    const changed = changedGroup(record, action, by)
    await availably(() => this.#service.decisions.putGroup({ job, fingerprint, action, by }))
    return this.#shownGroup(changed)
  }

  /** Those of our own shards as they are now, of others as they have kept them. */
  async undelivered(): Promise<Undelivered[]> {
    const own = this.#service.ownShards.list().flatMap((shard) => shard.undelivered())
    const known = new Set(own.map(placeOf))
    return [...own, ...this.#service.view.troubles().filter((one) => !known.has(placeOf(one)))].sort((a, b) => b.atMs - a.atMs)
  }

  /** Of this process: shards that others own have numbers of their own there. */
  async receivers(): Promise<ReceiverStatus[]> {
    const byName = new Map<string, ReceiverStatus>()
    for (const status of this.#service.ownShards.list().flatMap((shard) => shard.receivers()))
      byName.set(status.name, joined(byName.get(status.name), status))
    return [...byName.values()]
  }

  async evaluation(): Promise<EvaluationReport> {
    const { blind, last, refused, shardCount, view, ownShards } = this.#service
    const shards = Array.from({ length: shardCount }, (_, shard) => ({
      shard,
      owner: view.at(shard)?.owner ?? null,
      isOurs: ownShards.isOurs(shard),
      evaluatedUntilMs: view.at(shard)?.untilMs ?? null,
    }))
    return {
      shards,
      blind,
      last:
        last === null
          ? null
          : { atMs: last.atMs, queries: last.queries, readMs: last.readMs, evaluateMs: last.evaluateMs, alerts: last.alerts },
      refused,
    }
  }

  #acknowledged({ key, alert }: AlertState): Acknowledgement | null {
    const found = this.#service.decisions.acknowledgement(key)
    return found !== null && found.startsAtMs === alert?.startsAtMs ? found : null
  }

  #shownGroup(record: GroupRecord): ShownGroup {
    return { record, state: stateAt(record, this.#now()) }
  }
}

type Filtered = Pick<ShownAlert, 'rule' | 'severity' | 'subject'>

function isWanted({ rule, severity, subject }: Filtered, filter: Omit<AlertFilter, 'phase'>, jobs: readonly string[]): boolean {
  if (filter.level !== undefined && rule.level !== filter.level) return false
  if (filter.severity !== undefined && severity !== filter.severity) return false
  if (filter.rule !== undefined && rule.id !== filter.rule) return false
  return filter.job === undefined || subject.job === filter.job || jobs.includes(filter.job)
}

function byUrgency(a: ShownAlert, b: ShownAlert): number {
  return (
    PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) ||
    rank(a.severity) - rank(b.severity) ||
    a.sinceMs - b.sinceMs ||
    (a.key < b.key ? -1 : 1)
  )
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

function changedGroup(record: GroupRecord, action: GroupAction, by: By): GroupRecord {
  try {
    return changeGroup(record, action, by)
  } catch (error) {
    throw error instanceof RangeError ? new TracefoldError('bad_request', error.message) : error
  }
}

function joined(a: ReceiverStatus | undefined, b: ReceiverStatus): ReceiverStatus {
  if (a === undefined) return b
  const newest = (b.lastError?.atMs ?? 0) > (a.lastError?.atMs ?? 0) ? b.lastError : a.lastError
  const lastSentMs = Math.max(a.lastSentMs ?? 0, b.lastSentMs ?? 0)
  return {
    ...a,
    waiting: a.waiting + b.waiting,
    alerts: a.alerts + b.alerts,
    sent: a.sent + b.sent,
    retried: a.retried + b.retried,
    undelivered: a.undelivered + b.undelivered,
    lastSentMs: lastSentMs === 0 ? null : lastSentMs,
    lastError: newest,
  }
}
