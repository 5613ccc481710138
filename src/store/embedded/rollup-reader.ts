/**
 * Reads the rollups: a query of the port in, its rows out, on a read connection of its own. Exact, distinct hosts included. Every query
 * first sums each series over the range, which is cheap, and then puts the series together by what is asked for.
 */
import { TOP_BY, type JobRow, type JobsQuery, type RollupReader, type TimeRange, type TopBy, type TopQuery, type TopResult, type TopRow, type TrendPoint, type TrendQuery } from '../rollup-store.ts'
import type { Database, SqlValue } from '../sqlite.ts'
import { findSeq } from './interner.ts'
import { MINUTE_MS, startOfTier, type Series } from './rollups.ts'
import { segmentsOf, segmentsOfTrend, type Segment } from './segments.ts'

const NONE = '(none)'

const COLUMNS: Readonly<Record<TopBy | 'job', string>> = {
  fingerprint: 'fingerprint',
  exception_class: 'exceptionClass',
  root_cause_class: 'rootCauseClass',
  category: 'category',
  job: 'job',
}

interface Best {
  readonly key: string
  readonly count: number
  readonly total: number
  readonly jobs: number
  readonly types: number
  readonly first_ms: number
  readonly last_ms: number
  /** The series of the newest event. */
  readonly series: number
  readonly job: number
  readonly value: string
}

interface Scope extends TimeRange {
  /** Number of the job, or null for all jobs. */
  readonly job: number | null
  readonly by: TopBy | 'job'
}

export function rollupReader(db: Database): Omit<RollupReader, 'close'> {
  return {
    top: async (query) => db.snapshot(() => top(db, query)),
    trend: async (query) => db.snapshot(() => trend(db, query)),
    jobs: async (query) => db.snapshot(() => jobs(db, query)),
  }
}

function top(db: Database, query: TopQuery): TopResult {
  const job = query.job === null ? null : findSeq(db, 'job', query.job)
  if (query.job !== null && job === null) return { rows: [], total: 0 }
  const scope: Scope = { fromMs: query.fromMs, toMs: query.toMs, job, by: query.by }
  const found = best(db, scope, query.limit)
  const keys = found.map(({ key }) => key)
  const previous = countsBefore(db, scope, keys)
  const hosts = distinctHosts(db, scope, keys)
  const rows = found.map((row) => topRow(row, previous.get(row.key) ?? 0, hosts.get(row.key) ?? 0, messageOf(db, row)))
  return { rows, total: found[0]?.total ?? 0 }
}

function topRow(row: Best, previousCount: number, hosts: number, sampleMessage: string): TopRow {
  const series = JSON.parse(row.value) as Series // written by rollups.ts only
  const { title, exceptionClass, rootCauseClass, category, culprit, level } = series
  return { key: row.key, title, exceptionClass, rootCauseClass, category, culprit, level, count: row.count, previousCount, hosts, jobs: row.jobs, firstMs: row.first_ms, lastMs: row.last_ms, sampleMessage }
}

function jobs(db: Database, query: JobsQuery): JobRow[] {
  const scope: Scope = { fromMs: query.fromMs, toMs: query.toMs, job: null, by: 'job' }
  const found = best(db, scope, query.limit)
  const keys = found.map(({ key }) => key)
  const previous = countsBefore(db, scope, keys)
  const hosts = distinctHosts(db, scope, keys)
  return found.map((row) => ({
    job: row.key,
    count: row.count,
    previousCount: previous.get(row.key) ?? 0,
    errorTypes: row.types,
    hosts: hosts.get(row.key) ?? 0,
    firstMs: row.first_ms,
    lastMs: row.last_ms,
  }))
}

function trend(db: Database, query: TrendQuery): TrendPoint[] {
  const counts = new Map<number, number>()
  const job = query.job === null ? null : findSeq(db, 'job', query.job)
  if (query.job === null || job !== null) {
    for (const { timeMs, count } of trendRows(db, query, job)) counts.set(timeMs, count)
  }
  const points: TrendPoint[] = []
  for (let timeMs = query.fromMs; timeMs < query.toMs; timeMs += query.intervalMs) {
    points.push({ timeMs, count: counts.get(timeMs) ?? 0 })
  }
  return points
}

function trendRows(db: Database, { fromMs, toMs, intervalMs, only }: TrendQuery, job: number | null): TrendPoint[] {
  const range = rangeOf('rollup', segmentsOfTrend(fromMs, toMs, intervalMs), job)
  const column = only === null ? null : columnOf(only.by)
  const narrowed = column === null ? '' : `AND r.series IN (SELECT seq FROM series WHERE ${column} IS ?)`
  const values = only === null ? [] : [only.key === NONE ? null : only.key]
  const sql = `SELECT r.start_ms - (r.start_ms - ?) % ? AS timeMs, sum(r.count) AS count ${range.sql} ${narrowed} GROUP BY 1`
  return db.prepare(sql).all<TrendPoint>(fromMs, intervalMs, ...range.values, ...values)
}

