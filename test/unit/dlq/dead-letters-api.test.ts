/** Dead letters over the API: what is asked for reaches the desk, and what it says reaches the client. */
import { describe, expect, it } from 'vitest'
import { letterAnswer, lettersAnswer, purgeAnswer, replayAnswer } from '../../../src/api/letter-schemas.ts'
import { problemAnswer } from '../../../src/api/schemas.ts'
import { TracefoldError } from '../../../src/errors.ts'
import type { DeadLetter, DeadLetterDesk, ReplayReport } from '../../../src/store/dead-letter.ts'
import { aLetter, T0 } from '../../support/builders.ts'
import { apiWith, NOW } from '../api/fakes.ts'

const REPORT: ReplayReport = {
  letters: 3,
  replayed: 2,
  events: 7,
  failedAgain: 1,
  waiting: 0,
  unclear: 0,
  fromCopy: 1,
  fromCutCopy: 0,
  refusedEvents: 0,
  expiredEvents: 0,
  next: null,
}

function fakeDesk(letters: readonly DeadLetter[] = [], fails?: Error): { desk: DeadLetterDesk; asked: unknown[][] } {
  const asked: unknown[][] = []
  const answer = async <T>(value: T, ...words: unknown[]): Promise<T> => {
    asked.push(words)
    if (fails !== undefined) throw fails
    return value
  }
  const desk: DeadLetterDesk = {
    letters: (query) => answer(letters.slice(0, query.limit), 'letters', query),
    letter: (id) => answer(letters.find((one) => one.id === id) ?? null, 'letter', id),
    replay: (filter, { limit, after }) => answer(REPORT, 'replay', filter, { limit, after }),
    purge: (filter) => answer(5, 'purge', filter),
    close: async () => {},
  }
  return { desk, asked }
}

describe('listing', () => {
  it('passes on every part of the filter, times as times and offsets as a range', async () => {
    const { desk, asked } = fakeDesk()
    const app = await apiWith({ letters: desk })
    await app.inject(
      '/api/v1/dead-letters?limit=7&reason=clock&stage=decode&branch=detail&job=a%2Fb&topic=logs&partition=3&offset=10-20&from=-1h&to=now',
    )
    expect(asked).toEqual([
      [
        'letters',
        {
          limit: 7,
          reason: 'clock',
          stage: 'decode',
          branch: 'detail',
          job: 'a/b',
          topic: 'logs',
          partition: 3,
          fromOffset: 10,
          toOffset: 20,
          fromMs: NOW - 3_600_000,
          toMs: NOW,
        },
      ],
    ])
  })

  it('gives a cursor that leads behind the last letter, and none where the page is not full', async () => {
    const letters = [aLetter({ offset: 2, timeMs: T0 + 1 }), aLetter({ offset: 1 })]
    const { desk, asked } = fakeDesk(letters)
    const app = await apiWith({ letters: desk })
    const first = lettersAnswer.parse((await app.inject('/api/v1/dead-letters?limit=2')).json())
    expect(first.letters).toHaveLength(2)
    await app.inject(`/api/v1/dead-letters?limit=2&cursor=${first.next}`)
    expect(asked.at(-1)).toEqual(['letters', { limit: 2, after: { timeMs: letters[1]!.timeMs, id: letters[1]!.id } }])
    expect(lettersAnswer.parse((await app.inject('/api/v1/dead-letters?limit=3')).json()).next).toBeNull()
  })

  it.each(['offset=x', 'offset=5-3x', 'cursor=abc', 'from=yesterday', 'from=now&to=-1h', 'partition=-1', 'reason=none', 'what=1'])(
    'says what is wrong with %s',
    async (query) => {
      const app = await apiWith({ letters: fakeDesk().desk })
      expect(problemAnswer.parse((await app.inject(`/api/v1/dead-letters?${query}`)).json())).toMatchObject({ status: 400 })
    },
  )
})

