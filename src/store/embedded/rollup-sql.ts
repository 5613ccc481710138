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

const NOTHING: Sql = { sql: '', values: [] }

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
  const starts = segments.flatMap(({ tier, from, to }) =>
    Array.from({ length: (to - from) / tier }, (_, i) => ({ tier, start: from + i * tier })),
  )
  return {
    sql: `FROM json_each(?) seg CROSS JOIN ${table} r ON r.tier = seg.value ->> 'tier' AND r.start_ms = seg.value ->> 'start' AND r.job = ? ${narrowed.sql}`,
    values: [JSON.stringify(starts), job, ...narrowed.values],
  }
}

/** A condition on `r`: its series is among those. The plus sign says to read the range and look each row up, not to look the range up for each series. */
export function amongSeries(select: string): string {
  return `WHERE +r.series IN (${select})`
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
  return { sql: conditions.length === 0 ? 'WHERE true' : amongSeries(`SELECT seq FROM series WHERE ${conditions.join(' AND ')}`), values }
}

/** Series `s` with what they are grouped by: a table in a WITH clause where old keys are shown under new ones, how it is joined, and the key itself. */
export interface Keyed {
  readonly table: Sql
  readonly join: string
  readonly key: string
}

/** The cast lets SQLite make an index of its own for the join: else it reads all pairs for each series. */
export function keyedBy(by: Dimension, groups: KeyGroups): Keyed {
  if (by !== 'fingerprint') return { table: NOTHING, join: '', key: `coalesce(s.${columnOf(by)}, '${NO_VALUE}')` }
  if (groups.moved.size === 0) return { table: NOTHING, join: '', key: 's.fingerprint' }
  return {
    table: {
      sql: 'moved AS MATERIALIZED (SELECT CAST(value ->> 0 AS TEXT) AS old, value ->> 1 AS now FROM json_each(?)),',
      values: [JSON.stringify([...groups.moved])],
    },
    join: 'LEFT JOIN moved ON moved.old = s.fingerprint',
    key: 'coalesce(moved.now, s.fingerprint)',
  }
}

/** The series of these keys, as a table `wanted` for a WITH clause. All dimensions but the job have an index, by which each key is looked up. */
export function wantedSeries(by: Dimension, keys: readonly string[], groups: KeyGroups): Sql {
  if (by === 'job')
    return {
      sql: 'wanted AS MATERIALIZED (SELECT seq AS series, job AS key FROM series WHERE job IN (SELECT value FROM json_each(?)))',
      values: [JSON.stringify(keys)],
    }
  const pairs =
    by === 'fingerprint'
      ? keys.flatMap((key) => groups.keysOf(key).map((own) => [own, key]))
      : keys.map((key) => [key === NO_VALUE ? null : key, key])
  return {
    sql: `wanted AS MATERIALIZED (SELECT s.seq AS series, pair.value ->> 1 AS key FROM json_each(?) pair CROSS JOIN series s ON s.${columnOf(by)} IS (pair.value ->> 0))`,
    values: [JSON.stringify(pairs)],
  }
}

function columnOf(by: Dimension): string {
  if (by !== 'job' && !TOP_BY.includes(by)) throw new Error(`${String(by)} is not a dimension`)
  return COLUMNS[by]
}
