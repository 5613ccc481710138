/**
 * RollupReader over Druid SQL. Few, wide queries: each is one pass over the range and the period before it. Counts are sums of `count`
 * (streaming rollup is best-effort, so a row count means nothing); the order is exact, since approximate top-N is off.
 *
 * A datasource that an earlier version filled has no columns for what that version did not know, until Druid has read a row that has
 * them: until then they are null. Where there are several source clusters, each has a datasource, and a query is over all of them (tables.ts).
 */
import { keyGroups, MAX_LINKS, withPast, type KeyGroups, type KeyLink } from '../key-groups.ts'
import {
  NO_VALUE,
  type JobRow,
  type JobsQuery,
  type RollupReader,
  type TimeRange,
  type TopQuery,
  type TopResult,
  type TopRow,
  type TrendPoint,
  type TrendQuery,
} from '../rollup-store.ts'
import type { DruidClient } from './client.ts'
import {
  before,
  columnOf,
  current,
  groupKey,
  LATEST,
  latest,
  literal,
  measures,
  moved,
  narrowed,
  withPeriodBefore,
  type Narrowed,
} from './reader-sql.ts'
import { KnownTables, type Tables } from './tables.ts'

export class DruidReader implements RollupReader {
  readonly #client: DruidClient
  readonly #tables: KnownTables

  constructor(client: DruidClient, ...datasources: readonly [string, ...string[]]) {
    this.#client = client
    this.#tables = new KnownTables(client, datasources)
  }

  async jobs(query: JobsQuery): Promise<JobRow[]> {
    const tables = await this.#tables.look()
    const groups = await this.#groups(query, null, tables)
    const rows = await this.#client.sql<SqlJobRow>(
      `SELECT job, ${measures(query, tables.columns)}, APPROX_COUNT_DISTINCT_DS_HLL(${groupKey(groups)}) FILTER (WHERE ${current(query)}) AS error_types
       FROM ${tables.from} ${moved(groups)} WHERE ${withPeriodBefore(query)} GROUP BY job
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
    const tables = await this.#tables.look()
    const groups = await this.#groups(query, query.job, tables)
    const where = narrowed(query, groups, tables.columns)
    const [rows, total] = await Promise.all([this.#topRows(query, groups, where, tables), this.#total(query, where, tables)])
    return { rows: query.by === 'fingerprint' ? await this.#withPreviousKeys(query, groups, rows, tables) : rows, total }
  }

  async trend(query: TrendQuery): Promise<TrendPoint[]> {
    const tables = await this.#tables.look()
    const groups = query.only?.fingerprint === undefined ? keyGroups([]) : await this.#groups(query, query.job, tables)
    const { conditions, parameters } = narrowed(query, groups, tables.columns)
    const rows = await this.#client.sql<{ place: number; events: number }>(
      `SELECT (TIMESTAMP_TO_MILLIS(__time) - ${query.fromMs}) / ${query.intervalMs} AS place, SUM("count") AS events
       FROM ${tables.from} WHERE ${[current(query), ...conditions].join(' AND ')} GROUP BY 1`,
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

  async #topRows(query: TopQuery, groups: KeyGroups, where: Narrowed, { from, columns }: Tables): Promise<TopRow[]> {
    const key = query.by === 'fingerprint' ? groupKey(groups) : columnOf(query.by, columns)
    const rows = await this.#client.sql<SqlTopRow>(
      `SELECT ${key} AS group_key, ${measures(query, columns)}, APPROX_COUNT_DISTINCT_DS_HLL(job) FILTER (WHERE ${current(query)}) AS jobs,
         ${LATEST.map((name) => latest(name, query, columns)).join(', ')}
       FROM ${from} ${query.by === 'fingerprint' ? moved(groups) : ''} WHERE ${[withPeriodBefore(query), ...where.conditions].join(' AND ')} GROUP BY 1
       HAVING SUM("count") FILTER (WHERE ${current(query)}) > 0 ORDER BY events DESC, group_key LIMIT ${query.limit}`,
      where.parameters,
    )
    return rows.map((row) => topRow(row))
  }

  async #total(query: TopQuery, where: Narrowed, { from }: Tables): Promise<number> {
    const rows = await this.#client.sql<{ events: number | null }>(
      `SELECT SUM("count") AS events FROM ${from} WHERE ${[current(query), ...where.conditions].join(' AND ')}`,
      where.parameters,
    )
    return rows[0]?.events ?? 0
  }

  async #withPreviousKeys(query: TopQuery, groups: KeyGroups, rows: readonly TopRow[], { from }: Tables): Promise<TopRow[]> {
    const apart = [...new Set(rows.flatMap(({ key }) => groups.apartOf(key)))]
    const { conditions, parameters } = narrowed({ job: query.job }, groups, new Set())
    const found =
      apart.length === 0
        ? []
        : await this.#client.sql<{ fingerprint: string; first_ms: number | null; before: number | null }>(
            `SELECT fingerprint, MIN(first_seen) FILTER (WHERE ${current(query)}) AS first_ms, SUM("count") FILTER (WHERE ${before(query)}) AS before FROM ${from}
             WHERE ${[withPeriodBefore(query), ...conditions, `fingerprint IN (${apart.map(literal).join(', ')})`].join(' AND ')} GROUP BY 1`,
            parameters,
          )
    return withPast(
      rows,
      groups,
      new Map(found.map((row) => [row.fingerprint, { firstMs: row.first_ms, wasBefore: (row.before ?? 0) > 0 }])),
    )
  }

  /** From the links of the range and the period before it. */
  async #groups(range: TimeRange, job: string | null, { from, columns }: Tables): Promise<KeyGroups> {
    if (!columns.has('fingerprint_previous')) return keyGroups([])
    const { conditions, parameters } = narrowed({ job }, keyGroups([]), new Set())
    const links = await this.#client.sql<KeyLink>(
      `SELECT fingerprint, fingerprint_previous AS previous, SUM("count") AS "count", MAX(last_seen) AS "lastMs" FROM ${from}
       WHERE ${[withPeriodBefore(range), 'fingerprint_previous IS NOT NULL', ...conditions].join(' AND ')}
       GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ${MAX_LINKS}`,
      parameters,
    )
    return keyGroups(links)
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
type SqlTopRow = SqlMeasures & { readonly group_key: string | null; readonly jobs: number } & {
  readonly [name in `latest_${(typeof LATEST)[number]}`]: string | null
}

function topRow(row: SqlTopRow): TopRow {
  return {
    key: row.group_key ?? NO_VALUE,
    previousKeys: [],
    title: row.latest_title ?? '',
    exceptionClass: row.latest_exception_class,
    rootCauseClass: row.latest_root_cause_class,
    category: row.latest_category,
    severity: row.latest_severity,
    rule: row.latest_rule,
    culprit: row.latest_culprit,
    level: row.latest_level,
    count: row.events,
    previousCount: row.before ?? 0,
    isNew: (row.before ?? 0) === 0,
    hosts: row.hosts_seen,
    jobs: row.jobs,
    firstMs: row.first_ms,
    lastMs: row.last_ms,
    sampleMessage: row.latest_sample_message ?? '',
  }
}
