/**
 * AlertReader over the embedded rollups, on the read connection. Exact; a host's mark is made of its number in this database. Series that agree in what tells error types apart are put
 * together; their newest says title and culprit.
 *
 * What is grouped is grouped here and not by SQLite: what tells types apart stands in a series' JSON, which is read once for each series of the range.
 */
import { TYPE_FIELDS, typeBy, type AlertReader, type BaselineQuery, type BaselineRow, type CountRow } from '../../alert/alert-reader.ts'
import { markOf, type HostMarks } from '../../alert/host-marks.ts'
import type { TimeRange } from '../rollup-store.ts'
import type { Database } from '../sqlite.ts'
import { rowsOf } from './rollup-sql.ts'
import { MINUTE_MS } from '../../lib/durations.ts'
import type { Series } from './rollups.ts'
import { segmentsOfTrend, type Segment } from './segments.ts'

const ALL = { job: null, narrowed: { sql: 'WHERE true', values: [] } }

interface Part {
  readonly timeMs: number
  readonly series: number
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export function alertReader(db: Database): AlertReader {
  return {
    counts: async (range) => db.snapshot(() => counts(db, range)),
    baseline: async (query) => db.snapshot(() => baseline(db, query)),
  }
}

function counts(db: Database, { fromMs, toMs }: TimeRange): CountRow[] {
  const minutes = [{ tier: MINUTE_MS, from: fromMs, to: toMs }]
  const known = seriesOf(db, minutes)
  const hosts = hostsOf(db, minutes, fromMs, MINUTE_MS)
  const rows = new Map<string, Mutable<CountRow>>()
  const seen = new Map<string, Set<number>>()
  for (const part of partsOf(db, minutes, fromMs, MINUTE_MS)) {
    const series = known.get(part.series)
    if (series === undefined) continue
    const key = JSON.stringify([part.timeMs, TYPE_FIELDS.map((field) => series[field]), series.fingerprintPrevious, series.rule])
    const row = rows.get(key)
    if (row === undefined) rows.set(key, countRow(part, series))
    else add(row, part, series)
    seen.set(key, united(seen.get(key), hosts.get(placeOf(part))))
  }
  for (const [key, row] of rows) row.hosts = marksOf(seen.get(key))
  return [...rows.values()]
}

function countRow(
  { timeMs, count, firstMs, lastMs }: Part,
  { job, environment, fingerprint, exceptionClass, rootCauseClass, category, severity, fingerprintPrevious, rule, title, culprit }: Series,
): Mutable<CountRow> {
  const type = { job, environment, fingerprint, exceptionClass, rootCauseClass, category, severity }
  return { ...type, windowMs: timeMs, previousFingerprint: fingerprintPrevious, rule, title, culprit, count, hosts: [], firstMs, lastMs }
}

function add(row: Mutable<CountRow>, { count, firstMs, lastMs }: Part, { title, culprit }: Series): void {
  if (lastMs > row.lastMs) Object.assign(row, { title, culprit })
  row.count += count
  row.firstMs = Math.min(row.firstMs, firstMs)
  row.lastMs = Math.max(row.lastMs, lastMs)
}

function baseline(db: Database, { fromMs, toMs, intervalMs, by, withHosts = false }: BaselineQuery): BaselineRow[] {
  const segments = segmentsOfTrend(fromMs, toMs, intervalMs)
  const known = seriesOf(db, segments)
  const hosts = withHosts ? hostsOf(db, segments, fromMs, intervalMs) : null
  const rows = new Map<string, Mutable<BaselineRow>>()
  const seen = new Map<string, Set<number>>()
  for (const { timeMs, series: seq, count, lastMs } of partsOf(db, segments, fromMs, intervalMs)) {
    const series = known.get(seq)
    if (series === undefined) continue
    const key = JSON.stringify([timeMs, by.map((field) => series[field])])
    const row = rows.get(key)
    if (row === undefined) {
      rows.set(key, { ...typeBy((field) => (by.includes(field) ? series[field] : null)), windowMs: timeMs, count, lastMs })
    } else {
      row.count += count
      row.lastMs = Math.max(row.lastMs, lastMs)
    }
    if (hosts !== null) seen.set(key, united(seen.get(key), hosts.get(placeOf({ timeMs, series: seq }))))
  }
  if (hosts !== null) for (const [key, row] of rows) row.hosts = marksOf(seen.get(key))
  return [...rows.values()]
}

function partsOf(db: Database, segments: readonly Segment[], fromMs: number, intervalMs: number): Part[] {
  const rows = rowsOf('rollup', segments, ALL)
  const sql = `SELECT r.start_ms - (r.start_ms - ?) % ? AS timeMs, r.series, sum(r.count) AS count, min(r.first_ms) AS firstMs, max(r.last_ms) AS lastMs ${rows.sql} GROUP BY 1, 2`
  return db.prepare(sql).all<Part>(fromMs, intervalMs, ...rows.values)
}

/** An earlier version knew neither rule nor severity, nor a key before. */
function seriesOf(db: Database, segments: readonly Segment[]): Map<number, Series> {
  const rows = rowsOf('rollup', segments, ALL)
  const found = db
    .prepare(`SELECT seq, value FROM series WHERE seq IN (SELECT r.series ${rows.sql})`)
    .all<{ seq: number; value: string }>(...rows.values)
  return new Map(found.map(({ seq, value }) => [seq, parsed(value)]))
}

function parsed(value: string): Series {
  const series = JSON.parse(value) as Omit<Series, 'severity' | 'rule' | 'fingerprintPrevious'> & Partial<Series> // written by rollups.ts only
  return {
    ...series,
    severity: series.severity ?? null,
    rule: series.rule ?? null,
    fingerprintPrevious: series.fingerprintPrevious ?? null,
  }
}

/** Numbers of hosts by interval and series; of a minute and a series none twice. */
function hostsOf(db: Database, segments: readonly Segment[], fromMs: number, intervalMs: number): Map<string, number[]> {
  const rows = rowsOf('rollup_host', segments, ALL)
  const found = new Map<string, number[]>()
  for (const { timeMs, series, host } of db
    .prepare(`SELECT r.start_ms - (r.start_ms - ?) % ? AS timeMs, r.series, r.host ${rows.sql}`)
    .all<{ timeMs: number; series: number; host: number }>(fromMs, intervalMs, ...rows.values)) {
    const place = placeOf({ timeMs, series })
    const known = found.get(place)
    if (known === undefined) found.set(place, [host])
    else known.push(host)
  }
  return found
}

function placeOf({ timeMs, series }: Pick<Part, 'timeMs' | 'series'>): string {
  return `${timeMs}/${series}`
}

function marksOf(hosts: ReadonlySet<number> | undefined): HostMarks {
  return hosts === undefined ? [] : Array.from(hosts, markOf)
}

function united(known: Set<number> | undefined, more: readonly number[] | undefined): Set<number> {
  const all = known ?? new Set<number>()
  for (const host of more ?? []) all.add(host)
  return all
}
