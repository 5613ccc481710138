/** What a replay writes down so that another process can finish its chunk. */
import { expect, test } from 'vitest'
import type { Message } from 'kafkajs'
import type { DocumentOf } from '../../../src/dlq/chunk.ts'
import { ReplayLog, stateMessages } from '../../../src/dlq/replay-log.ts'
import { anEvent, anIdentity, anUpdate, aPartition, aSample, hashed, T0 } from '../../support/builders.ts'

const document = (over: Parameters<typeof anUpdate>[0] = {}): DocumentOf => ({
  update: anUpdate({
    sample: aSample({
      context: new Map([
        ['訂單', '17'],
        ['__proto__', 'x'],
      ]),
    }),
    hosts: hashed('a', '訂單'),
    ...over,
  }),
  shares: [{ partition: aPartition(), incarnation: 0, day: '2026-11-20', offset: 7, index: 1, n: 3 }],
})
const MOVES = [{ branch: 'detail' as const, contributor: 'c/t/0/0', day: '2026-11-20', counts: { counted: 3, 'dead.too_large': -3 } }]

function read(...lists: readonly (readonly Message[])[]): ReplayLog {
  const log = new ReplayLog()
  for (const { key, value } of lists.flat()) log.take(String(key), value === null ? null : Buffer.from(String(value)))
  return log
}

test('documents and moves come back as they were decided', () => {
  const documents = [document(), document({ identity: anIdentity({ fp: 'v1:2' }), sample: null })]
  const log = read(stateMessages({ seq: 5, open: { documents: 2, moves: MOVES } }, documents, 0))
  expect(log.isOpen()).toBe(true)
  expect(log.state()).toEqual({ seq: 5, open: { documents: 2, moves: MOVES } })
  expect(log.documents()).toEqual(documents)
})

test('a chunk that is finished leaves its number and nothing else', () => {
  const open = stateMessages({ seq: 5, open: { documents: 3, moves: MOVES } }, [document(), document(), document()], 0)
  const done = stateMessages({ seq: 5, open: null }, [], 3)
  expect(done.filter(({ value }) => value === null)).toHaveLength(3)
  const log = read(open, done)
  expect([log.isOpen(), log.state(), log.documents()]).toEqual([false, { seq: 5, open: null }, []])
})

test("a smaller chunk after a larger one takes the larger one's documents away", () => {
  const log = read(
    stateMessages({ seq: 5, open: { documents: 2, moves: [] } }, [document(), document()], 0),
    stateMessages({ seq: 6, open: { documents: 1, moves: [] } }, [document()], 2),
  )
  expect(log.documents()).toHaveLength(1)
})

test("documents of another chunk are never taken for this one's", () => {
  const [stale] = stateMessages({ seq: 4, open: { documents: 1, moves: [] } }, [document()], 0)
  const state = stateMessages({ seq: 5, open: { documents: 1, moves: [] } }, [], 0)
  expect(() => read([stale!], state).documents()).toThrow(/document 0 of the replay 5/)
})

test('an event that no record holds goes without its trace', () => {
  const text = 'x'.repeat(1_000_000)
  const large = document({
    sample: aSample({ ...anEvent({ message: 'kept' }), throwable: { form: 'text', type: null, message: null, text } }),
  })
  const messages = stateMessages({ seq: 5, open: { documents: 1, moves: [] } }, [large], 0)
  expect(Math.max(...messages.map(({ value }) => Buffer.byteLength(String(value))))).toBeLessThan(900_000)
  expect(read(messages).documents()[0]?.update.sample).toMatchObject({ message: 'kept', throwable: null, truncated: true })
})

test('what a newer version has left open is not finished by this one', () => {
  const log = read([{ key: '~replay', value: JSON.stringify({ v: 2, seq: T0, open: { what: 'else' } }) }])
  expect(log.isOpen()).toBe(false)
  expect(() => log.state()).toThrow(/another version/)
})
