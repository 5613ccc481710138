/**
 * Records that could not be processed: to look at, to send through their branches again, and to throw away.
 *
 * Delivery: a replay counts a letter once, however often it is asked for. It works for a minute at most; what it has done then is done, and the client asks
 * again. Browsers may change things only from our own page: other sites' pages can reach a listener on the loopback address, too.
 */
import { isEverything } from '../../dlq/filter.ts'
import { filterOf } from '../../dlq/filter-words.ts'
import { isTracefoldError } from '../../errors.ts'
import type { DeadLetter, DeadLetterDesk, LetterFilter } from '../../store/dead-letter.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import {
  letterAnswer,
  letterParams,
  lettersAnswer,
  lettersQuery,
  purgeAnswer,
  purgeQuery,
  replayAnswer,
  replayQuery,
} from '../letter-schemas.ts'
import { inFull, reportOf, rowOf } from '../letter-rows.ts'
import { fromOwnPage } from '../own-page.ts'
import { patienceOf } from '../patience.ts'
import { ProblemError } from '../problems.ts'
import { answering, noQuery } from '../schemas.ts'

const tags = ['operations']

export function deadLetterRoutes(app: ZodApp, deps: ApiDeps): void {
  const patience = patienceOf(app)

  app.get(
    '/dead-letters',
    { schema: { tags, summary: 'Records that could not be processed', querystring: lettersQuery, response: answering(lettersAnswer) } },
    async ({ query }) => {
      const { limit, cursor, ...words } = query
      const letters = await deskOf(deps).letters({
        ...filterOf(words, deps.now()),
        limit,
        ...(cursor === undefined ? {} : { after: placeOf(cursor) }),
      })
      const last = letters.at(-1)
      return { letters: letters.map(rowOf), next: last === undefined || letters.length < limit ? null : cursorOf(last) }
    },
  )

  app.get(
    '/dead-letters/:id',
    {
      schema: {
        tags,
        summary: 'One of them, with what its reason means',
        params: letterParams,
        querystring: noQuery,
        response: answering(letterAnswer),
      },
    },
    async ({ params: { id } }) => {
      const letter = await deskOf(deps).letter(id)
      if (letter === null)
        throw new ProblemError('not_found', `There is no dead letter ${id}: it was replayed, purged, or is older than what is kept.`)
      return inFull(letter)
    },
  )

  const replaySchema = {
    tags,
    summary: 'Send them through their branches again',
    description: 'After a fix. Each letter is counted once, however often this is asked for; what fails again stays a letter.',
    querystring: replayQuery,
    response: answering(replayAnswer),
  }
  app.post('/dead-letters/replay', { schema: replaySchema, onRequest: fromOwnPage }, async ({ query: { limit, after, ...words } }) => {
    const report = await working(() =>
      deskOf(deps).replay(filterOf(words, deps.now()), { limit, after: after ?? null, signal: patience() }),
    )
    return reportOf(report)
  })

  app.delete(
    '/dead-letters',
    { schema: { tags, summary: 'Throw them away', querystring: purgeQuery, response: answering(purgeAnswer) }, onRequest: fromOwnPage },
    async ({ query: { all, ...words } }) => {
      const filter = filterOf(words, deps.now())
      if (isEverything(filter) && all === undefined)
        throw new ProblemError(
          'bad_request',
          'Say which letters: by reason, stage, branch, job, topic, partition, offset, from or to. To throw all away, say all=true.',
        )
      return purge(deps, filter, patience())
    },
  )

  app.delete(
    '/dead-letters/:id',
    {
      schema: { tags, summary: 'Throw one away', params: letterParams, querystring: noQuery, response: answering(purgeAnswer) },
      onRequest: fromOwnPage,
    },
    async ({ params: { id } }) => purge(deps, { id }, patience()),
  )
}

async function purge(deps: ApiDeps, filter: LetterFilter, signal: AbortSignal): Promise<{ purged: number }> {
  return { purged: await working(() => deskOf(deps).purge(filter, signal)) }
}

function deskOf({ letters }: ApiDeps): DeadLetterDesk {
  if (letters === null) throw new ProblemError('not_here', 'This process has no dead letters.')
  return letters
}

async function working<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isTracefoldError(error, 'aborted'))
      throw new ProblemError('busy', 'This takes longer than one request may. What was done is done, and nothing is done twice: ask again.')
    if (isTracefoldError(error, 'partition_lost')) throw new ProblemError('busy', error.message)
    throw error
  }
}

function cursorOf({ timeMs, id }: DeadLetter): string {
  return Buffer.from(`${timeMs}:${id}`).toString('base64url')
}

function placeOf(cursor: string): { timeMs: number; id: string } {
  const match = /^(\d{1,16}):(.+)$/s.exec(Buffer.from(cursor, 'base64url').toString())
  if (match === null) throw new ProblemError('bad_request', 'query cursor: expected `next` of the page before')
  return { timeMs: Number(match[1]), id: match[2] ?? '' }
}
