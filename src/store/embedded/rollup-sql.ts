/**
 * The parts that queries of the rollups are put together from: rows of a range as `r`, series narrowed, keys put into groups. In: what is asked
 * for. Out: SQL of a closed set of texts, and its values: a caller's text never becomes SQL.
 */
import type { KeyGroups } from '../key-groups.ts'
import { NO_VALUE, TOP_BY, type Only, type TopBy } from '../rollup-store.ts'
import type { SqlValue } from '../sqlite.ts'
import type { Segment } from './segments.ts'

export interface Sql {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

export type Dimension = TopBy | 'job'

const COLUMNS: Readonly<Record<Dimension, string>> = {
  fingerprint: 'fingerprint',
  exception_class: 'exceptionClass',
  root_cause_class: 'rootCauseClass',
  category: 'category',
  severity: 'severity',
  rule: 'rule',
  job: 'job',
}

/** What rows are asked for: of a job (its number; null for all jobs), and of series narrowed. */
export interface Rows {
  readonly job: number | null
  readonly narrowed: Sql
}

/**
 * The rows of a range as `r`. CROSS JOIN keeps SQLite from turning the loops around: the key is (tier, start, job, ...), so that all jobs
 * are one stretch of it for each segment, and one job is one look-up for each interval.
 */
export function rowsOf(table: 'rollup' | 'rollup_host', segments: readonly Segment[], { job, narrowed }: Rows): Sql {
  if (job === null) {
    return {
      sql: `FROM json_each(?) seg CROSS JOIN ${table} r ON r.tier = seg.value ->> 'tier' AND r.start_ms >= seg.value ->> 'from' AND r.start_ms < seg.value ->> 'to' ${narrowed.sql}`,
      values: [JSON.stringify(segments), ...narrowed.values],
    }
  }
  const starts = segments.flatMap(({ tier, from, to }) => Array.from({ length: (to - from) / tier }, (_, i) => ({ tier, start: from + i * tier })))
  return {
    sql: `FROM json_each(?) seg CROSS JOIN ${table} r ON r.tier = seg.value ->> 'tier' AND r.start_ms = seg.value ->> 'start' AND r.job = ? ${narrowed.sql}`,
    values: [JSON.stringify(starts), job, ...narrowed.values],
  }
}

/** A condition on `r`: its series has these values. */
export function narrowedTo(only: Only, groups: KeyGroups): Sql {
  const conditions: string[] = []
  const values: SqlValue[] = []
  for (const by of TOP_BY) {
    const value = only[by]
    if (value === undefined) continue
    if (by === 'fingerprint') {
      conditions.push('(fingerprint IN (SELECT value FROM json_each(?)) OR fingerprintPrevious = ?)')
      values.push(JSON.stringify(groups.keysOf(groups.groupOf(value))), value)
    } else {
      conditions.push(`${columnOf(by)} IS ?`)
      values.push(value === NO_VALUE ? null : value)
    }
  }
  return { sql: conditions.length === 0 ? 'WHERE true' : `WHERE r.series IN (SELECT seq FROM series WHERE ${conditions.join(' AND ')})`, values }
}

/** The pairs of old key and group, as a table `moved` of a WITH clause. */
export function movedTable(groups: KeyGroups): Sql {
  return { sql: 'moved AS MATERIALIZED (SELECT value ->> 0 AS old, value ->> 1 AS now FROM json_each(?))', values: [JSON.stringify([...groups.moved])] }
}

/** What a series `s` is grouped by, where `moved` is a table. */
export function keyOf(by: Dimension): string {
  if (by === 'fingerprint') return 'coalesce((SELECT now FROM moved WHERE old = s.fingerprint), s.fingerprint)'
  return `coalesce(s.${columnOf(by)}, '${NO_VALUE}')`
}

function columnOf(by: Dimension): string {
  if (by !== 'job' && !TOP_BY.includes(by)) throw new Error(`${String(by)} is not a dimension`)
  return COLUMNS[by]
}
