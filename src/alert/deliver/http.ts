/**
 * HTTP to a receiver. In: a request. Out: its answer, whatever the status; a rejection with a `DeliveryError` where there is none (away, too slow, cut
 * short), or with `aborted`. `expectSuccess` judges the status: 2xx is success; 408, 425, 429 and 5xx are busy; everything else is a refusal.
 *
 * Redirects are not followed: they would carry secrets to another host. An answer is read up to a bound. Only words of ours and the answer's own, with
 * secrets taken out, get into an error: the client's errors may hold the URL.
 */
import { Agent, request } from 'undici'
import { TracefoldError } from '../../errors.ts'
import type { TlsOptions } from '../../config/tls-files.ts'
import { busy, refused } from './receiver.ts'
import type { Scrub } from './scrub.ts'
import { cut, oneLine } from './words.ts'

const CONNECT_TIMEOUT_MS = 5_000
/** What a receiver says fits in far less; a page of a proxy in the way may not. */
const MAX_ANSWER_BYTES = 65_536
const MAX_QUOTED_CHARS = 200
/** Longer than this nobody waits for a page. */
const MAX_RETRY_AFTER_MS = 15 * 60_000
const BUSY_STATUSES = new Set([408, 425, 429])

export interface HttpOptions {
  readonly timeoutMs: number
  readonly tls: TlsOptions | null
  readonly scrub: Scrub
  readonly now: () => number
}

export interface HttpRequest {
  readonly method?: 'POST' | 'GET'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown
}

export interface HttpAnswer {
  readonly status: number
  readonly text: string
  readonly retryAfterMs: number | null
}

export class HttpClient {
  readonly #options: HttpOptions
  readonly #agent: Agent

  constructor(options: HttpOptions) {
    this.#options = options
    this.#agent = new Agent({
      connect: { ...options.tls, timeout: Math.min(CONNECT_TIMEOUT_MS, options.timeoutMs) },
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    })
  }

  async call({ method = 'POST', url, headers = {}, body }: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { timeoutMs, now } = this.#options
    const limit = AbortSignal.timeout(timeoutMs)
    try {
      const response = await request(url, {
        method,
        dispatcher: this.#agent,
        headers: {
          'user-agent': 'tracefold',
          ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
          ...headers,
        },
        signal: AbortSignal.any([signal, limit]),
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      return {
        status: response.statusCode,
        text: await textOf(response.body),
        retryAfterMs: retryAfterMs(response.headers['retry-after'], now()),
      }
    } catch (error) {
      if (signal.aborted) throw new TracefoldError('aborted', 'a stop ended the sending')
      throw busy(limit.aborted ? `no answer within ${timeoutMs} ms` : `no answer: ${codeOf(error)}`)
    }
  }

  /** The answer's own words, fit for an error. */
  quote(text: string): string {
    const words = cut(oneLine(this.#options.scrub(text)), MAX_QUOTED_CHARS)
    return words === '' ? 'no words' : JSON.stringify(words)
  }

  expectSuccess(answer: HttpAnswer): void {
    const { status, text, retryAfterMs: pauseMs } = answer
    if (status >= 200 && status < 300) return
    const message = `HTTP ${status}, ${this.quote(text)}`
    throw status >= 500 || BUSY_STATUSES.has(status) ? busy(message, pauseMs) : refused(message)
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= MAX_ANSWER_BYTES) break // ends the transfer, too
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8')
}

/** Seconds, or a date. */
function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | null {
  const text = (Array.isArray(header) ? header[0] : header)?.trim() ?? ''
  if (text === '') return null
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS)
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, ...: a code says enough, and never holds a URL. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' && error.code !== '' ? error.code : error.name
}
