/** Top exceptions, one of them, and their trend, of one job or of all. Reads rollups; changes nothing. */
import type { z } from 'zod'
import { TracefoldError } from '../../errors.ts'
import { TOP_BY, type Only, type TopBy } from '../../store/rollup-store.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { exceptionOf, topBody } from '../exception-rows.ts'
import { groupStatesOf } from '../group-states.ts'
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

async function top(deps: ApiDeps, job: string | null, query: z.output<typeof topQuery>): Promise<z.output<typeof topAnswer>> {
  const range = rangeOf(query, deps.now())
  const question = { ...range, job, by: query.by, limit: query.limit, only: onlyOf(query) }
  const result = await deps.reader.top(question)
  return topBody(question, result, deps.rules, await groupStatesOf(deps, question, result.rows))
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
    exception: exceptionOf(row, 'fingerprint', total, states, deps.rules),
  }
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
