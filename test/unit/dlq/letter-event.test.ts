import { expect, it } from 'vitest'
import { eventOfLetter } from '../../../src/dlq/letter-event.ts'
import type { ErrorEvent } from '../../../src/event.ts'
import { anEvent } from '../../support/builders.ts'

it.each([
  ['a whole event', anEvent()],
  ['one that was cut', anEvent({ truncated: true })],
  ['one that was cut behind its trace, which keeps its key', anEvent({ truncated: true, isTraceWhole: true })],
])('reads %s back as it was', (_, event) => {
  expect(eventOfLetter({ body: bodyOf(event), bodyTruncated: false })).toEqual(event)
})

it('takes an event of which the end is lost for one that was cut', () => {
  const event = anEvent({ truncated: true, isTraceWhole: true })
  const read = eventOfLetter({ body: bodyOf(event).subarray(0, -10), bodyTruncated: true })
  expect(read).toMatchObject({ truncated: true, throwable: event.throwable })
  expect(read?.isTraceWhole).toBeUndefined()
})

function bodyOf(event: ErrorEvent): Buffer {
  return Buffer.from(JSON.stringify({ ...event, context: Object.fromEntries(event.context) }))
}
