/** Kafka's messages as records: whatever a producer may legally write must come through. */
import type { KafkaMessage } from 'kafkajs'
import { expect, test } from 'vitest'
import { recordOf } from '../../../src/kafka/record.ts'

const message = (over: Record<string, unknown> = {}): KafkaMessage =>
  ({ key: null, value: Buffer.from('v'), timestamp: '1760000000000', attributes: 0, offset: '17', headers: {}, ...over }) as KafkaMessage

test('offset, time, key and value are taken over; a tombstone has no value', () => {
  expect(recordOf(message({ key: Buffer.from('k') }))).toMatchObject({
    offset: 17,
    timestampMs: 1_760_000_000_000,
    key: Buffer.from('k'),
    value: Buffer.from('v'),
  })
  expect(recordOf(message({ value: null })).value).toBeNull()
})

test.each([
  ['-1', null],
  ['0', 0],
  ['1700000000000000000', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
])('a timestamp of %s is one that a calendar has room for, or none', (timestamp, expected) => {
  const { timestampMs } = recordOf(message({ timestamp }))
  expect(timestampMs).toBe(expected)
  expect(new Date(timestampMs ?? 0).toISOString()).toMatch(/^\d{4}-/)
})

test('headers: the first of a repeated one, none of one without a value, and no name is special', () => {
  const headers = JSON.parse('{"job":0,"twice":0,"none":0,"none-twice":0,"__proto__":0,"constructor":0}') as Record<string, unknown>
  for (const name of Object.keys(headers)) Object.defineProperty(headers, name, { value: Buffer.from(name), enumerable: true })
  Object.defineProperty(headers, 'twice', { value: [Buffer.from('first'), Buffer.from('second')], enumerable: true })
  Object.defineProperty(headers, 'none', { value: null, enumerable: true })
  Object.defineProperty(headers, 'none-twice', { value: [null, Buffer.from('x')], enumerable: true })
  expect(Object.entries(recordOf(message({ headers })).headers)).toEqual([
    ['job', 'job'],
    ['twice', 'first'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
  ])
  expect(recordOf(message({ headers: undefined })).headers).toEqual({})
})
