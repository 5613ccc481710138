/** Which of the columns that the first version did not make Druid has seen in a datasource. Once they are all there, nobody asks again. */
import type { DruidClient } from './client.ts'
import { LATER_COLUMNS } from './reader-sql.ts'

export class LaterColumns {
  readonly #client: DruidClient
  readonly #datasource: string
  #all: ReadonlySet<string> | null = null

  constructor(client: DruidClient, datasource: string) {
    this.#client = client
    this.#datasource = datasource
  }

  async known(): Promise<ReadonlySet<string>> {
    if (this.#all !== null) return this.#all
    const rows = await this.#client.sql<{ COLUMN_NAME: string }>('SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = ?', [this.#datasource])
    const seen = new Set(rows.map(({ COLUMN_NAME: name }) => name))
    const known = new Set(LATER_COLUMNS.filter((name) => seen.has(name)))
    if (known.size === LATER_COLUMNS.length) this.#all = known
    return known
  }
}
