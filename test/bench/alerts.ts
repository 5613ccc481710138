/**
 * What it costs to evaluate 50 rules over 4,000 jobs with 20 error types each, all of which had events in every minute, on one core, with a week's baseline of
 * every job; and how many queries. The reader is a fake that makes rows and counts queries, so no store's time is in it. Beside it, the storm in which
 * every job spikes at once, a night in which a thousand error types have events, and the first reading of a process that takes over.
 */
import type { AlertReader, BaselineQuery, BaselineRow, CountRow } from '../../src/alert/alert-reader.ts'
import { CountTable } from '../../src/alert/count-table.ts'
import { evaluate, firing, NOTHING_EVALUATED, type EvaluationState } from '../../src/alert/evaluate.ts'
import { GroupMemory } from '../../src/alert/group-memory.ts'
import { markOf } from '../../src/alert/host-marks.ts'
import { RuleIndex } from '../../src/alert/rule-index.ts'
import { readAlertRule } from '../../src/alert/rule-file.ts'
import { BaselineReading } from '../../src/alert/run/baseline-reading.ts'
import type { Rule } from '../../src/alert/rule.ts'
import type { TimeRange } from '../../src/store/rollup-store.ts'
import { stopwatch } from './stopwatch.ts'
import { machine, say } from './support.ts'

const JOBS = 4_000
const TYPES = 20
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const T0 = Date.UTC(2026, 10, 20, 10)
const CATEGORIES = [
  'timeout',
  'connection',
  'out-of-memory',
  'bad-input',
  'checkpoint-failure',
  'overload',
  'tls',
  'dns',
  'constraint-violation',
  'code-defect',
]
const CLASSES = Array.from({ length: TYPES }, (_, i) => `com.acme.error.Failure${i}Exception`)
/** Of a job's errors, one after the other: too few for the rules on hosts. */
const HOSTS = Array.from({ length: 4 }, (_, i) => [markOf(i)])
const ROUNDS = 5

class FakeReader implements AlertReader {
  queries = 0
  rows = 0
  readonly #activeTypes: number
  readonly #usual: number

  /** How many error types have events now, and which part of that is usual. */
  constructor(activeTypes: number, usual: number) {
    this.#activeTypes = activeTypes
    this.#usual = usual
  }

