/**
 * Reads the rollups: a query of the port in, its rows out, on a read connection of its own. Exact, distinct hosts included. Every query
 * first sums each series over the range, which is cheap, and then puts the series together by what is asked for.
 */
import { DAY_MS, MINUTE_MS } from '../../lib/durations.ts'
import { keyGroups, MAX_LINKS, withPast, type KeyGroups, type KeyLink } from '../key-groups.ts'
import type {
  JobRow,
  JobsQuery,
  Only,
  RollupReader,
  TimeRange,
  TopQuery,
  TopResult,
  TopRow,
  TrendPoint,
  TrendQuery,
} from '../rollup-store.ts'
import type { Database } from '../sqlite.ts'
import { findSeq } from './interner.ts'
import { amongSeries, keyedBy, narrowedTo, rowsOf, wantedSeries, type Dimension, type Rows } from './rollup-sql.ts'
import { startOfTier, type Series } from './rollups.ts'
import { segmentsOf, segmentsOfTrend } from './segments.ts'

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

interface Scope extends TimeRange, Rows {
  readonly by: Dimension
  readonly groups: KeyGroups
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
  const groups = groupsOf(db, query, job)
  const scope: Scope = { fromMs: query.fromMs, toMs: query.toMs, job, by: query.by, groups, narrowed: narrowedTo(query.only ?? {}, groups) }
  const found = best(db, scope, query.limit)
  const keys = found.map(({ key }) => key)
  const previous = countsBefore(db, scope, keys)
  const hosts = distinctHosts(db, scope, keys)
  const rows = found.map((row) => topRow(row, previous.get(row.key) ?? 0, hosts.get(row.key) ?? 0, messageOf(db, row)))
  return { rows: query.by === 'fingerprint' ? withPreviousKeys(db, scope, rows) : rows, total: found[0]?.total ?? 0 }
}

function topRow(row: Best, previousCount: number, hosts: number, sampleMessage: string): TopRow {
  // Written by rollups.ts only; an earlier version knew neither rule nor severity.
  const {
    title,
    exceptionClass,
    rootCauseClass,
    category,
    severity = null,
    rule = null,
    culprit,
    level,
  } = JSON.parse(row.value) as Omit<Series, 'severity' | 'rule'> & Partial<Series>
  const said = { title, exceptionClass, rootCauseClass, category, severity, rule, culprit, level }
  return {
    key: row.key,
    previousKeys: [],
    ...said,
    count: row.count,
    previousCount,
    isNew: previousCount === 0,
    hosts,
    jobs: row.jobs,
    firstMs: row.first_ms,
    lastMs: row.last_ms,
    sampleMessage,
  }
}

function withPreviousKeys(db: Database, scope: Scope, rows: readonly TopRow[]): TopRow[] {
  const { fromMs, toMs, groups } = scope
  const apart = [...new Set(rows.flatMap(({ key }) => groups.apartOf(key)))]
  if (apart.length === 0) return withPast(rows, groups, new Map())
  const before = firstOfKeys(db, { ...scope, fromMs: 2 * fromMs - toMs, toMs: fromMs }, apart)
  const first = firstOfKeys(db, scope, apart)
  return withPast(rows, groups, new Map(apart.map((key) => [key, { firstMs: first.get(key) ?? null, wasBefore: before.has(key) }])))
}

