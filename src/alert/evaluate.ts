/**
 * Evaluation: (rules, counts, what is known of groups and of the past, the states before, how far the counts go) -> the states now, and what began or ended.
 *
 *   minutes whose counts are complete, in order   every condition; alerts begin, go on and end         the states follow from the counts alone
 *   minutes that are under way                    conditions that more events cannot undo; alerts begin   early, with the times that they would have anyway
 *   the pipeline's readings, now                  conditions on the pipeline
 *
 * Pure: no clock, no network. The same instant evaluated twice gives nothing new. After a gap the minutes that were missed are evaluated one after the
 * other, and the states are those of an evaluation that missed nothing; the counts must reach back that far (`nextPart`). A process that goes on from another's
 * states says what the other would have said.
 *
 * Cost: of each minute, the subjects that had events and the alerts that are pending or firing, and nothing else, unless a rule looks at silence.
 *
 * Bounds: `MAX_ALERTS` are remembered. The less severe a rule is, the sooner there is no room for its alerts, so that those of a severe one find some; those over
 * many jobs always do, for they are few. Ended ones make room. `refused` counts those that found none.
 */
import type { Alert, Severity, Subject } from './alert.ts'
import type { Baseline } from './baseline.ts'
import { MINUTE_MS } from './condition.ts'
import type { Finding, PipelineReading, Sight } from './conditions/sight.ts'
import { subjectKey, type CountTable, type Entry, type Series } from './count-table.ts'
import { alertKey, alertOfPipeline, alertOfSight, type Wording } from './describe.ts'
import { resolve, stepHeld, stepNotHeld, stepUnknown, type AlertState, type Stretch } from './episode.ts'
import { groupKeyOf, isMutedAt, type GroupBook } from './group-book.ts'
import { CATCH_UP_MINUTES, OPEN_MINUTES, type IndexedRule, type RuleIndex } from './rule-index.ts'
import { PER, type Per, type Rule } from './rule.ts'

export const MAX_ALERTS = 20_000
/** Which part of these may be pending or fire when one of the severity begins. */
const ROOM: Readonly<Record<Severity, number>> = { critical: 1, high: 0.9, medium: 0.75, low: 0.6 }

/** As it is handed on: JSON but for the map, which is written entry by entry. */
export interface EvaluationState {
  readonly version: 1
  /** Complete minutes are evaluated up to here; null: nothing is yet. */
  readonly untilMs: number | null
  /** By key. */
  readonly alerts: ReadonlyMap<string, AlertState>
}

export const NOTHING_EVALUATED: EvaluationState = { version: 1, untilMs: null, alerts: new Map() }

export interface EvaluationInput {
  readonly index: RuleIndex
  readonly table: CountTable
  readonly baseline: Baseline
  readonly groups: GroupBook
  /** Null: rules on the pipeline are somebody else's. */
  readonly pipeline: PipelineReading | null
  /** Start of the first minute whose counts are not complete. */
  readonly completeUntilMs: number
  /** End of what was read: at most `OPEN_MINUTES` later, or than `openFromMs`. */
  readonly readUntilMs: number
  /** Minutes under way are looked at from here only, since those before are not to be told yet. */
  readonly openFromMs?: number
  readonly wording: Wording
  /** Nobody looked at the pipeline for so long before: that is no time in which nothing was wrong. */
  readonly unwatchedMs?: number
  readonly maxAlerts?: number
}

export interface Evaluation {
  readonly state: EvaluationState
  /** Alerts that began or ended, in order: what began and ended in a gap is there twice. */
  readonly news: readonly Alert[]
  /** Keys whose state is another now, or gone. */
  readonly changed: readonly string[]
  readonly refused: number
}

/** How far to read and evaluate next, where more was missed than the table has room for. */
export function nextPart(untilMs: number, completeUntilMs: number): number {
  return Math.min(completeUntilMs, untilMs + CATCH_UP_MINUTES * MINUTE_MS)
}

export function firing({ alerts }: EvaluationState): Alert[] {
  return [...alerts.values()].flatMap(({ phase, alert }) => (phase === 'firing' && alert !== null ? [alert] : []))
}

export function evaluate(input: EvaluationInput, before: EvaluationState): Evaluation {
  const round = new Round(input, before)
  const untilMs = input.completeUntilMs
  for (let end = (before.untilMs ?? untilMs - MINUTE_MS) / MINUTE_MS + 1; end * MINUTE_MS <= untilMs; end++) round.completeMinute(end)
  const openMs = Math.max(untilMs, input.openFromMs ?? 0)
  const lastOpen = Math.min(Math.ceil(input.readUntilMs / MINUTE_MS), openMs / MINUTE_MS + OPEN_MINUTES)
  for (let end = Math.max(openMs, before.untilMs ?? 0) / MINUTE_MS + 1; end <= lastOpen; end++) round.openMinute(end)
  if (input.pipeline !== null) round.pipeline(input.pipeline)
  round.endWithoutRule(untilMs)
  return round.finish(Math.max(untilMs, before.untilMs ?? untilMs))
}

