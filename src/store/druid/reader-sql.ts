/** The parts that Druid's queries are put together from. What a caller says goes into parameters; names come from closed lists. Pure. */
import type { KeyGroups } from '../key-groups.ts'
import { NO_VALUE, TOP_BY, type Only, type TimeRange, type TopBy } from '../rollup-store.ts'

/**
 * Columns that a table may be without: those that the first version's supervisor did not make, and the sketch, which Druid loses sight of from a fresh
 * table's first persist to its first published segment (apache/druid#14315).
 */
export const UNSURE_COLUMNS = ['fingerprint_previous', 'severity', 'rule', 'hosts'] as const
/** What a row of a group says, from its newest events: bytes at most. Druid's merge buffer holds as much for every group of a query, so no more than needed. */
const LATEST_BYTES = {
  title: 1_024,
  sample_message: 1_024,
  exception_class: 512,
  root_cause_class: 512,
  category: 128,
  severity: 16,
  rule: 128,
  culprit: 512,
  level: 16,
} as const
type Latest = keyof typeof LATEST_BYTES
export const LATEST = Object.keys(LATEST_BYTES) as Latest[] // the keys of LATEST_BYTES are Latest

export const NULL_TEXT = 'CAST(NULL AS VARCHAR)'

export interface Narrowed {
  readonly conditions: readonly string[]
  /** Values of the conditions, in their order. */
  readonly parameters: readonly string[]
}

export function narrowed(
  { job, only = {} }: { job: string | null; only?: Only },
  groups: KeyGroups,
  columns: ReadonlySet<string>,
): Narrowed {
  const conditions: string[] = []
  const parameters: string[] = []
  if (job !== null) {
    conditions.push('job = ?')
    parameters.push(job)
  }
  for (const by of TOP_BY) {
    const value = only[by]
    if (value === undefined) continue
    const condition = by === 'fingerprint' ? ofGroup(value, groups, columns) : ofValue(columnOf(by, columns), value)
    conditions.push(condition.sql)
    parameters.push(...condition.parameters)
  }
  return { conditions, parameters }
}

function ofValue(column: string, value: string): { sql: string; parameters: string[] } {
  return value === NO_VALUE ? { sql: `${column} IS NULL`, parameters: [] } : { sql: `${column} = ?`, parameters: [value] }
}

function ofGroup(key: string, groups: KeyGroups, columns: ReadonlySet<string>): { sql: string; parameters: string[] } {
  const keys = groups.keysOf(groups.groupOf(key))
  const own = `fingerprint IN (${keys.map(() => '?').join(', ')})`
  return columns.has('fingerprint_previous')
    ? { sql: `(${own} OR fingerprint_previous = ?)`, parameters: [...keys, key] }
    : { sql: own, parameters: keys }
}

export function columnOf(by: TopBy, columns: ReadonlySet<string>): string {
  if (!TOP_BY.includes(by)) throw new Error(`${String(by)} is not a dimension`)
  return presentOrNull(by, columns)
}

/** A column, or null in its place where Druid has not seen it. */
export function presentOrNull(name: string, columns: ReadonlySet<string>): string {
  return isThere(name, columns) ? name : NULL_TEXT
}

function isThere(name: string, columns: ReadonlySet<string>): boolean {
  return columns.has(name) || !UNSURE_COLUMNS.some((unsure) => unsure === name)
}

export function latest(name: Latest, range: TimeRange, columns: ReadonlySet<string>): string {
  return isThere(name, columns)
    ? `LATEST(${name}, ${LATEST_BYTES[name]}) FILTER (WHERE ${current(range)}) AS latest_${name}`
    : `${NULL_TEXT} AS latest_${name}`
}

/** Joins the pairs of old key and group, where there are any. Parameters are not allowed in VALUES. */
export function moved(groups: KeyGroups): string {
  if (groups.moved.size === 0) return ''
  return `LEFT JOIN (VALUES ${[...groups.moved].map(([old, now]) => `(${literal(old)}, ${literal(now)})`).join(', ')}) AS moved (old_key, new_key) ON fingerprint = moved.old_key`
}

/** What a row's fingerprint is shown under, where `moved` is joined. */
export function groupKey(groups: KeyGroups): string {
  return groups.moved.size === 0 ? 'fingerprint' : 'COALESCE(moved.new_key, fingerprint)'
}

/** A key of our own rows as SQL text. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** `hosts_seen` is 0 where nobody knows. */
export function measures(range: TimeRange, columns: ReadonlySet<string>): string {
  const now = `FILTER (WHERE ${current(range)})`
  const hosts = isThere('hosts', columns) ? `APPROX_COUNT_DISTINCT_DS_HLL(hosts) ${now}` : '0'
  return `SUM("count") ${now} AS events, SUM("count") FILTER (WHERE ${before(range)}) AS before,
    ${hosts} AS hosts_seen, MIN(first_seen) ${now} AS first_ms, MAX(last_seen) ${now} AS last_ms`
}

export function current({ fromMs, toMs }: TimeRange): string {
  return `__time >= MILLIS_TO_TIMESTAMP(${fromMs}) AND __time < MILLIS_TO_TIMESTAMP(${toMs})`
}

export function before({ fromMs, toMs }: TimeRange): string {
  return current({ fromMs: fromMs - (toMs - fromMs), toMs: fromMs })
}

export function withPeriodBefore({ fromMs, toMs }: TimeRange): string {
  return current({ fromMs: fromMs - (toMs - fromMs), toMs })
}