function jobs(db: Database, query: JobsQuery): JobRow[] {
  const groups = groupsOf(db, query, null)
  const scope: Scope = { fromMs: query.fromMs, toMs: query.toMs, job: null, by: 'job', groups, narrowed: narrowedTo({}, groups) }
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

function trendRows(db: Database, query: TrendQuery, job: number | null): TrendPoint[] {
  const { fromMs, toMs, intervalMs } = query
  const only: Only = query.only ?? {}
  const groups = only.fingerprint === undefined ? keyGroups([]) : groupsOf(db, query, job)
  const rows = rowsOf('rollup', segmentsOfTrend(fromMs, toMs, intervalMs), { job, narrowed: narrowedTo(only, groups) })
  const sql = `SELECT r.start_ms - (r.start_ms - ?) % ? AS timeMs, sum(r.count) AS count ${rows.sql} GROUP BY 1`
  return db.prepare(sql).all<TrendPoint>(fromMs, intervalMs, ...rows.values)
}

/** From the links of the range and the period before it. Most databases have none: then it costs one look at an empty index. */
function groupsOf(db: Database, { fromMs, toMs }: TimeRange, job: number | null): KeyGroups {
  const beginMs = 2 * fromMs - toMs
  const day = Math.floor(beginMs / DAY_MS)
  const linked = 'SELECT seq FROM series INDEXED BY series_previous WHERE fingerprintPrevious IS NOT NULL AND day >= ?' // else SQLite takes that of the days, and reads all series
  if (db.prepare(`${linked} LIMIT 1`).get(day) === undefined) return keyGroups([])
  const rows = rowsOf('rollup', segmentsOf(beginMs, toMs), { job, narrowed: { sql: amongSeries(linked), values: [day] } })
  const sql = `SELECT s.fingerprint, s.fingerprintPrevious AS previous, sum(part.count) AS count, max(part.last_ms) AS lastMs
    FROM (SELECT r.series, sum(r.count) AS count, max(r.last_ms) AS last_ms ${rows.sql} GROUP BY r.series) part JOIN series s ON s.seq = part.series
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ?`
  return keyGroups(db.prepare(sql).all<KeyLink>(...rows.values, MAX_LINKS))
}

/** The `limit` keys with the most events, and what their newest series says. */
function best(db: Database, scope: Scope, limit: number): Best[] {
  const rows = rowsOf('rollup', segmentsOf(scope.fromMs, scope.toMs), scope)
  const error = keyedBy('fingerprint', scope.groups)
  const sql = `
    WITH ${error.table.sql}
    part AS MATERIALIZED (
      SELECT r.series, min(r.job) AS job, sum(r.count) AS count, min(r.first_ms) AS first_ms, max(r.last_ms) AS last_ms ${rows.sql} GROUP BY r.series),
    keyed AS MATERIALIZED (
      SELECT ${keyedBy(scope.by, scope.groups).key} AS key, ${error.key} AS error, part.* FROM part JOIN series s ON s.seq = part.series ${error.join}),
    best AS MATERIALIZED (
      SELECT key, sum(count) AS count, sum(sum(count)) OVER () AS total, count(DISTINCT job) AS jobs, count(DISTINCT error) AS types, min(first_ms) AS first_ms
      FROM keyed GROUP BY key ORDER BY 2 DESC, 1 LIMIT ?),
    newest AS (
      SELECT key, series, job, max(last_ms) AS last_ms FROM keyed WHERE key IN (SELECT key FROM best) GROUP BY key)
    SELECT best.*, newest.last_ms, newest.series, newest.job, s.value FROM best JOIN newest USING (key) JOIN series s ON s.seq = newest.series
    ORDER BY best.count DESC, best.key`
  return db.prepare(sql).all<Best>(...error.table.values, ...rows.values, limit)
}

/** Counts of these keys in the period of the same length just before. */
function countsBefore(db: Database, scope: Scope, keys: readonly string[]): Map<string, number> {
  const rows = rowsOf('rollup', segmentsOf(2 * scope.fromMs - scope.toMs, scope.fromMs), scope)
  const wanted = wantedSeries(scope.by, keys, scope.groups)
  const sql = `WITH ${wanted.sql} SELECT wanted.key, sum(part.n) AS n
    FROM (SELECT r.series, sum(r.count) AS n ${rows.sql} GROUP BY r.series) part JOIN wanted ON wanted.series = part.series GROUP BY 1`
  return byKey(db.prepare(sql).all(...wanted.values, ...rows.values))
}

function distinctHosts(db: Database, scope: Scope, keys: readonly string[]): Map<string, number> {
  const rows = rowsOf('rollup_host', segmentsOf(scope.fromMs, scope.toMs), scope)
  const wanted = wantedSeries(scope.by, keys, scope.groups)
  const sql = `WITH ${wanted.sql} SELECT wanted.key, count(DISTINCT part.host) AS n
    FROM (SELECT DISTINCT r.series, r.host ${rows.sql}) part JOIN wanted ON wanted.series = part.series GROUP BY 1`
  return byKey(db.prepare(sql).all(...wanted.values, ...rows.values))
}

/** When keys as they stand in the rows were first seen in the range. */
function firstOfKeys(db: Database, scope: Scope, keys: readonly string[]): Map<string, number> {
  const narrowed = {
    sql: amongSeries('SELECT seq FROM series WHERE fingerprint IN (SELECT value FROM json_each(?))'),
    values: [JSON.stringify(keys)],
  }
  const rows = rowsOf('rollup', segmentsOf(scope.fromMs, scope.toMs), { job: scope.job, narrowed })
  const sql = `SELECT s.fingerprint AS key, min(part.n) AS n FROM (SELECT r.series, min(r.first_ms) AS n ${rows.sql} GROUP BY r.series) part JOIN series s ON s.seq = part.series GROUP BY 1`
  return byKey(db.prepare(sql).all(...rows.values))
}

function byKey(rows: readonly { key: string; n: number }[]): Map<string, number> {
  return new Map(rows.map(({ key, n }) => [key, n]))
}

/** The newest event's time leads to its minute, because a row's events lie within its window. */
function messageOf(db: Database, row: Best): string {
  const found = db
    .prepare(
      'SELECT m.value FROM rollup r JOIN message m ON m.seq = r.message WHERE r.tier = ? AND r.start_ms = ? AND r.job = ? AND r.series = ?',
    )
    .get<{ value: string }>(MINUTE_MS, startOfTier(row.last_ms, MINUTE_MS), row.job, row.series)
  return found?.value ?? ''
}
