/** Long requests and a stop: the work of one is cut off, and the client is told to ask again. */
import { expect, test } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import type { DeadLetterDesk } from '../../../src/store/dead-letter.ts'
import { apiWith } from './fakes.ts'

test('a stop ends a replay that waits, so that it does not have to wait for it', async () => {
  let begun = (): void => {}
  const waits = new Promise<void>((resolve) => (begun = resolve))
  const desk: Partial<DeadLetterDesk> = {
    replay: (_filter, { signal }) => {
      begun()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TracefoldError('aborted', 'aborted'))))
    },
  }
  const app = await apiWith({ letters: { letters: async () => [], ...desk } as DeadLetterDesk })
  const answer = app.inject({ method: 'POST', url: '/api/v1/dead-letters/replay' })
  await waits
  await app.close()
  expect((await answer).json()).toMatchObject({ code: 'busy' })
})
