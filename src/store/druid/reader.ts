/**
 * RollupReader over Druid SQL. Few, wide queries: each is one pass over the range and the period before it. Counts are sums of `count`
 * (streaming rollup is best-effort, so a row count means nothing); the order is exact, since approximate top-N is off.
 */
import type { JobRow, JobsQuery, RollupReader, TimeRange, TopBy, TopQuery, TopResult, TopRow, TrendPoint, TrendQuery } from '../rollup-store.ts'
import type { DruidClient } from './client.ts'

const COLUMN: Record<TopBy, string> = {
  fingerprint: 'fingerprint',
  exception_class: 'exception_class',
  root_cause_class: 'root_cause_class',
  category: 'category',
}
const NONE = '(none)'

export class DruidReader implements RollupReader {
  readonly #client: DruidClient
  readonly #table: string

  constructor(client: DruidClient, datasource: string) {
    this.#client = client
    this.#table = `"${datasource}"` // the name is checked by the settings' schema: letters, digits, dashes
  }

  async jobs(query: JobsQuery): Promise<JobRow[]> {
    const rows = await this.#client.sql<SqlJobRow>(
      `SELECT job, ${measures(query)}, APPROX_COUNT_DISTINCT_DS_HLL(fingerprint) FILTER (WHERE ${current(query)}) AS error_types
       FROM ${this.#table} WHERE ${withPeriodBefore(query)} GROUP BY job
       HAVING SUM("count") FILTER (WHERE ${current(query)}) > 0 ORDER BY events DESC, job LIMIT ${query.limit}`,
      [],
    )
    return rows.map((row) => ({
      job: row.job,
      count: row.events,
      previousCount: row.before ?? 0,
      errorTypes: row.error_types,
      hosts: row.hosts_seen,
      firstMs: row.first_ms,
      lastMs: row.last_ms,
    }))
  }

  async top(query: TopQuery): Promise<TopResult> {
    const [rows, total] = await Promise.all([this.#topRows(query), this.#total(query)])
    return { rows, total }
  }

  async trend(query: TrendQuery): Promise<TrendPoint[]> {
    const { conditions, parameters } = narrowed(query)
    const rows = await this.#client.sql<{ place: number; events: number }>(
      `SELECT (TIMESTAMP_TO_MILLIS(__time) - ${query.fromMs}) / ${query.intervalMs} AS place, SUM("count") AS events
       FROM ${this.#table} WHERE ${[current(query), ...conditions].join(' AND ')} GROUP BY 1`,
      parameters,
    )
    const counts = new Map(rows.map(({ place, events }) => [place, events]))
    const points: TrendPoint[] = []
    for (let i = 0; query.fromMs + i * query.intervalMs < query.toMs; i++) {
      points.push({ timeMs: query.fromMs + i * query.intervalMs, count: counts.get(i) ?? 0 })
    }
    return points
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  async #topRows(query: TopQuery): Promise<TopRow[]> {
    const latest = ['title', 'sample_message', 'exception_class', 'root_cause_class', 'category', 'culprit', 'level']
    const rows = await this.#client.sql<SqlTopRow>(
      `SELECT ${COLUMN[query.by]} AS group_key, ${measures(query)}, APPROX_COUNT_DISTINCT_DS_HLL(job) FILTER (WHERE ${current(query)}) AS jobs,
         ${latest.map((name) => `LATEST(${name}, 1024) FILTER (WHERE ${current(query)}) AS latest_${name}`).join(', ')}
       FROM ${this.#table} WHERE ${withPeriodBefore(query)}${query.job === null ? '' : ' AND job = ?'} GROUP BY 1
       HAVING SUM("count") FILTER (WHERE ${current(query)}) > 0 ORDER BY events DESC, group_key LIMIT ${query.limit}`,
      query.job === null ? [] : [query.job],
    )
    return rows.map((row) => topRow(row))
  }

  async #total(query: TopQuery): Promise<number> {
    const { conditions, parameters } = narrowed({ ...query, only: null })
    const rows = await this.#client.sql<{ events: number | null }>(
      `SELECT SUM("count") AS events FROM ${this.#table} WHERE ${[current(query), ...conditions].join(' AND ')}`,
      parameters,
    )
    return rows[0]?.events ?? 0
  }
}

interface SqlMeasures {
  readonly events: number
  readonly before: number | null
  readonly hosts_seen: number
  readonly first_ms: number
  readonly last_ms: number
}
type SqlJobRow = SqlMeasures & { readonly job: string; readonly error_types: number }
type SqlTopRow = SqlMeasures & {
  readonly group_key: string | null
  readonly jobs: number
  readonly latest_title: string | null
  readonly latest_sample_message: string | null
  readonly latest_exception_class: string | null
  readonly latest_root_cause_class: string | null
  readonly latest_category: string | null
  readonly latest_culprit: string | null
  readonly latest_level: string | null
}

function measures(range: TimeRange): string {
  const now = `FILTER (WHERE ${current(range)})`
  return `SUM("count") ${now} AS events, SUM("count") FILTER (WHERE ${before(range)}) AS before,
    APPROX_COUNT_DISTINCT_DS_HLL(hosts) ${now} AS hosts_seen, MIN(first_seen) ${now} AS first_ms, MAX(last_seen) ${now} AS last_ms`
}

function current({ fromMs, toMs }: TimeRange): string {
  return `__time >= MILLIS_TO_TIMESTAMP(${fromMs}) AND __time < MILLIS_TO_TIMESTAMP(${toMs})`
}

function before({ fromMs, toMs }: TimeRange): string {
  return current({ fromMs: fromMs - (toMs - fromMs), toMs: fromMs })
}

function withPeriodBefore({ fromMs, toMs }: TimeRange): string {
  return current({ fromMs: fromMs - (toMs - fromMs), toMs })
}

function narrowed({ job, only }: Pick<TrendQuery, 'job' | 'only'>): { conditions: string[]; parameters: string[] } {
  const conditions: string[] = []
  const parameters: string[] = []
  if (job !== null) {
    conditions.push('job = ?')
    parameters.push(job)
  }
  if (only !== null && only.key === NONE) conditions.push(`${COLUMN[only.by]} IS NULL`)
  else if (only !== null) {
    conditions.push(`${COLUMN[only.by]} = ?`)
    parameters.push(only.key)
  }
  return { conditions, parameters }
}

function topRow(row: SqlTopRow): TopRow {
  return {
    key: row.group_key ?? NONE,
    title: row.latest_title ?? '',
    exceptionClass: row.latest_exception_class,
    rootCauseClass: row.latest_root_cause_class,
    category: row.latest_category,
    culprit: row.latest_culprit,
    level: row.latest_level,
    count: row.events,
    previousCount: row.before ?? 0,
    hosts: row.hosts_seen,
    jobs: row.jobs,
    firstMs: row.first_ms,
    lastMs: row.last_ms,
    sampleMessage: row.latest_sample_message ?? '',
  }
}
