/** Records that could not be processed, newest first. Reads only. */
import { isUtf8 } from 'node:buffer'
import type { DeadLetter } from '../../store/dead-letter.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { ProblemError } from '../problems.ts'
import { iso } from '../range.ts'
import { lettersAnswer, lettersQuery, problems } from '../schemas.ts'

/** A UTF-8 character has up to 4 bytes: a cut leaves at most 3 of one. */
const MAX_CUT_BYTES = 3

export function deadLetterRoutes(app: ZodApp, deps: ApiDeps): void {
  const schema = { tags: ['operations'], summary: 'Records that could not be processed', querystring: lettersQuery, response: { 200: lettersAnswer, ...problems } }
  app.get('/dead-letters', { schema }, async ({ query: { limit, reason } }) => {
    if (deps.letters === null) throw new ProblemError('not_here', 'This process has no dead letters to read.')
    const letters = await deps.letters.letters(reason === undefined ? { limit } : { limit, reason })
    return { letters: letters.map(rowOf) }
  })
}

function rowOf({ partition: at, timeMs, body, bodyTruncated, ...letter }: DeadLetter) {
  return {
    ...letter,
    cluster: at.cluster,
    topic: at.topic,
    partition: at.partition,
    time: iso(timeMs),
    ...bodyOf(body, bodyTruncated),
    body_truncated: bodyTruncated,
  }
}

function bodyOf(body: Buffer, truncated: boolean): { body: string; body_encoding: 'utf8' | 'base64' } {
  for (let cut = 0; cut <= (truncated ? MAX_CUT_BYTES : 0); cut++) {
    const kept = body.subarray(0, body.length - cut)
    if (isUtf8(kept)) return { body: kept.toString('utf8'), body_encoding: 'utf8' }
  }
  return { body: body.toString('base64'), body_encoding: 'base64' }
}