describe('one letter', () => {
  it('shows what its reason means, what helps, and whom it concerns', async () => {
    const letter = aLetter({
      reason: 'refused_by_store',
      stage: 'store',
      branch: 'detail',
      detail: 'document_parsing_exception: failed to parse field [process.thread.name] of type [long]',
      events: 17,
    })
    const app = await apiWith({ letters: fakeDesk([letter]).desk })
    const shown = letterAnswer.parse((await app.inject(`/api/v1/dead-letters/${encodeURIComponent(letter.id)}`)).json())
    expect(shown).toMatchObject({ id: letter.id, detail: letter.detail, events: 17, branches: ['detail'], body_redacted: true })
    expect(shown.meaning).toMatch(/Elasticsearch/)
    expect(shown.help).toMatch(/mapping/)
  })

  it('that is not there is not found', async () => {
    const app = await apiWith({ letters: fakeDesk().desk })
    expect(problemAnswer.parse((await app.inject('/api/v1/dead-letters/a%2Fb%230')).json())).toMatchObject({ status: 404 })
  })
})

describe('replaying and purging', () => {
  it('answers with what was done', async () => {
    const { desk, asked } = fakeDesk()
    const app = await apiWith({ letters: desk })
    const answer = replayAnswer.parse(
      (await app.inject({ method: 'POST', url: '/api/v1/dead-letters/replay?reason=too_large&limit=10&after=4' })).json(),
    )
    expect(answer).toEqual({
      letters: 3,
      replayed: 2,
      events: 7,
      failed_again: 1,
      waiting: 0,
      unclear: 0,
      from_copy: 1,
      from_cut_copy: 0,
      refused_events: 0,
      expired_events: 0,
      next: null,
    })
    await app.inject({ method: 'POST', url: '/api/v1/dead-letters/replay' })
    expect(asked).toEqual([
      ['replay', { reason: 'too_large' }, { limit: 10, after: 4 }],
      ['replay', {}, { limit: 1_000, after: null }],
    ])
  })

  it('throws away what is named, and everything only where that is said', async () => {
    const { desk, asked } = fakeDesk()
    const app = await apiWith({ letters: desk })
    const remove = async (url: string) => (await app.inject({ method: 'DELETE', url })).json() as unknown
    expect(problemAnswer.parse(await remove('/api/v1/dead-letters'))).toMatchObject({ status: 400 })
    expect(purgeAnswer.parse(await remove('/api/v1/dead-letters?reason=clock'))).toEqual({ purged: 5 })
    await remove('/api/v1/dead-letters?all=true')
    await remove('/api/v1/dead-letters/a%2Fb%230')
    expect(asked).toEqual([
      ['purge', { reason: 'clock' }],
      ['purge', {}],
      ['purge', { id: 'a/b#0' }],
    ])
  })

  it.each([
    ['another replay has taken over', new TracefoldError('partition_lost', 'another replay has taken over'), 503],
    ['it takes too long', new TracefoldError('aborted', 'ended'), 503],
    ['Kafka is away', new TracefoldError('neighbour_away', 'no broker'), 503],
  ])('says so where %s', async (_, error, status) => {
    const app = await apiWith({ letters: fakeDesk([], error).desk })
    expect(problemAnswer.parse((await app.inject({ method: 'POST', url: '/api/v1/dead-letters/replay' })).json())).toMatchObject({ status })
  })

  it('is not for pages of other sites', async () => {
    const { desk, asked } = fakeDesk()
    const app = await apiWith({ letters: desk })
    const headers = { 'sec-fetch-site': 'cross-site' }
    for (const [method, url] of [
      ['POST', '/api/v1/dead-letters/replay'],
      ['DELETE', '/api/v1/dead-letters?all=true'],
      ['DELETE', '/api/v1/dead-letters/x'],
    ] as const) {
      expect(problemAnswer.parse((await app.inject({ method, url, headers })).json())).toMatchObject({ status: 403 })
    }
    expect(asked).toEqual([])
  })

  it('is not offered by a process that has none', async () => {
    const app = await apiWith({ letters: null })
    for (const [method, url] of [
      ['GET', '/api/v1/dead-letters'],
      ['POST', '/api/v1/dead-letters/replay'],
    ] as const)
      expect(problemAnswer.parse((await app.inject({ method, url })).json())).toMatchObject({ status: 409, code: 'not_here' })
  })
})
