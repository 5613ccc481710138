/**
 * Positions of the branches: how far each is in each partition, the skip ahead, and the reset of a branch that is stopped.
 *
 * Delivery: a skip is asked for, durably, and applied once by whoever has the partition; to ask again is harmless, for a position never goes back.
 */
import type { z } from 'zod'
import { parseTime } from '../../lib/time-range.ts'
import { resetTargetOf, targetOf, type OffsetsDesk, type SkipQuery } from '../../offsets/desk.ts'
import { BRANCHES } from '../../store/position.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { named, reportOf, skipsOf } from '../offset-rows.ts'
import { offsetsAnswer, resetAnswer, resetQuery, skipAnswer, skipQuery } from '../offset-schemas.ts'
import { fromOwnPage } from '../own-page.ts'
import { ProblemError } from '../problems.ts'
import { withPlus } from '../range.ts'
import { answering, noQuery } from '../schemas.ts'

const tags = ['operations']

export function offsetRoutes(app: ZodApp, deps: ApiDeps): void {
  app.get(
    '/offsets',
    { schema: { tags, summary: 'How far each branch is in each partition', querystring: noQuery, response: answering(offsetsAnswer) } },
    async () => reportOf(await offsetsOf(deps).reader.show()),
  )

  const schema = {
    tags,
    summary: 'Skip ahead',
    description:
      'Lag discard: the position will be at least `to`. The skipped range is in the ledger, is listed, and can be backfilled. It is applied as soon as what the branch has in hand is committed.',
    querystring: skipQuery,
    response: answering(skipAnswer),
  }
  app.post('/offsets/skip', { schema, onRequest: fromOwnPage }, async ({ query: { to, ...where } }) => {
    const query: SkipQuery = {
      ...placeOf(where),
      to: targetOf(to, (text) => parseTime(withPlus(text), deps.now())),
    }
    return skipsOf(await deskOf(deps).skip(query))
  })

  const resetSchema = {
    tags,
    summary: 'Set the position of a branch that is stopped',
    description:
      'After its offsets have expired, or to move it ahead. Refused where the branch runs, in whichever process, and where something would be counted twice. What is jumped over is in the ledger.',
    querystring: resetQuery,
    response: answering(resetAnswer),
  }
  app.post('/offsets/reset', { schema: resetSchema, onRequest: fromOwnPage }, async ({ query: { to, ...where } }) => {
    const target = resetTargetOf(to)
    if (target === null) throw new ProblemError('bad_request', `query to: expected recorded, earliest, latest or an offset, got ${to}`)
    const resets = await deskOf(deps).reset({
      ...placeOf(where),
      to: target,
    })
    return { resets: resets.map(named) }
  })
}

type Where = Omit<z.output<typeof skipQuery>, 'to'>

function placeOf({ branch, cluster, topic, partition }: Where): Omit<SkipQuery, 'to'> {
  return {
    branches: branch === 'both' ? BRANCHES : [branch],
    ...(cluster === undefined ? {} : { cluster }),
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
  }
}

function offsetsOf({ offsets }: ApiDeps): NonNullable<ApiDeps['offsets']> {
  if (offsets === null) throw new ProblemError('not_here', 'This process reads nothing, so it has no positions.')
  return offsets
}

function deskOf(deps: ApiDeps): OffsetsDesk {
  const { desk } = offsetsOf(deps)
  if (desk === null)
    throw new ProblemError(
      'not_here',
      'Positions of files, pipes and HTTP can only be looked at: they are read whole, each record once. To skip is for Kafka (mode: cluster).',
    )
  return desk
}
