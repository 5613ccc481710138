/**
 * What a query reads from: one datasource, or several united. In: their names. Out: the words behind FROM, and which of the unsure columns are there.
 *
 * Looked up for every query, since what is there comes and goes: APPEND refuses a name that Druid does not know, so one without a row yet (a cluster that
 * has just been added, or was away since) is left out and keeps nobody else from answering, and a column that is not there refuses the query. Of
 * one alone that there is nothing is the client's matter.
 */
import type { DruidClient } from './client.ts'
import { literal, UNSURE_COLUMNS } from './reader-sql.ts'

export interface Tables {
  readonly from: string
  /** Those of the unsure columns that one of them has; where another has not, it is null there. */
  readonly columns: ReadonlySet<string>
}

export class KnownTables {
  readonly #client: DruidClient
  readonly #datasources: readonly string[]

  /** Names are checked by the settings' schema: letters, digits, dashes. */
  constructor(client: DruidClient, datasources: readonly string[]) {
    this.#client = client
    this.#datasources = datasources
  }

  async look(): Promise<Tables> {
    const rows = await this.#client.sql<{ TABLE_NAME: string; COLUMN_NAME: string }>(
      `SELECT TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'druid' AND TABLE_NAME IN (${this.#datasources.map(() => '?').join(', ')})`,
      this.#datasources,
    )
    const seen = new Set(rows.map(({ COLUMN_NAME: name }) => name))
    const there = new Set(rows.map(({ TABLE_NAME: name }) => name))
    return {
      from: fromOf(
        this.#datasources.filter((name) => there.has(name)),
        this.#datasources[0] ?? '',
      ),
      columns: new Set(UNSURE_COLUMNS.filter((name) => seen.has(name))),
    }
  }
}

/** Without any, the first: the client knows what a table that does not exist means. */
function fromOf(there: readonly string[], first: string): string {
  return there.length > 1 ? `TABLE(APPEND(${there.map(literal).join(', ')}))` : `"${there[0] ?? first}"`
}
