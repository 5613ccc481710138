/** Top exceptions, one of them, and their trend, of one job or of all. Reads rollups; changes nothing. */
import type { z } from 'zod'
import { TracefoldError } from '../../errors.ts'
import { TOP_BY, type Only, type TopBy, type TopQuery, type TopResult, type TopRow } from '../../store/rollup-store.ts'
import type { ApiDeps, RuleBook, ZodApp } from '../deps.ts'
import { groupStatesOf, NO_STATES, type GroupStates } from '../group-states.ts'
import { ProblemError } from '../problems.ts'
import { iso, rangeOf, trendRangeOf } from '../range.ts'
import {
  groupAnswer,
  groupParams,
  groupQuery,
  jobGroupParams,
  jobParams,
  problems,
  topAnswer,
  topQuery,
  trendAnswer,
  trendQuery,
} from '../schemas.ts'

const TOP = { tags: ['exceptions'], querystring: topQuery, response: { 200: topAnswer, ...problems } }
const GROUP = { tags: ['exceptions'], querystring: groupQuery, response: { 200: groupAnswer, ...problems } }
const TREND = { tags: ['exceptions'], querystring: trendQuery, response: { 200: trendAnswer, ...problems } }
/** The group itself, and those that were taken apart from it: more share no key. */
const GROUPS_OF_A_KEY = 100

export function exceptionRoutes(app: ZodApp, deps: ApiDeps): void {
  app.get('/exceptions/top', { schema: { ...TOP, summary: 'Top exceptions of all jobs' } }, ({ query }) => top(deps, null, query))
  app.get(
    '/exceptions/groups/:fingerprint',
    { schema: { ...GROUP, summary: 'One error, over all jobs', params: groupParams } },
    ({ params, query }) => group(deps, null, params.fingerprint, query),
  )
  app.get('/exceptions/trend', { schema: { ...TREND, summary: 'Events over time, of all jobs' } }, ({ query }) => trend(deps, null, query))
  app.get('/jobs/:job/exceptions/top', { schema: { ...TOP, summary: 'Top exceptions of a job', params: jobParams } }, ({ params, query }) =>
    top(deps, params.job, query),
  )
  app.get(
    '/jobs/:job/exceptions/groups/:fingerprint',
    { schema: { ...GROUP, summary: 'One error of a job', params: jobGroupParams } },
    ({ params, query }) => group(deps, params.job, params.fingerprint, query),
  )
  app.get(
    '/jobs/:job/exceptions/trend',
    { schema: { ...TREND, summary: 'Events over time, of a job', params: jobParams } },
    ({ params, query }) => trend(deps, params.job, query),
  )
}

/** Null where there was nothing before: no number says how much more than nothing something is. */
export function changeOf(row: { count: number; previousCount: number }): number | null {
  return row.previousCount === 0 ? null : (row.count - row.previousCount) / row.previousCount
}

async function top(deps: ApiDeps, job: string | null, query: z.output<typeof topQuery>): Promise<z.output<typeof topAnswer>> {
  const range = rangeOf(query, deps.now())
  const question = { ...range, job, by: query.by, limit: query.limit, only: onlyOf(query) }
  const result = await deps.reader.top(question)
  return topBody(question, result, deps.rules, await groupStatesOf(deps, question, result.rows))
}

/** The answer's body; `tracefold top --json` prints the same. */
export function topBody(
  { job, fromMs, toMs, by }: TopQuery,
  { rows, total }: TopResult,
  rules?: RuleBook,
  states: GroupStates = NO_STATES,
): z.output<typeof topAnswer> {
  return {
    job,
    from: iso(fromMs),
    to: iso(toMs),
    by,
    total,
    exceptions: rows.map((row) => ({ ...rowOf(row, total, states), ...adviceFor(row, by, rules) })),
  }
}

async function group(
  deps: ApiDeps,
  job: string | null,
  fingerprint: string,
  query: z.output<typeof groupQuery>,
): Promise<z.output<typeof groupAnswer>> {
  const range = rangeOf(query, deps.now())
  const question = { ...range, job, by: 'fingerprint' } as const
  const [{ rows }, { total }] = await Promise.all([
    deps.reader.top({ ...question, limit: GROUPS_OF_A_KEY, only: { fingerprint } }),
    deps.reader.top({ ...question, limit: 1 }),
  ])
  const row = rows.find(({ key }) => key === fingerprint) ?? rows[0]
  if (row === undefined)
    throw new ProblemError(
      'not_found',
      `No event of ${fingerprint} from ${iso(range.fromMs)} to ${iso(range.toMs)}. A longer range (from) may have some.`,
    )
  const states = await groupStatesOf(deps, question, [row])
  return {
    job,
    from: iso(range.fromMs),
    to: iso(range.toMs),
    exception: { ...rowOf(row, total, states), ...adviceFor(row, 'fingerprint', deps.rules) },
  }
}

function rowOf(row: TopRow, total: number, states: GroupStates) {
  return {
    key: row.key,
    previous_fingerprints: [...row.previousKeys],
    title: row.title,
    culprit: row.culprit,
    exception_class: row.exceptionClass,
    root_cause_class: row.rootCauseClass,
    category: row.category,
    severity: row.severity,
    rule: row.rule,
    level: row.level,
    count: row.count,
    share: total === 0 ? 0 : row.count / total,
    previous_count: row.previousCount,
    change: changeOf(row),
    is_new: row.isNew,
    group_state: states.get(row.key) ?? null,
    hosts: row.hosts,
    jobs: row.jobs,
    first_seen: iso(row.firstMs),
    last_seen: iso(row.lastMs),
    sample_message: row.sampleMessage,
  }
}

/** A row by another dimension stands for many errors: the advice for the newest of them would mislead. */
function adviceFor({ rule }: TopRow, by: TopBy, rules: RuleBook | undefined) {
  const words = rule === null || (by !== 'fingerprint' && by !== 'rule') ? null : (rules?.adviceOf(rule) ?? null)
  return { rule_title: words?.title ?? null, advice: words?.advice ?? null, link: words?.link ?? null }
}

async function trend(deps: ApiDeps, job: string | null, query: z.output<typeof trendQuery>): Promise<z.output<typeof trendAnswer>> {
  const { by, key } = keyOf(query)
  const range = trendRangeOf(query, deps.now())
  const points = await deps.reader.trend({ ...range, job, only: { ...onlyOf(query), ...(by === null ? {} : { [by]: key }) } })
  return {
    job,
    from: iso(range.fromMs),
    to: iso(range.toMs),
    by,
    key,
    interval_seconds: range.intervalMs / 1_000,
    total: points.reduce((sum, point) => sum + point.count, 0),
    points: points.map((point) => ({ time: iso(point.timeMs), count: point.count })),
  }
}

/** Both or neither. */
function keyOf({ by, key, ...query }: z.output<typeof trendQuery>): { by: TopBy; key: string } | { by: null; key: null } {
  if (key === undefined && by !== undefined)
    throw new TracefoldError('bad_request', 'by says which dimension key belongs to; give key, too, or neither.')
  if (key === undefined) return { by: null, key: null }
  const dimension = by ?? 'fingerprint'
  if (onlyOf(query)[dimension] !== undefined)
    throw new TracefoldError('bad_request', `${dimension} is given twice: as by and key, and as ${dimension}.`)
  return { by: dimension, key }
}

function onlyOf(query: { [by in TopBy]?: string | undefined }): Only {
  return Object.fromEntries(TOP_BY.flatMap((by) => (query[by] === undefined ? [] : [[by, query[by]]])))
}
