/**
 * AlertReader over Druid SQL: each call is one query over all jobs, told row by row, so that an answer may be long. An answer that is cut short rejects
 * with `not_available`.
 *
 * Each group of a query takes room in Druid's merge buffer, and a storm has a group for every error type and minute: so the sketch of hosts is folded
 * down to one that is exact for a few dozen hosts and 3 % off for many, and texts are cut. That is about 1.7 KB for each group: 60,000 in 100 MB. It comes as
 * it is, so that hosts of minutes and of error types can be put together here: 8 bytes and 4 for each of up to 96 hosts, 1 KB for more.
 */
import {
  TYPE_FIELDS,
  typeBy,
  type AlertReader,
  type BaselineQuery,
  type BaselineRow,
  type CountRow,
  type TypeField,
} from '../../alert/alert-reader.ts'
import { REGISTERS } from '../../alert/host-marks.ts'
import type { TimeRange } from '../rollup-store.ts'
import type { DruidClient } from './client.ts'
import { marksOfSketch } from './host-sketch.ts'
import { current, NULL_TEXT, presentOrNull } from './reader-sql.ts'
import { KnownTables } from './tables.ts'

/** With 2^10 registers of a byte each. */
const HOSTS = `DS_HLL(hosts, ${Math.log2(REGISTERS)}, 'HLL_8')`
const hostsIn = (columns: ReadonlySet<string>): string => (columns.has('hosts') ? HOSTS : NULL_TEXT)
const TEXT_BYTES = 256

const COLUMNS: Readonly<Record<TypeField, string>> = {
  job: 'job',
  environment: 'environment',
  fingerprint: 'fingerprint',
  exceptionClass: 'exception_class',
  rootCauseClass: 'root_cause_class',
  category: 'category',
  severity: 'severity',
}

type Typed = Readonly<Record<TypeField, string | null>>

export class DruidAlertReader implements AlertReader {
  readonly #client: DruidClient
  readonly #tables: KnownTables

  constructor(client: DruidClient, ...datasources: readonly [string, ...string[]]) {
    this.#client = client
    this.#tables = new KnownTables(client, datasources)
  }

  async counts(range: TimeRange): Promise<CountRow[]> {
    const { from, columns: known } = await this.#tables.look()
    const dimensions = [...TYPE_FIELDS.map((field) => COLUMNS[field]), 'fingerprint_previous', 'rule'].map((name) =>
      presentOrNull(name, known),
    )
    const rows: CountRow[] = []
    await this.#client.eachRow(
      `SELECT TIMESTAMP_TO_MILLIS(__time), ${dimensions.join(', ')}, SUM("count"), ${hostsIn(known)},
         MIN(first_seen), MAX(last_seen), LATEST(title, ${TEXT_BYTES}), LATEST(culprit, ${TEXT_BYTES})
       FROM ${from} WHERE ${current(range)} GROUP BY ${places(1 + dimensions.length)}`,
      [],
      (row) => void rows.push(countRow(row)),
    )
    return rows
  }

  async baseline({ fromMs, toMs, intervalMs, by, withHosts = false }: BaselineQuery): Promise<BaselineRow[]> {
    const { from, columns: known } = await this.#tables.look()
    const dimensions = by.map((field) => presentOrNull(COLUMNS[field], known))
    const rows: BaselineRow[] = []
    await this.#client.eachRow(
      `SELECT ${['(TIMESTAMP_TO_MILLIS(__time) - ?) / ?', ...dimensions].join(', ')}, ${withHosts ? `${hostsIn(known)}, ` : ''}SUM("count"), MAX(last_seen)
       FROM ${from} WHERE ${current({ fromMs, toMs })} GROUP BY ${places(1 + dimensions.length)}`,
      [fromMs, intervalMs],
      (row) => {
        const place = row[0] as number // the columns are those of our query
        const [count, lastMs] = row.slice(-2) as [number, number]
        const hosts = withHosts ? { hosts: marksOfSketch(row[1 + by.length] as string | null) } : {}
        rows.push({ ...typed(by, row.slice(1)), windowMs: fromMs + place * intervalMs, count, lastMs, ...hosts })
      },
    )
    return rows
  }
}

/** Columns that a query is grouped by. */
function places(count: number): string {
  return Array.from({ length: count }, (_, i) => i + 1).join(', ')
}

function countRow(row: readonly unknown[]): CountRow {
  const { job, fingerprint, ...type } = typed(TYPE_FIELDS, row.slice(1))
  // The columns are those of our query.
  const [previousFingerprint, rule, count, hosts, firstMs, lastMs, title, culprit] = row.slice(1 + TYPE_FIELDS.length) as [
    string | null,
    string | null,
    number,
    string | null,
    number,
    number,
    string | null,
    string | null,
  ]
  return {
    ...type,
    job: job ?? '',
    fingerprint: fingerprint ?? '',
    windowMs: row[0] as number,
    previousFingerprint,
    rule,
    title: title ?? '',
    culprit,
    count,
    hosts: marksOfSketch(hosts),
    firstMs,
    lastMs,
  }
}

/** The first values are those of the fields, in their order. */
function typed(fields: readonly TypeField[], values: readonly unknown[]): Typed {
  return typeBy((field) => {
    const place = fields.indexOf(field)
    return place === -1 ? null : ((values[place] ?? null) as string | null) // a dimension of ours
  })
}
