import type { Admin } from 'kafkajs'
import { expect, test } from 'vitest'
import { topicOffsets } from '../../../src/kafka/topic-offsets.ts'

/** An admin client that gives one answer after the other, the last one for ever. */
function answering(...answers: (readonly number[] | Error)[]): { admin: Admin; asked: () => number } {
  let asked = 0
  const admin = {
    fetchTopicMetadata: async () => ({ topics: [{ partitions: [{}, {}] }] }),
    fetchTopicOffsets: async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)] as readonly number[] | Error
      if (answer instanceof Error) throw answer
      return answer.map((partition) => ({ partition, offset: '9', high: '9', low: '3' }))
    },
  }
  return { admin: admin as unknown as Admin, asked: () => asked } // the two calls that are used
}

const BOUNDS = { begin: 3, end: 9 }

test('every partition is there', async () => {
  expect(await topicOffsets(answering([0, 1]).admin, 't')).toEqual(
    new Map([
      [0, BOUNDS],
      [1, BOUNDS],
    ]),
  )
})

test('it asks again where kafkajs stumbles while metadata is read anew', async () => {
  const { admin, asked } = answering(new TypeError("Cannot destructure property 'partitions' of 'low.pop(...)'"), [0, 1])
  expect((await topicOffsets(admin, 't')).size).toBe(2)
  expect(asked()).toBe(2)
})

test('it asks again where a partition is left out, and in the end gives none rather than some', async () => {
  expect((await topicOffsets(answering([1], [0, 1]).admin, 't')).size).toBe(2)
  await expect(topicOffsets(answering([1]).admin, 't')).rejects.toMatchObject({
    code: 'neighbour_away',
    message: expect.stringContaining('1 of 2 partitions have no leader'),
  })
})

test('what a broker refuses is said at once', async () => {
  const { admin, asked } = answering(new Error('not authorized'))
  await expect(topicOffsets(admin, 't')).rejects.toMatchObject({ code: 'neighbour_away' })
  expect(asked()).toBe(1)
})
