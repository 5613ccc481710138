/** Browsers may change or send things only from our own page: other sites' pages can reach a listener on the loopback address, too. */
import type { FastifyRequest } from 'fastify'
import { ProblemError } from './problems.ts'

/** For routes that change something, as `onRequest`: before the body is read. */
export function fromOwnPage(request: FastifyRequest): Promise<void> {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new ProblemError('forbidden', 'Pages of other sites may not change or send anything here.')
  return Promise.resolve()
}
