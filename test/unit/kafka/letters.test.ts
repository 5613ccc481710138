/** Dead letters on their way through a topic. */
import { expect, test } from 'vitest'
import { letterMessage, parseLetter } from '../../../src/kafka/letters.ts'
import { aLetter } from '../../support/builders.ts'

const bodies: readonly [string, Buffer][] = [
  ['text', Buffer.from('{"broken')],
  ['text of many scripts', Buffer.from('訂單 17 失敗 😀 \u0000\u0007\n')],
  ['bytes that are not UTF-8', Buffer.from([0, 255, 254, 10, 34, 0xd8])],
  ['a character cut in half', Buffer.from('訂').subarray(0, 2)],
  ['nothing', Buffer.alloc(0)],
]
test.each(bodies)('a letter with %s comes back as it was, under its id', (_, body) => {
  const letter = aLetter({
    body,
    bodyTruncated: true,
    job: '訂單',
    stage: 'store',
    branch: 'detail',
    reason: 'refused_by_store',
    events: 17,
  })
  const { key, value } = letterMessage(letter)
  expect(key).toBe(letter.id)
  const back = parseLetter(Buffer.from(value as string))
  expect(back).toEqual({ ...letter, body: expect.any(Buffer) as Buffer })
  expect(back?.body.equals(body)).toBe(true)
})

test.each(['', 'no letter', '{"id":"x"}', '[]', 'null'])('a value that is no letter of ours is nothing: %j', (value) => {
  expect(parseLetter(Buffer.from(value))).toBeNull()
})
