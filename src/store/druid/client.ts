/**
 * HTTP to Druid: JSON in, JSON out. Rejects with `not_available` where Druid is away, busy, refuses us, or cuts its answer short (an error after
 * the body began truncates it, so a body that is not whole JSON is a failure). Other 4xx answers reject with `store_refused`.
 */
import { request, type Dispatcher } from 'undici'
import { TracefoldError } from '../../errors.ts'

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
    const answer = await this.#call(this.#options.queryUrl, 'POST', '/druid/v2/sql', {
      query,
      resultFormat: 'object',
      parameters: parameters.map((value) => ({ type: typeof value === 'number' ? 'BIGINT' : 'VARCHAR', value })),
      context: { timeout: this.#options.timeoutMs, useApproximateTopN: false, sqlTimeZone: 'UTC' },
    })
    if (answer.status === 200 && Array.isArray(answer.body)) return answer.body as Row[] // the columns are those of our query
    if (isMissingTable(answer)) return []
    if (answer.status === 200 || isMissingColumn(answer) || isMissingInUnion(answer)) throw new TracefoldError('not_available', `Druid has no rows to answer with yet: ${wordsOf(answer.body)}`)
    throw refused('SQL', answer)
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

  async #call(base: string, method: 'GET' | 'POST', path: string, body: unknown): Promise<DruidAnswer> {
    const { dispatcher, headers, timeoutMs } = this.#options
    let answer: DruidAnswer
    try {
      const response = await request(`${base.replace(/\/+$/, '')}${path}`, {
        method,
        dispatcher,
        headers: { ...headers(), 'content-type': 'application/json' },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.body.text()
      answer = { status: response.statusCode, body: text === '' ? null : parse(text, response.statusCode) }
    } catch (cause) {
      throw new TracefoldError('not_available', `Druid does not answer at ${base}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`, { cause })
    }
    if (answer.status >= 500 || answer.status === 429 || answer.status === 401 || answer.status === 403) {
      throw new TracefoldError('not_available', `Druid answers ${answer.status} to ${path}: ${wordsOf(answer.body)}`)
    }
    return answer
  }
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
