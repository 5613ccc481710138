/** Messages in lists that a broker with default settings takes as one record batch. */
import type { Message } from 'kafkajs'
import { expect, test } from 'vitest'
import { chunked } from '../../../src/kafka/chunks.ts'

/** The broker's default of message.max.bytes. */
const MAX_BYTES = 1_048_588

const message = (bytes: number, i = 0): Message => ({ key: String(i), value: 'x'.repeat(bytes) })
const bytesOf = (list: readonly Message[]): number => list.reduce((sum, { value }) => sum + Buffer.byteLength(value as string), 0)

test('all messages come out, in order, in lists that fit', () => {
  const messages = Array.from({ length: 5_000 }, (_, i) => message(900, i))
  const chunks = chunked(messages)
  expect(chunks.flat()).toEqual(messages)
  expect(chunks.length).toBeGreaterThan(4)
  expect(chunks.length).toBeLessThan(7)
  for (const chunk of chunks) expect(bytesOf(chunk)).toBeLessThan(MAX_BYTES)
})

test('bytes are counted, not characters, and headers too', () => {
  const wide = Array.from({ length: 1_000 }, () => ({ value: '訂'.repeat(1_000) }))
  for (const chunk of chunked(wide)) expect(bytesOf(chunk)).toBeLessThan(MAX_BYTES)
  expect(chunked(Array.from({ length: 10 }, () => ({ value: '', headers: { h: 'x'.repeat(200_000) } }))).length).toBe(3)
})

test('what is too large by itself goes alone; of nothing there is nothing', () => {
  expect(chunked([message(10), message(2_000_000), message(10)]).map((chunk) => chunk.length)).toEqual([1, 1, 1])
  expect(chunked([])).toEqual([])
})
