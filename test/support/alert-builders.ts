/** Builders of what alert rules are evaluated on: rows, rules, and a desk that reads and evaluates from call to call, as a process does. */
import { createHash } from 'node:crypto'
import type { Alert } from '../../src/alert/alert.ts'
import type { CountRow } from '../../src/alert/alert-reader.ts'
import { Baseline } from '../../src/alert/baseline.ts'
import type { PipelineReading } from '../../src/alert/conditions/sight.ts'
import { CountTable } from '../../src/alert/count-table.ts'
import type { Wording } from '../../src/alert/describe.ts'
import { evaluate, NOTHING_EVALUATED, type Evaluation, type EvaluationState } from '../../src/alert/evaluate.ts'
import { GroupMemory } from '../../src/alert/group-memory.ts'
import { markOf, type HostMarks } from '../../src/alert/host-marks.ts'
import { RuleIndex } from '../../src/alert/rule-index.ts'
import { readAlertRule } from '../../src/alert/rule-file.ts'
import type { Rule } from '../../src/alert/rule.ts'
import { DAY, MINUTE, T0 } from './builders.ts'

/** `hosts`: so many, always the same ones, or just these. */
export type CountRowFields = Omit<Partial<CountRow>, 'hosts'> & { readonly hosts?: number | readonly string[] }

export function aCountRow({ hosts = 1, ...over }: CountRowFields = {}): CountRow {
  const windowMs = over.windowMs ?? T0
  return {
    windowMs,
    job: 'orders',
    environment: 'prod',
    fingerprint: 'v1:0000000000000001',
    previousFingerprint: null,
    exceptionClass: 'java.lang.IllegalStateException',
    rootCauseClass: 'java.lang.IllegalStateException',
    category: 'bad-input',
    severity: 'medium',
    rule: 'acme',
    title: 'IllegalStateException: order <*> has no lines',
    culprit: 'com.acme.Orders.check:42',
    count: 1,
    hosts: someMarks(typeof hosts === 'number' ? Array.from({ length: hosts }, (_, i) => `host-${i}`) : hosts),
    firstMs: windowMs,
    lastMs: windowMs + 30_000,
    ...over,
  }
}

export function someMarks(hosts: readonly string[]): HostMarks {
  return hosts.map((host) => markOf(createHash('sha256').update(host).digest().readUInt32LE()))
}

/** In the words of a rule file. */
export function aRule(over: Record<string, unknown> = {}): Rule {
  const fields = {
    title: 'A rule',
    id: 'a-rule',
    level: 'custom',
    severity: 'high',
    per: 'job',
    condition: { count: { over: '10m', atLeast: 100 } },
    keepFiring: '5m',
    ...over,
  }
  const read = readAlertRule(JSON.stringify(fields))
  if ('faults' in read) throw new Error(read.faults.map(({ field, why }) => `${field}: ${why}`).join('\n'))
  if (read.value.rule === null) throw new Error('the rule is switched off')
  return read.value.rule
}

export const PLAIN: Wording = { links: { page: null, kibana: null, dataView: null }, adviceOf: () => null }

/** An evaluation, with its news sorted. */
export interface Looked extends Evaluation {
  readonly began: readonly Alert[]
  readonly ended: readonly Alert[]
}

export interface DeskOptions {
  readonly state?: EvaluationState
  readonly groups?: GroupMemory
  /** Since when groups are watched; long ago, so that what appears is new. */
  readonly watchedSinceMs?: number
}

/** One process's table, baseline and group book, with the state that it would hand on. */
export class Desk {
  readonly index: RuleIndex
  readonly table: CountTable
  readonly baseline: Baseline
  readonly groups: GroupMemory
  readonly #watchedSinceMs: number
  state: EvaluationState

  constructor(
    rules: readonly Rule[],
    { state = NOTHING_EVALUATED, groups = new GroupMemory(), watchedSinceMs = T0 - 100 * DAY }: DeskOptions = {},
  ) {
    this.index = new RuleIndex(rules)
    this.table = new CountTable(this.index.limits)
    this.baseline = new Baseline(this.index.views)
    this.groups = groups
    this.state = state
    this.#watchedSinceMs = watchedSinceMs
  }

  /** All minutes of the range are what these rows say. */
  read(fromMs: number, toMs: number, rows: readonly CountRow[], completeUntilMs = toMs): this {
    const within = rows.filter(({ windowMs }) => windowMs >= fromMs && windowMs < toMs)
    this.table.replace({ fromMs, toMs }, within)
    this.groups.observe(within, { sinceMs: this.#watchedSinceMs, completeUntilMs })
    return this
  }

  past(fromMs: number, toMs: number, rows: readonly CountRow[]): this {
    for (const by of this.baseline.readings()) this.baseline.replace({ fromMs, toMs }, by, rows)
    return this
  }

  evaluate(
    completeUntilMs: number,
    {
      readUntilMs = completeUntilMs,
      pipeline = null,
      ...more
    }: { readUntilMs?: number; pipeline?: PipelineReading | null; maxAlerts?: number } = {},
  ): Looked {
    const { index, table, baseline, groups } = this
    const result = evaluate({ index, table, baseline, groups, pipeline, completeUntilMs, readUntilMs, wording: PLAIN, ...more }, this.state)
    this.state = result.state
    return {
      ...result,
      began: result.news.filter(({ status }) => status === 'firing'),
      ended: result.news.filter(({ status }) => status === 'resolved'),
    }
  }
}

/** A row for each minute that has a count: counts by the minute from `fromMs` on. */
export function rowsByMinute(fromMs: number, counts: readonly number[], over: CountRowFields = {}): CountRow[] {
  return counts.flatMap((count, i) => (count === 0 ? [] : [aCountRow({ windowMs: fromMs + i * MINUTE, count, ...over })]))
}
