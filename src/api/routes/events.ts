/**
 * The way in over HTTP. A body of records, one in each line, goes in; the answer comes when they are durable.
 *
 * Delivery: without an answer, or with a 503, nothing is promised and the client sends again; with an Idempotency-Key the repeat is
 * harmless. Back-pressure is the 503.
 */
import type { FastifyRequest } from 'fastify'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { fromOwnPage } from '../own-page.ts'
import { ProblemError } from '../problems.ts'
import { answering, eventsAnswer, eventsBody, eventsHeaders, noQuery } from '../schemas.ts'

const TYPES = ['application/x-ndjson', 'application/json', 'text/plain']

export function eventRoutes(app: ZodApp, deps: ApiDeps): void {
  const schema = {
    tags: ['events'],
    summary: 'Send log records',
    description: 'Answers 200 when the records are durable, 503 with Retry-After when this process has too much to do.',
    consumes: TYPES,
    headers: eventsHeaders,
    querystring: noQuery,
    body: eventsBody,
    response: answering(eventsAnswer),
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(TYPES, { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body)
  app.post(
    '/events',
    { schema, bodyLimit: deps.maxBodyBytes, onRequest: [fromOwnPage, async (request) => admit(request, deps)] },
    ({ body, headers }) => ingestOf(deps).ingest(body, headers['idempotency-key'] ?? null),
  )
}

/** What can be refused before the body is read. */
function admit({ headers }: FastifyRequest, deps: ApiDeps): void {
  ingestOf(deps)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity')
    throw new ProblemError('unsupported_media_type', `Content-Encoding ${encoding} is not understood; send the body as it is.`)
}

function ingestOf({ ingest }: ApiDeps) {
  if (ingest === null)
    throw new ProblemError(
      'not_here',
      'In cluster mode events come from Kafka: write them to the source topic. Over HTTP they are taken in embedded mode only.',
    )
  return ingest
}
