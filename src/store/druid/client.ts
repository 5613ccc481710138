/**
 * HTTP to Druid: JSON in, JSON out. Rejects with `not_available` where Druid is away, busy, refuses us, or cuts its answer short (an error after
 * the body began truncates it, so a body that is not whole JSON is a failure). Other 4xx answers reject with `store_refused`.
 */
import { request, type Dispatcher } from 'undici'
import { TracefoldError } from '../../errors.ts'
import { LineSplitter } from '../../lib/lines.ts'

/** Of one row; ours have a few kilobytes. */
const MAX_ROW_BYTES = 1_048_576

const SQL_PATH = '/druid/v2/sql'

export interface DruidClientOptions {
  readonly queryUrl: string
  readonly coordinatorUrl: string
  readonly headers: () => Record<string, string>
  readonly dispatcher: Dispatcher
  readonly timeoutMs: number
}

export interface DruidAnswer {
  readonly status: number
  readonly body: unknown
}

type SqlValue = string | number | null

export class DruidClient {
  readonly #options: DruidClientOptions

  constructor(options: DruidClientOptions) {
    this.#options = options
  }

  /** Rows as objects. A table that does not exist yet has no rows. */
  async sql<Row>(query: string, parameters: readonly SqlValue[]): Promise<Row[]> {
    const answer = await this.#call(this.#options.queryUrl, 'POST', SQL_PATH, this.#question(query, parameters, 'object'))
    if (answer.status === 200 && Array.isArray(answer.body)) return answer.body as Row[] // the columns are those of our query
    return this.#withoutRows(answer)
  }

  /**
   * Rows as arrays of their columns, each as it comes: for answers too long for one text. Where it rejects, the rows that were told are not the whole
   * answer. Druid ends a whole one with an empty line.
   */
  async eachRow(query: string, parameters: readonly SqlValue[], onRow: (row: readonly unknown[]) => void): Promise<void> {
    const { queryUrl } = this.#options
    const response = await this.#request(queryUrl, 'POST', SQL_PATH, this.#question(query, parameters, 'arrayLines'))
    if (response.statusCode !== 200) return void this.#withoutRows(await this.#answerOf(response, queryUrl, SQL_PATH))
    let isWhole = false
    const lines = new LineSplitter(MAX_ROW_BYTES, (line) => {
      isWhole = line.length === 0
      if (!isWhole) onRow(rowOf(line))
    })
    try {
      for await (const chunk of response.body) lines.push(chunk as Buffer) // undici gives bytes
      lines.end()
      if (!isWhole) throw new Error('the answer is cut short')
    } catch (cause) {
      throw away(queryUrl, cause)
    }
  }

  /** A call to the coordinator or the overlord; 404 is an answer, not an error. */
  async manage(method: 'GET' | 'POST', path: string, body?: unknown): Promise<DruidAnswer> {
    const answer = await this.#call(this.#options.coordinatorUrl, method, path, body)
    if (answer.status >= 400 && answer.status !== 404) throw refused(path, answer)
    return answer
  }

  async close(): Promise<void> {
    await this.#options.dispatcher.close()
  }

  #question(query: string, parameters: readonly SqlValue[], resultFormat: 'object' | 'arrayLines') {
    return {
      query,
      resultFormat,
      parameters: parameters.map((value) => ({ type: typeof value === 'number' ? 'BIGINT' : 'VARCHAR', value })),
      context: { timeout: this.#options.timeoutMs, useApproximateTopN: false, sqlTimeZone: 'UTC' },
    }
  }

  #withoutRows(answer: DruidAnswer): [] {
    if (isMissingTable(answer)) return []
    if (answer.status === 200 || isMissingColumn(answer) || isMissingInUnion(answer))
      throw new TracefoldError('not_available', `Druid has no rows to answer with yet: ${wordsOf(answer.body)}`)
    throw refused('SQL', answer)
  }

  async #call(base: string, method: 'GET' | 'POST', path: string, body: unknown): Promise<DruidAnswer> {
    return this.#answerOf(await this.#request(base, method, path, body), base, path)
  }

  async #request(base: string, method: 'GET' | 'POST', path: string, body: unknown): Promise<Dispatcher.ResponseData> {
    const { dispatcher, headers, timeoutMs } = this.#options
    try {
      return await request(`${base.replace(/\/+$/, '')}${path}`, {
        method,
        dispatcher,
        headers: { ...headers(), 'content-type': 'application/json' },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch (cause) {
      throw away(base, cause)
    }
  }

  async #answerOf(response: Dispatcher.ResponseData, base: string, path: string): Promise<DruidAnswer> {
    let answer: DruidAnswer
    try {
      const text = await response.body.text()
      answer = { status: response.statusCode, body: text === '' ? null : parse(text, response.statusCode) }
    } catch (cause) {
      throw away(base, cause)
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 401 || answer.status === 403) {
      throw new TracefoldError('not_available', `Druid answers ${answer.status} to ${path}: ${wordsOf(answer.body)}`)
    }
    return answer
  }
}

function away(base: string, cause: unknown): TracefoldError {
  return new TracefoldError(
    'not_available',
    `Druid does not answer at ${base}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`,
    { cause },
  )
}

function rowOf(line: Buffer): readonly unknown[] {
  const row: unknown = JSON.parse(line.toString())
  if (!Array.isArray(row)) throw new Error(`expected a row, got ${line.toString('utf8', 0, 200)}`)
  return row
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    if (status >= 400) return text
    throw new Error('the answer is cut short')
  }
}

/** Before a first segment exists SQL says "Object 'x' not found". */
function isMissingTable({ status, body }: DruidAnswer): boolean {
  return status === 400 && /Object '[^']*' not found/.test(wordsOf(body))
}

/** Our columns are fixed: Druid has not seen them yet, or lost sight of a sketch until its segment is published (apache/druid#14315). */
function isMissingColumn({ status, body }: DruidAnswer): boolean {
  return status === 400 && /Column '[^']*' not found/.test(wordsOf(body))
}

/** One of several tables has gone between being looked up and being asked. What the others have would be an answer that is too small. */
function isMissingInUnion({ status, body }: DruidAnswer): boolean {
  return status === 400 && /Table \[[^\]]*\] not found/.test(wordsOf(body))
}

function refused(what: string, answer: DruidAnswer): TracefoldError {
  return new TracefoldError('store_refused', `Druid refuses ${what} with ${answer.status}: ${wordsOf(answer.body)}`)
}

function wordsOf(body: unknown): string {
  const message = (body as { errorMessage?: unknown; error?: unknown } | null)?.errorMessage
  return (typeof message === 'string' ? message : typeof body === 'string' ? body : JSON.stringify(body)).slice(0, 500)
}
