import { expect, test } from 'vitest'
import { hideAborted, type AbortedTransaction, type RawRecord } from '../../../src/kafka/aborted-records.ts'

const ABORT = Buffer.from([0, 0, 0, 0])
const COMMIT = Buffer.from([0, 0, 0, 1])

/** A log: each entry is one producer's record (`a`), its abort marker (`a!`) or its commit marker (`a.`); a capital letter writes without a transaction. */
function logOf(text: string, firstOffset = 0): RawRecord[] {
  return text.split(' ').map((entry, i) => {
    const [producer = '', mark] = entry
    const key = mark === '!' ? ABORT : mark === '.' ? COMMIT : null
    const inTransaction = producer === producer.toLowerCase()
    return {
      offset: String(firstOffset + i),
      key,
      isControlRecord: mark !== undefined,
      batchContext: { producerId: producer.toLowerCase(), inTransaction },
    }
  })
}

function shown(log: RawRecord[], abortedTransactions: readonly AbortedTransaction[] | null): string[] {
  hideAborted({ abortedTransactions, messages: log })
  return log.flatMap(({ isControlRecord, offset, batchContext }) => (isControlRecord ? [] : [`${offset}${batchContext?.producerId}`]))
}

const from = (producerId: string, firstOffset: number): AbortedTransaction => ({ producerId, firstOffset: String(firstOffset) })

test.each([
  ['one aborted transaction', 'a a a! a a.', [from('a', 0)], ['3a']],
  ['two that were aborted in another order than they began in', 'a b a b b! a!', [from('b', 1), from('a', 0)], []],
  ['several that began before what was fetched', 'a b c c! b! a!', [from('c', 2), from('b', 1), from('a', 0)], []],
  ['a committed one of the same producer between two aborted ones', 'a a! a a. a a!', [from('a', 0), from('a', 4)], ['2a']],
  ["an aborted one around another's committed one", 'a b a b. a!', [from('a', 0)], ['1b']],
  ['a record without a transaction by the same producer', 'a A a!', [from('a', 0)], ['1a']],
  ['none', 'a b a.', [], ['0a', '1b']],
  ['no list', 'a b', null, ['0a', '1b']],
])('%s', (_, log, aborted, expected) => {
  expect(shown(logOf(log), aborted)).toEqual(expected)
})

test('a fetch that begins within transactions which began before it', () => {
  expect(shown(logOf('b c a c! b! a!', 100), [from('c', 40), from('b', 30), from('a', 20)])).toEqual([])
})

test("a user's key that looks like an abort marker ends nothing", () => {
  const log = logOf('a a a!')
  const [first] = log
  expect(shown([{ ...(first as RawRecord), key: ABORT }, ...log.slice(1)], [from('a', 0)])).toEqual([])
})

test('kafkajs is told of no aborted transaction any more', () => {
  const partition = { abortedTransactions: [from('a', 0)], messages: logOf('a a!') }
  hideAborted(partition)
  expect(partition.abortedTransactions).toEqual([])
})

test('records of the format before transactions', () => {
  const log = logOf('A A').map(({ offset, key }) => ({ offset, key, isControlRecord: false }))
  hideAborted({ abortedTransactions: [from('a', 0)], messages: log })
  expect(log.map(({ isControlRecord }) => isControlRecord)).toEqual([false, false])
})
