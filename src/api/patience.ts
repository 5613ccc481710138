/** How long one request may work: a minute, and no longer than the server. Work that is cut off there must be harmless to ask for again. */
import type { ZodApp } from './deps.ts'

const WORK_MS = 60_000

/** A signal for each request. A stop aborts them all, so that it need not wait for them. */
export function patienceOf(app: ZodApp): () => AbortSignal {
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  return () => AbortSignal.any([closing.signal, AbortSignal.timeout(WORK_MS)])
}
