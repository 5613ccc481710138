/**
 * Access tokens by OAuth's client credentials grant (RFC 6749, 4.4). A token is asked for once and kept until shortly before it
 * expires; callers at the same time share one request.
 *
 * Failure: rejects with `neighbour_away` where the endpoint does not answer or is busy, with `config_invalid` where it refuses us.
 * Nothing is kept of a failure, so the next call asks again. What the endpoint answers is quoted as its error code only.
 */
import { z } from 'zod'
import { TracefoldError } from '../errors.ts'
import type { Secret } from '../lib/secret.ts'

/** Where the endpoint does not say how long a token lives. */
const DEFAULT_LIFETIME_SECONDS = 300
/** Renewed when this part of its life is over: a token that expires on its way is of no use. */
const USED_LIFE = 0.8

const grant = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive().default(DEFAULT_LIFETIME_SECONDS) })
const refusal = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) })

export interface TokenRequest {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly scope: string | null
  readonly timeoutMs: number
}

export function createTokenProvider(request: TokenRequest, nowMs: () => number = Date.now): () => Promise<string> {
  let current: { token: Promise<string>; staleAtMs: number } | null = null
  return () => {
    if (current !== null && nowMs() < current.staleAtMs) return current.token
    const entry = { token: Promise.resolve(''), staleAtMs: Number.POSITIVE_INFINITY }
    current = entry
    entry.token = fetchToken(request).then(
      ({ access_token, expires_in }) => {
        entry.staleAtMs = nowMs() + expires_in * 1_000 * USED_LIFE
        return access_token
      },
      (error: unknown) => {
        entry.staleAtMs = Number.NEGATIVE_INFINITY
        throw error
      },
    )
    return entry.token
  }
}

async function fetchToken(request: TokenRequest): Promise<z.output<typeof grant>> {
  const response = await post(request)
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) {
    const granted = grant.safeParse(body)
    if (granted.success) return granted.data
    throw new TracefoldError(
      'neighbour_away',
      `kafka.sasl.tokenUrl: expected JSON with access_token; HTTP ${response.status} came without.`,
    )
  }
  const code = refusal.safeParse(body).data?.error
  const came = `HTTP ${response.status}${code === undefined ? '' : ` (${code})`}`
  if (response.status >= 500 || response.status === 429)
    throw new TracefoldError('neighbour_away', `kafka.sasl.tokenUrl: the token endpoint is busy: ${came}.`)
  throw new TracefoldError(
    'config_invalid',
    `kafka.sasl.tokenUrl: the token endpoint refuses us: ${came}. See kafka.sasl.username, password and scope.`,
  )
}

async function post({ tokenUrl, clientId, clientSecret, scope, timeoutMs }: TokenRequest): Promise<Response> {
  // RFC 6749, 2.3.1: both are form-encoded before they become the basic credentials.
  const credentials = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret.reveal())}`).toString('base64')
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === null ? {} : { scope }) })
  try {
    // A redirect would carry the credentials elsewhere.
    return await fetch(tokenUrl, {
      method: 'POST',
      body,
      headers: { authorization: `Basic ${credentials}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
  } catch (error) {
    throw new TracefoldError('neighbour_away', 'kafka.sasl.tokenUrl: the token endpoint does not answer.', { cause: error })
  }
}
