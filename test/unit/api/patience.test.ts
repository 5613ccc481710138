/** Long requests and a stop: the work of one is cut off, and the client is told to ask again. */
import { expect, test } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import { apiWith, fakeLetters } from './fakes.ts'

test('a stop ends a replay that waits, so that it does not have to wait for it', async () => {
  let begun = (): void => {}
  const waits = new Promise<void>((resolve) => (begun = resolve))
  const letters = fakeLetters({
    replay: (_filter, { signal }) => {
      begun()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TracefoldError('aborted', 'aborted'))))
    },
  })
  const app = await apiWith({ letters })
  const answer = app.inject({ method: 'POST', url: '/api/v1/dead-letters/replay' })
  await waits
  await app.close()
  expect((await answer).json()).toMatchObject({ code: 'busy' })
})