/** One evaluation under way: the states as they change, by rule and subject. */
class Round {
  readonly #input: EvaluationInput
  readonly #before: EvaluationState
  readonly #states = new Map<string, Map<string, AlertState>>()
  /** As they would be if the minutes under way ended now. */
  #ahead = new Map<string, AlertState>()
  readonly #news: Alert[] = []
  #alerts = 0
  /** Of these, neither pending nor firing. */
  #ended = 0
  #refused = 0
  #muted: ReadonlySet<string> = new Set()

  constructor(input: EvaluationInput, before: EvaluationState) {
    this.#input = input
    this.#before = before
    for (const state of before.alerts.values()) this.#keep(state.rule, subjectKey(state.subject), state)
  }

  completeMinute(end: number): void {
    const { table, index } = this.#input
    const stretch = { startMs: (end - 1) * MINUTE_MS, endMs: end * MINUTE_MS }
    this.#muted = mutedKeys(this.#input.groups, stretch.endMs)
    const active = table.active(end - 1)
    for (const per of PER) {
      for (const rule of index.byPer[per]) {
        const states = this.#states.get(rule.rule.id)
        const waiting = new Map(states)
        const entries = rule.looksAtSilent ? table.entries(per) : active[per]
        for (const entry of entries) {
          waiting.delete(entry.key)
          this.#stepSubject(rule, entry, states?.get(entry.key) ?? null, stretch, end)
        }
        for (const [key, state] of waiting)
          if (states?.has(key) === true) this.#stepSubject(rule, table.entry(per, key) ?? silent(key, state.subject), state, stretch, end)
      }
    }
  }

  /** Alerts may begin only. What must hold for a while must have held in every minute before, as far as can be told. */
  openMinute(end: number): void {
    const { table, index } = this.#input
    const stretch = { startMs: (end - 1) * MINUTE_MS, endMs: end * MINUTE_MS }
    this.#muted = mutedKeys(this.#input.groups, stretch.endMs)
    const isFirst = stretch.startMs === Math.max(this.#input.completeUntilMs, this.#before.untilMs ?? 0)
    const active = table.active(end - 1)
    const ahead = new Map<string, AlertState>()
    for (const per of PER) {
      for (const rule of index.byPer[per]) {
        const states = this.#states.get(rule.rule.id)
        for (const entry of active[per]) {
          const state = states?.get(entry.key) ?? null
          if (state?.phase === 'firing') continue
          const next = this.#held(rule, entry, (key) => this.#ahead.get(key) ?? (isFirst ? state : null), stretch, end, false, false)
          if (next === null) continue
          ahead.set(next.key, next)
          if (next.phase === 'firing') this.#change(rule, entry.key, state, next)
        }
      }
    }
    this.#ahead = ahead
  }

  /**
   * A process that has just begun does not know for how long it has been blind: blindness that is told is over only where there is none. What fires ends when it was
   * seen to be over for long enough, by however many processes.
   */
  pipeline(reading: PipelineReading): void {
    const { index, wording } = this.#input
    const stretch = { startMs: reading.nowMs, endMs: reading.nowMs }
    for (const indexed of index.ofPipeline) {
      if (indexed.compiled.of !== 'pipeline') continue
      const { rule, compiled } = indexed
      const key = subjectKey(PLATFORM)
      const state = this.#states.get(rule.id)?.get(key) ?? null
      const finding = compiled.check(reading)
      const identity = { key: alertKey(rule.id, PLATFORM), rule: rule.id, subject: PLATFORM }
      if (finding !== null) {
        this.#change(
          indexed,
          key,
          state,
          stepHeld(state, identity, rule, stretch, ({ startsAtMs }) =>
            alertOfPipeline(rule, identity.key, PLATFORM, finding, startsAtMs, wording),
          ),
        )
      } else if (state !== null) {
        const { unwatchedMs = 0 } = this.#input
        const isUnknown = (indexed.looksAtBlindness && reading.blindSinceMs !== null) || (unwatchedMs > 0 && state.phase === 'pending')
        const known = stepUnknown(state, { endMs: isUnknown ? reading.nowMs : Math.min(reading.nowMs, state.heldMs + unwatchedMs) })
        this.#change(indexed, key, state, isUnknown ? known : stepNotHeld(known, rule, stretch))
      }
    }
  }

  /** A rule that was deleted, or switched off, or looks at another kind of subject now, says nothing any more. */
  endWithoutRule(atMs: number): void {
    for (const [id, states] of this.#states) {
      const per = this.#input.index.byId.get(id)?.rule.per
      for (const [key, state] of states) {
        if (per !== undefined && isOf(per, state.subject)) continue
        this.#keep(id, key, null)
        if (state.phase === 'firing') this.#end(resolve(state, Math.max(atMs, state.heldMs), 'rule_gone'))
      }
    }
  }

