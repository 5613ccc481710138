/** Silences: who does not want to be told of which alerts, until when. Delivery: durable when answered; each POST makes one more. */
import { TracefoldError } from '../../errors.ts'
import { DAY_MS } from '../../lib/durations.ts'
import { parseTime } from '../../lib/time-range.ts'
import { deskOf, takesJson } from '../alert-desk.ts'
import { silenceOf } from '../alert-rows.ts'
import { doneAnswer, silenceBody, silenceParams, silenceRow, silencesAnswer } from '../alert-schemas.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { fromOwnPage } from '../own-page.ts'
import { iso } from '../range.ts'
import { answering, noQuery } from '../schemas.ts'

const MAX_SILENCE_DAYS = 366

const tags = ['alerts']

export function silenceRoutes(app: ZodApp, deps: ApiDeps): void {
  takesJson(app)

  app.get(
    '/silences',
    { schema: { tags, summary: 'Silences that have not ended', querystring: noQuery, response: answering(silencesAnswer) } },
    async () => ({ silences: (await deskOf(deps).silences()).map(silenceOf) }),
  )

  const make = {
    tags,
    summary: 'Do not tell of some alerts until a time',
    description: 'They are evaluated and shown all the same.',
    querystring: noQuery,
    body: silenceBody,
    response: answering(silenceRow),
  }
  app.post('/silences', { schema: make, onRequest: fromOwnPage }, async ({ body: { match, from, until, who, comment } }) => {
    const desk = deskOf(deps)
    const nowMs = deps.now()
    const [fromMs, untilMs] = [parseTime(from, nowMs), parseTime(until, nowMs)]
    if (untilMs <= fromMs || untilMs <= nowMs)
      throw new TracefoldError('bad_request', `until must lie ahead, and after from; got from=${iso(fromMs)}, until=${iso(untilMs)}.`)
    if (untilMs - fromMs > MAX_SILENCE_DAYS * DAY_MS)
      throw new TracefoldError('bad_request', `A silence lasts at most ${MAX_SILENCE_DAYS} days.`)
    return silenceOf(await desk.silence({ match, fromMs, untilMs, who, comment: comment ?? null }))
  })

  app.delete(
    '/silences/:id',
    {
      schema: { tags, summary: 'End a silence now', params: silenceParams, querystring: noQuery, response: answering(doneAnswer) },
      onRequest: fromOwnPage,
    },
    async ({ params: { id } }) => {
      await deskOf(deps).unsilence(id)
      return { done: true as const }
    },
  )
}
