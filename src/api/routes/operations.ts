/** For probes and Prometheus. These stand outside rate limits and load shedding: under load they matter most. */
import { z } from 'zod'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { liveAnswer, readyAnswer } from '../schemas.ts'

export function operationRoutes(app: ZodApp, deps: ApiDeps): void {
  const tags = ['operations']
  app.get(
    '/healthz',
    {
      schema: {
        tags,
        summary: 'Is the process alive?',
        description: 'It answers while the process can answer at all; neighbours that are away do not make it fail.',
        response: { 200: liveAnswer },
      },
    },
    async () => ({ live: true as const, version: deps.version, takes_events: deps.ingest !== null }),
  )

  app.get(
    '/readyz',
    { schema: { tags, summary: 'Is everything there that it needs?', response: { 200: readyAnswer, 503: readyAnswer } } },
    async (_request, reply) => {
      const { ready, checks } = deps.health.ready()
      return reply.code(ready ? 200 : 503).send({ ready, checks: [...checks] })
    },
  )

  const text = { description: 'Prometheus text.', content: { 'text/plain': { schema: z.string() } } }
  app.get('/metrics', { schema: { tags, summary: 'Metrics for Prometheus', response: { 200: text } } }, async (_request, reply) => {
    const { contentType, text: body } = await deps.metrics.exposition()
    return reply.type(contentType).send(body)
  })
}