/** The `limit` keys with the most events, and what their newest series says. */
function best(db: Database, scope: Scope, limit: number): Best[] {
  const range = rangeOf('rollup', segmentsOf(scope.fromMs, scope.toMs), scope.job)
  const sql = `
    WITH part AS MATERIALIZED (
      SELECT r.series, min(r.job) AS job, sum(r.count) AS count, min(r.first_ms) AS first_ms, max(r.last_ms) AS last_ms ${range.sql} GROUP BY r.series),
    keyed AS MATERIALIZED (
      SELECT coalesce(s.${columnOf(scope.by)}, '${NONE}') AS key, s.fingerprint, part.* FROM part JOIN series s ON s.seq = part.series),
    best AS MATERIALIZED (
      SELECT key, sum(count) AS count, sum(sum(count)) OVER () AS total, count(DISTINCT job) AS jobs, count(DISTINCT fingerprint) AS types, min(first_ms) AS first_ms
      FROM keyed GROUP BY key ORDER BY 2 DESC, 1 LIMIT ?),
    newest AS (
      SELECT key, series, job, max(last_ms) AS last_ms FROM keyed WHERE key IN (SELECT key FROM best) GROUP BY key)
    SELECT best.*, newest.last_ms, newest.series, newest.job, s.value FROM best JOIN newest USING (key) JOIN series s ON s.seq = newest.series
    ORDER BY best.count DESC, best.key`
  return db.prepare(sql).all<Best>(...range.values, limit)
}

/** Counts of these keys in the period of the same length just before. */
function countsBefore(db: Database, scope: Scope, keys: readonly string[]): Map<string, number> {
  const range = rangeOf('rollup', segmentsOf(2 * scope.fromMs - scope.toMs, scope.fromMs), scope.job)
  const sql = `${withWanted(scope.by)} SELECT wanted.key, sum(part.n) AS n
    FROM (SELECT r.series, sum(r.count) AS n ${range.sql} GROUP BY r.series) part JOIN wanted ON wanted.series = part.series GROUP BY 1`
  return byKey(db.prepare(sql).all(JSON.stringify(keys), ...range.values))
}

function distinctHosts(db: Database, scope: Scope, keys: readonly string[]): Map<string, number> {
  const range = rangeOf('rollup_host', segmentsOf(scope.fromMs, scope.toMs), scope.job)
  const sql = `${withWanted(scope.by)} SELECT wanted.key, count(DISTINCT part.host) AS n
    FROM (SELECT DISTINCT r.series, r.host ${range.sql}) part JOIN wanted ON wanted.series = part.series GROUP BY 1`
  return byKey(db.prepare(sql).all(JSON.stringify(keys), ...range.values))
}

/** The series of the keys in a JSON list, which is the first parameter. */
function withWanted(by: TopBy | 'job'): string {
  const column = columnOf(by)
  return `WITH wanted AS MATERIALIZED (SELECT seq AS series, coalesce(${column}, '${NONE}') AS key FROM series
            WHERE coalesce(${column}, '${NONE}') IN (SELECT value FROM json_each(?)))`
}

function byKey(rows: readonly { key: string; n: number }[]): Map<string, number> {
  return new Map(rows.map(({ key, n }) => [key, n]))
}

/** The newest event's time leads to its minute, because a row's events lie within its window. */
function messageOf(db: Database, row: Best): string {
  const found = db
    .prepare('SELECT m.value FROM rollup r JOIN message m ON m.seq = r.message WHERE r.tier = ? AND r.start_ms = ? AND r.job = ? AND r.series = ?')
    .get<{ value: string }>(MINUTE_MS, startOfTier(row.last_ms, MINUTE_MS), row.job, row.series)
  return found?.value ?? ''
}

/** The name of a column comes from this closed list only: a caller's text never becomes SQL. */
function columnOf(by: TopBy | 'job'): string {
  if (by !== 'job' && !TOP_BY.includes(by)) throw new Error(`${String(by)} is not a dimension`)
  return COLUMNS[by]
}

interface RangeSql {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/**
 * The rows of a range as `r`. CROSS JOIN keeps SQLite from turning the loops around: the key is (tier, start, job, ...), so that all jobs
 * are one stretch of it for each segment, and one job is one look-up for each interval.
 */
function rangeOf(table: 'rollup' | 'rollup_host', segments: readonly Segment[], job: number | null): RangeSql {
  if (job === null) {
    return {
      sql: `FROM json_each(?) seg CROSS JOIN ${table} r ON r.tier = seg.value ->> 'tier' AND r.start_ms >= seg.value ->> 'from' AND r.start_ms < seg.value ->> 'to' WHERE true`,
      values: [JSON.stringify(segments)],
    }
  }
  const starts = segments.flatMap(({ tier, from, to }) => Array.from({ length: (to - from) / tier }, (_, i) => ({ tier, start: from + i * tier })))
  return {
    sql: `FROM json_each(?) seg CROSS JOIN ${table} r ON r.tier = seg.value ->> 'tier' AND r.start_ms = seg.value ->> 'start' AND r.job = ? WHERE true`,
    values: [JSON.stringify(starts), job],
  }
}