  async counts({ fromMs, toMs }: TimeRange): Promise<CountRow[]> {
    this.queries++
    const rows: CountRow[] = []
    for (let windowMs = fromMs; windowMs < toMs; windowMs += MINUTE)
      for (let i = 0; i < this.#activeTypes; i++) rows.push(countRow(windowMs, i % JOBS, Math.floor(i / JOBS)))
    this.rows += rows.length
    return rows
  }

  async baseline({ fromMs, toMs, intervalMs, by }: BaselineQuery): Promise<BaselineRow[]> {
    this.queries++
    const rows: BaselineRow[] = []
    const subjects = by.length === 0 ? 1 : by.includes('job') ? Math.min(JOBS, this.#activeTypes) : CATEGORIES.length
    const count = Math.ceil((this.#activeTypes / subjects) * (intervalMs / MINUTE) * this.#usual)
    for (let windowMs = fromMs; windowMs < toMs; windowMs += intervalMs) {
      for (let i = 0; i < subjects; i++)
        rows.push({
          ...NO_TYPE,
          windowMs,
          ...(by.includes('job') ? { job: jobName(i), environment: 'prod' } : { category: CATEGORIES[i]! }),
          count,
          lastMs: windowMs,
        })
    }
    this.rows += rows.length
    return rows
  }
}

const NO_TYPE = {
  job: null,
  environment: null,
  fingerprint: null,
  exceptionClass: null,
  rootCauseClass: null,
  category: null,
  severity: null,
}

function jobName(i: number): string {
  return `team-${i % 40}-job-${i}`
}

function countRow(windowMs: number, job: number, type: number): CountRow {
  return {
    windowMs,
    job: jobName(job),
    environment: 'prod',
    fingerprint: `v1:${job}-${type}`,
    previousFingerprint: null,
    exceptionClass: 'java.lang.RuntimeException',
    rootCauseClass: CLASSES[type]!,
    category: CATEGORIES[type % CATEGORIES.length]!,
    severity: 'medium',
    rule: null,
    title: `Failure${type}Exception: <*>`,
    culprit: null,
    count: 1,
    hosts: HOSTS[(windowMs / MINUTE + type) % HOSTS.length]!,
    firstMs: windowMs,
    lastMs: windowMs + 1,
  }
}

/** Twenty-five per job, sixteen per group, nine over many. */
function rules(): Rule[] {
  const many = <T>(length: number, make: (i: number) => T) => Array.from({ length }, (_, i) => make(i))
  const count = (atLeast: number, over = '10m') => ({ count: { over, atLeast, perJob: { 'team-7-*': atLeast * 2 } } })
  const fields = [
    ...many(14, (i) => ({ per: 'job', for: { job: `team-${i}-*` }, condition: count(5_000) })),
    ...many(5, (i) => ({ per: 'job', for: { error: CLASSES[i] }, condition: { ratio: { over: '10m', atLeast: 3, minimum: 100 } } })),
    ...many(4, () => ({ per: 'job', condition: { spike: { minimum: 20 } } })),
    ...many(2, () => ({ per: 'job', condition: { all: [count(100), { hosts: { over: '10m', atLeast: 5 } }] } })),
    ...many(6, (i) => ({ per: 'group', for: { category: CATEGORIES[i] }, condition: count(500) })),
    ...many(5, (i) => ({ per: 'group', condition: { new_group: { notSeenForDays: 7 + i, minimum: 50 } } })),
    ...many(5, () => ({ per: 'group', condition: count(1_000, '30m') })),
    ...many(4, (i) => ({ per: 'category', for: { job: `team-${i}*` }, condition: { count: { over: '10m', atLeast: 10 } } })),
    ...many(3, () => ({ level: 'platform', per: 'category', condition: { spike: { minimum: 200 } } })),
    ...many(2, () => ({ level: 'platform', per: 'platform', condition: { jobs_in_trouble: { over: '10m', atLeast: 20, events: 20 } } })),
  ]
  return fields.map((more, i) => {
    const read = readAlertRule(JSON.stringify({ title: `Rule ${i}`, id: `rule-${i}`, level: 'custom', severity: 'high', ...more }))
    if ('faults' in read || read.value.rule === null) throw new Error(`rule ${i} is wrong: ${JSON.stringify(read)}`)
    return read.value.rule
  })
}

export async function benchAlerts(): Promise<void> {
  say('machine', machine())
  await benchLoad('every error type has an event in every minute, as is usual', new FakeReader(JOBS * TYPES, 1))
  await benchLoad('every error type has, twenty times what is usual: all spike', new FakeReader(JOBS * TYPES, 0.05))
  await benchLoad('1,000 error types have, as is usual', new FakeReader(1_000, 1))
}

async function benchLoad(name: string, reader: FakeReader): Promise<void> {
  const index = new RuleIndex(rules())
  const [table, past, groups] = [new CountTable(index.limits), new BaselineReading(index.views), new GroupMemory()]
  const { baseline } = past
  console.log(`\n  ${index.byId.size} rules, ${JOBS} jobs x ${TYPES} error types; ${name}`)
  say('a week of baseline, read', await seconds(() => past.read(reader, T0)))
  const queriesOfBaseline = reader.queries
  say('30 minutes of counts, read', await seconds(async () => void (await readCounts(reader, table, groups, T0 - 30 * MINUTE, T0))))
  say('queries at a start', `${reader.queries} (${queriesOfBaseline} of baseline)`)

  let state: EvaluationState = { ...NOTHING_EVALUATED, untilMs: T0 - MINUTE }
  const input = {
    index,
    table,
    baseline,
    groups,
    pipeline: null,
    wording: { links: { page: null, kibana: null, dataView: null }, adviceOf: () => null },
  }
  const step = (completeUntilMs: number, readUntilMs: number) => {
    const spent = stopwatch()
    state = evaluate({ ...input, completeUntilMs, readUntilMs }, state).state
    return spent()
  }
  say("first evaluation (fits every job's past)", ms(step(T0, T0)))
  const [reading, complete, underWay] = [[] as number[], [] as number[], [] as number[]]
  reader.queries = 0
  for (let round = 1; round <= ROUNDS; round++) {
    const nowMs = T0 + round * MINUTE
    reading.push(await readCounts(reader, table, groups, nowMs - MINUTE, nowMs + MINUTE))
    complete.push(step(nowMs, nowMs))
    underWay.push(step(nowMs, nowMs + MINUTE))
  }
  say('two minutes of counts put in place', ms(median(reading)))
  say('a complete minute evaluated', ms(median(complete)))
  say('a minute under way evaluated', ms(median(underWay)))
  say('all together', ms(median(reading) + median(complete) + median(underWay)), '5 s')
  say('queries of an interval', String(reader.queries / ROUNDS))
  reader.queries = 0
  say('an hour of baseline, read', await seconds(() => past.read(reader, T0 + HOUR)))
  say('queries for it, once an hour', String(reader.queries))
  say('alerts that fire', String(firing(state).length))
  say('memory: table, baseline cells', `${(table.size().bytes / 2 ** 20).toFixed(0)} MiB, ${baseline.size().cells}`)
}

/** Putting in place only: making the rows is the fake's. */
async function readCounts(reader: FakeReader, table: CountTable, groups: GroupMemory, fromMs: number, toMs: number): Promise<number> {
  let spent = 0
  for (let at = fromMs; at < toMs; at += 10 * MINUTE) {
    const range = { fromMs: at, toMs: Math.min(toMs, at + 10 * MINUTE) }
    const rows = await reader.counts(range)
    const taken = stopwatch()
    table.replace(range, rows)
    groups.observe(rows, { sinceMs: T0 - 2_400 * HOUR, completeUntilMs: toMs })
    spent += taken()
  }
  return spent
}

async function seconds(work: () => Promise<void>): Promise<string> {
  const spent = stopwatch()
  await work()
  return `${(spent() / 1_000).toFixed(1)} s`
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
