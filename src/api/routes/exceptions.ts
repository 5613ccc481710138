/** Top exceptions and their trend, of one job or of all. Reads rollups; changes nothing. */
import type { z } from 'zod'
import { TracefoldError } from '../../errors.ts'
import type { TopQuery, TopResult, TopRow, TrendQuery } from '../../store/rollup-store.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { iso, rangeOf, trendRangeOf } from '../range.ts'
import { jobParams, problems, topAnswer, topQuery, trendAnswer, trendQuery } from '../schemas.ts'

const TOP = { tags: ['exceptions'], querystring: topQuery, response: { 200: topAnswer, ...problems } }
const TREND = { tags: ['exceptions'], querystring: trendQuery, response: { 200: trendAnswer, ...problems } }

export function exceptionRoutes(app: ZodApp, deps: ApiDeps): void {
  app.get('/exceptions/top', { schema: { ...TOP, summary: 'Top exceptions of all jobs' } }, ({ query }) => top(deps, null, query))
  app.get('/exceptions/trend', { schema: { ...TREND, summary: 'Events over time, of all jobs' } }, ({ query }) => trend(deps, null, query))
  app.get('/jobs/:job/exceptions/top', { schema: { ...TOP, summary: 'Top exceptions of a job', params: jobParams } }, ({ params, query }) => top(deps, params.job, query))
  app.get('/jobs/:job/exceptions/trend', { schema: { ...TREND, summary: 'Events over time, of a job', params: jobParams } }, ({ params, query }) => trend(deps, params.job, query))
}

/** Null where there was nothing before: no number says how much more than nothing something is. */
export function changeOf(row: { count: number; previousCount: number }): number | null {
  return row.previousCount === 0 ? null : (row.count - row.previousCount) / row.previousCount
}

async function top(deps: ApiDeps, job: string | null, query: z.output<typeof topQuery>): Promise<z.output<typeof topAnswer>> {
  const range = rangeOf(query, deps.now())
  const question = { ...range, job, by: query.by, limit: query.limit }
  return topBody(question, await deps.reader.top(question))
}

/** The answer's body; `tracefold top --json` prints the same. */
export function topBody({ job, fromMs, toMs, by }: TopQuery, { rows, total }: TopResult): z.output<typeof topAnswer> {
  return { job, from: iso(fromMs), to: iso(toMs), by, total, exceptions: rows.map((row) => rowOf(row, total)) }
}

function rowOf(row: TopRow, total: number) {
  return {
    key: row.key,
    title: row.title,
    culprit: row.culprit,
    exception_class: row.exceptionClass,
    root_cause_class: row.rootCauseClass,
    category: row.category,
    level: row.level,
    count: row.count,
    share: total === 0 ? 0 : row.count / total,
    previous_count: row.previousCount,
    change: changeOf(row),
    hosts: row.hosts,
    jobs: row.jobs,
    first_seen: iso(row.firstMs),
    last_seen: iso(row.lastMs),
    sample_message: row.sampleMessage,
  }
}

async function trend(deps: ApiDeps, job: string | null, query: z.output<typeof trendQuery>): Promise<z.output<typeof trendAnswer>> {
  const only = onlyOf(query)
  const range = trendRangeOf(query, deps.now())
  const points = await deps.reader.trend({ ...range, job, only })
  return {
    job,
    from: iso(range.fromMs),
    to: iso(range.toMs),
    by: only?.by ?? null,
    key: only?.key ?? null,
    interval_seconds: range.intervalMs / 1_000,
    total: points.reduce((sum, point) => sum + point.count, 0),
    points: points.map((point) => ({ time: iso(point.timeMs), count: point.count })),
  }
}

function onlyOf({ by, key }: z.output<typeof trendQuery>): TrendQuery['only'] {
  if (key !== undefined) return { by: by ?? 'fingerprint', key }
  if (by !== undefined) throw new TracefoldError('bad_request', 'by says which dimension key belongs to; give key, too, or neither.')
  return null
}
