/**
 * What fires, what fired, who looks after it, and how evaluation goes.
 *
 * Delivery: an acknowledgement is durable when it is answered; a repeat is harmless.
 */
import type { z } from 'zod'
import type { AlertFilter } from '../../alert/desk.ts'
import { deskOf, takesJson, whoOf } from '../alert-desk.ts'
import { acknowledgementOf, alertOf, episodeOf, evaluationOf } from '../alert-rows.ts'
import {
  acknowledgeAnswer,
  alertParams,
  alertsAnswer,
  alertsQuery,
  doneAnswer,
  evaluationAnswer,
  historyAnswer,
  historyQuery,
  whoBody,
} from '../alert-schemas.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { fromOwnPage } from '../own-page.ts'
import { iso, rangeOf } from '../range.ts'
import { answering, noQuery } from '../schemas.ts'

const tags = ['alerts']

export function alertRoutes(app: ZodApp, deps: ApiDeps): void {
  takesJson(app)
  shown(app, deps)
  acknowledged(app, deps)
}

function shown(app: ZodApp, deps: ApiDeps): void {
  app.get(
    '/alerts',
    {
      schema: {
        tags,
        summary: 'What fires, is pending, or was resolved lately',
        querystring: alertsQuery,
        response: answering(alertsAnswer),
      },
    },
    async ({ query }) => {
      const desk = deskOf(deps)
      const [alerts, { blind }] = await Promise.all([
        desk.alerts({ ...filterOf(query), ...(query.state === undefined ? {} : { phase: query.state }) }),
        desk.evaluation(),
      ])
      return {
        blind,
        firing: alerts.filter(({ phase }) => phase === 'firing').length,
        total: alerts.length,
        alerts: alerts.slice(0, query.limit).map(alertOf),
      }
    },
  )

  app.get(
    '/alerts/history',
    { schema: { tags, summary: 'What fired in a range of time', querystring: historyQuery, response: answering(historyAnswer) } },
    async ({ query }) => {
      const range = rangeOf(query, deps.now())
      const alerts = await deskOf(deps).history({ ...range, ...filterOf(query), limit: query.limit })
      return { from: iso(range.fromMs), to: iso(range.toMs), alerts: alerts.map(episodeOf) }
    },
  )

  app.get(
    '/alerts/evaluation',
    { schema: { tags, summary: 'How the evaluation of rules goes', querystring: noQuery, response: answering(evaluationAnswer) } },
    async () => evaluationOf(await deskOf(deps).evaluation()),
  )
}

function acknowledged(app: ZodApp, deps: ApiDeps): void {
  const acknowledge = {
    tags,
    summary: 'Say who looks after it',
    description: 'Repeats of this episode are not told any more; its end is.',
    params: alertParams,
    querystring: noQuery,
    body: whoBody,
    response: answering(acknowledgeAnswer),
  }
  app.post('/alerts/:key/acknowledge', { schema: acknowledge, onRequest: fromOwnPage }, async ({ params: { key }, body }) =>
    acknowledgementOf(await deskOf(deps).acknowledge(key, whoOf(body))),
  )

  const unacknowledge = {
    tags,
    summary: 'Say that nobody looks after it',
    params: alertParams,
    querystring: noQuery,
    response: answering(doneAnswer),
  }
  app.delete('/alerts/:key/acknowledge', { schema: unacknowledge, onRequest: fromOwnPage }, async ({ params: { key } }) => {
    await deskOf(deps).unacknowledge(key)
    return { done: true as const }
  })
}

function filterOf({
  level,
  severity,
  job,
  rule,
}: z.output<typeof historyQuery> | z.output<typeof alertsQuery>): Omit<AlertFilter, 'phase'> {
  return {
    ...(level === undefined ? {} : { level }),
    ...(severity === undefined ? {} : { severity }),
    ...(job === undefined ? {} : { job }),
    ...(rule === undefined ? {} : { rule }),
  }
}
