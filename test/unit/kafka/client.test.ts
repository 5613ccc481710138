/** What kafkajs's errors mean for us. */
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { TracefoldError } from '../../../src/errors.ts'
import { kafkaError } from '../../../src/kafka/client.ts'

const require = createRequire(import.meta.url)
const { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } = require('kafkajs/src/errors') as Record<
  string,
  new (error: unknown, more?: object) => Error
>
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as { createErrorFromCode(code: number): Error }

const UNKNOWN_MEMBER_ID = 25
const superseded = [
  [22, 'ILLEGAL_GENERATION'],
  [25, 'UNKNOWN_MEMBER_ID'],
  [27, 'REBALANCE_IN_PROGRESS'],
  [47, 'INVALID_PRODUCER_EPOCH'],
  [48, 'INVALID_TXN_STATE'],
  [49, 'INVALID_PRODUCER_ID_MAPPING'],
] as const
test.each(superseded)('code %d (%s): another has taken over, a new try cannot help', (code, type) => {
  const error = createErrorFromCode(code)
  expect(error).toMatchObject({ type })
  expect(kafkaError(error, 'committing')).toMatchObject({ code: 'partition_lost', retriable: false })
})

const refused = [
  [10, 'MESSAGE_TOO_LARGE'],
  [12, 'OFFSET_METADATA_TOO_LARGE'],
  [18, 'RECORD_LIST_TOO_LARGE'],
  [28, 'INVALID_COMMIT_OFFSET_SIZE'],
  [87, 'INVALID_RECORD'],
] as const
test.each(refused)('code %d (%s): refused for its form, the same would be refused again', (code, type) => {
  const error = createErrorFromCode(code)
  expect(error).toMatchObject({ type })
  expect(kafkaError(error, 'committing')).toMatchObject({ code: 'store_refused', retriable: false })
})

test('the type is found where kafkajs has wrapped it in retries', () => {
  const wrapped = new (KafkaJSNumberOfRetriesExceeded as NonNullable<typeof KafkaJSNumberOfRetriesExceeded>)(
    createErrorFromCode(UNKNOWN_MEMBER_ID),
    { retryCount: 5, retryTime: 1 },
  )
  expect(kafkaError(wrapped, 'committing')).toMatchObject({ code: 'partition_lost', cause: wrapped })
})

const others: readonly [string, unknown][] = [
  ['a broker that is not there', Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })],
  ['a coordinator that loads', createErrorFromCode(14)],
  ['an answer in words', 'no'],
  ['an unknown protocol error', new (KafkaJSProtocolError as NonNullable<typeof KafkaJSProtocolError>)(new Error('new in Kafka 9'))],
]
test.each(others)('%s: away, to be retried, with what we were doing', (_, error) => {
  const said = kafkaError(error, 'reading offsets')
  expect(said).toMatchObject({ code: 'neighbour_away', retriable: true })
  expect(said.message).toMatch(/^reading offsets: /)
})

test('a cause that is its own cause is not followed for ever', () => {
  const error = new Error('round')
  error.cause = error
  expect(kafkaError(error, 'reading').code).toBe('neighbour_away')
})

test('an error of ours stays what it is', () => {
  const ours = new TracefoldError('aborted', 'stop')
  expect(kafkaError(ours, 'anything')).toBe(ours)
})
