import type { Admin } from 'kafkajs'
import { expect, test } from 'vitest'
import { readPosition } from '../../../src/kafka/positions.ts'
import { aPartition } from '../../support/builders.ts'

test('a partition that the metadata do not have yet is asked for again, and the words say whose they are', async () => {
  const admin = { fetchOffsets: async () => [{ topic: 'error-logs', partitions: [] }] } as unknown as Admin // all that is asked of it
  await expect(readPosition(admin, 'detail', aPartition({ partition: 7 }))).rejects.toMatchObject({
    code: 'neighbour_away',
    retriable: true,
    message: expect.stringMatching(/^Kafka does not list .*error-logs\/7 yet$/),
  })
})