  finish(untilMs: number): Evaluation {
    const alerts = new Map([...this.#states.values()].flatMap((states) => [...states.values()].map((state) => [state.key, state] as const)))
    const { alerts: before } = this.#before
    const changed = [...alerts.keys()].filter((key) => alerts.get(key) !== before.get(key))
    for (const key of before.keys()) if (!alerts.has(key)) changed.push(key)
    return { state: { version: 1, untilMs, alerts }, news: this.#news, changed, refused: this.#refused }
  }

  #stepSubject(rule: IndexedRule, entry: Entry, state: AlertState | null, stretch: Stretch, end: number): void {
    const next = this.#held(rule, entry, () => state, stretch, end, true, state?.phase === 'firing')
    if (next !== null) this.#change(rule, entry.key, state, next)
    else if (state !== null) this.#change(rule, entry.key, state, stepNotHeld(state, rule.rule, stretch))
  }

  /** The state where the condition holds, else null. */
  #held(
    indexed: IndexedRule,
    entry: Entry,
    before: (key: string) => AlertState | null,
    stretch: Stretch,
    end: number,
    isComplete: boolean,
    isFiring: boolean,
  ): AlertState | null {
    const { rule, compiled } = indexed
    if (compiled.of !== 'counts') return null
    const { table, baseline, groups, wording } = this.#input
    const series = this.#heard(indexed, entry)
    if (series.length === 0) return null
    const sight: Sight = {
      subject: entry.subject,
      series,
      end,
      isComplete,
      isFiring,
      table,
      baseline,
      view: indexed.view,
      jobView: indexed.jobView,
      groups,
    }
    const finding: Finding | null = compiled.check(sight)
    if (finding === null) return null
    const key = alertKey(rule.id, entry.subject)
    const identity = { key, rule: rule.id, subject: entry.subject }
    return stepHeld(
      before(key),
      identity,
      rule,
      stretch,
      (episode) => alertOfSight(rule, key, sight, finding, episode, wording),
      finding.lapse,
    )
  }

  /** Those that the rule is for; what somebody muted is nobody's trouble but the platform's. */
  #heard(indexed: IndexedRule, entry: Entry): readonly Series[] {
    const series = this.#input.index.matching(indexed, entry)
    if (indexed.countsMuted || this.#muted.size === 0) return series
    return series.filter(({ job, fingerprint }) => !this.#muted.has(groupKeyOf(job, fingerprint)))
  }

  #change({ rule }: IndexedRule, subject: string, from: AlertState | null, to: AlertState | null): void {
    if (!isLive(from) && isLive(to) && !this.#hasRoom(rule)) {
      this.#refused++
      return
    }
    this.#keep(rule.id, subject, to)
    if (to?.phase === 'firing' && from?.phase !== 'firing' && to.alert !== null) this.#news.push(to.alert)
    if (to?.phase === 'resolved' && from?.phase === 'firing') this.#end(to)
  }

  #end({ alert }: AlertState): void {
    if (alert !== null) this.#news.push(alert)
  }

  #hasRoom({ per, severity }: Rule): boolean {
    if (per === 'platform' || per === 'category') return true
    const { maxAlerts = MAX_ALERTS } = this.#input
    if (this.#alerts - this.#ended >= ROOM[severity] * maxAlerts) return false
    if (this.#alerts >= maxAlerts) this.#forgetEnded()
    return true
  }

  /** They are in the history. */
  #forgetEnded(): void {
    for (const [rule, states] of this.#states) for (const [subject, state] of states) if (!isLive(state)) this.#keep(rule, subject, null)
  }

  #keep(rule: string, subject: string, state: AlertState | null): void {
    const states = this.#states.get(rule) ?? new Map<string, AlertState>()
    const before = states.get(subject) ?? null
    this.#alerts += Number(state !== null) - Number(before !== null)
    this.#ended += Number(hasEnded(state)) - Number(hasEnded(before))
    if (state === null) states.delete(subject)
    else this.#states.set(rule, states.set(subject, state))
  }
}

function isLive(state: AlertState | null): boolean {
  return state !== null && state.phase !== 'resolved'
}

function hasEnded(state: AlertState | null): boolean {
  return state?.phase === 'resolved'
}

const PLATFORM: Subject = { job: null, environment: null, fingerprint: null, category: null }

function isOf(per: Per, { job, fingerprint, category }: Subject): boolean {
  if (per === 'group') return fingerprint !== null
  if (per === 'job') return job !== null && fingerprint === null
  return job === null && (per === 'category') === (category !== null)
}

/** A subject of which the table knows nothing any more. */
function silent(key: string, subject: Subject): Entry {
  return { key, subject, series: [], version: 0 }
}

function mutedKeys(groups: GroupBook, timeMs: number): ReadonlySet<string> {
  return new Set(
    [...groups.muted()].filter((record) => isMutedAt(record, timeMs)).map(({ job, fingerprint }) => groupKeyOf(job, fingerprint)),
  )
}
