/**
 * What is known of one error of one job: since when, whether somebody has dealt with it, and who.
 *
 * Delivery: a change is durable when it is answered. What does not go (to resolve what is resolved) is refused, so a repeat changes nothing.
 */
import type { z } from 'zod'
import type { GroupAction } from '../../alert/group-book.ts'
import { TracefoldError } from '../../errors.ts'
import { parseTime } from '../../lib/time-range.ts'
import { deskOf, takesJson, whoOf } from '../alert-desk.ts'
import { groupOf } from '../alert-rows.ts'
import { groupBody, groupParams, groupStateRow } from '../alert-schemas.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { fromOwnPage } from '../own-page.ts'
import { ProblemError } from '../problems.ts'
import { answering, noQuery } from '../schemas.ts'

const tags = ['alerts']

export function groupRoutes(app: ZodApp, deps: ApiDeps): void {
  takesJson(app)

  app.get(
    '/groups/:job/:fingerprint',
    {
      schema: {
        tags,
        summary: 'What is known of an error of a job',
        params: groupParams,
        querystring: noQuery,
        response: answering(groupStateRow),
      },
    },
    async ({ params }) => {
      const group = await deskOf(deps).group(params)
      if (group === null)
        throw new ProblemError('not_found', `${params.fingerprint} of ${params.job} was never seen, or so long ago that it is forgotten.`)
      return groupOf(group)
    },
  )

  const change = {
    tags,
    summary: 'Resolve, reopen, mute or unmute it',
    description:
      'A resolved group that comes back is regressed, which rules may tell of. A muted one makes no alerts and is told to nobody.',
    params: groupParams,
    querystring: noQuery,
    body: groupBody,
    response: answering(groupStateRow),
  }
  app.patch('/groups/:job/:fingerprint', { schema: change, onRequest: fromOwnPage }, async ({ params, body }) =>
    groupOf(await deskOf(deps).changeGroup(params, actionOf(body, deps.now()), whoOf(body))),
  )
}

function actionOf({ action, until, until_count: untilCount }: z.output<typeof groupBody>, nowMs: number): GroupAction {
  if (action === 'mute')
    return { kind: 'mute', untilMs: until === undefined ? null : parseTime(until, nowMs), untilCount: untilCount ?? null }
  if (until !== undefined || untilCount !== undefined)
    throw new TracefoldError('bad_request', `until and until_count go with mute, not with ${action}.`)
  return { kind: action }
}
