/** Reads a small compacted topic from its beginning to its present end: newest value for each key. As a member of no group, so nothing is left behind. */
import type { Admin } from 'kafkajs'
import { isTracefoldError, TracefoldError } from '../errors.ts'
import type { Bounds } from '../source/source.ts'
import { kafkaError, type KafkaClient } from './client.ts'
import { PartitionReader } from './partition-reader.ts'
import { topicOffsets } from './topic-offsets.ts'

/** Only where the end is that of a transaction which is being settled. */
const MAX_WAIT_MS = 500

export async function readTopic(kafka: KafkaClient, admin: Admin, topic: string): Promise<Map<string, Buffer>> {
  const newest = new Map<string, Buffer>()
  try {
    const bounds = await topicOffsets(admin, topic)
    await Promise.all([...bounds].map(([partition, range]) => readPartition(new PartitionReader(kafka, topic, partition), range, newest)))
    return newest
  } catch (error) {
    if (isTracefoldError(error, 'position_lost'))
      throw new TracefoldError('neighbour_away', `${topic} has changed while it was read`, { cause: error })
    throw kafkaError(error, `reading topic ${topic}`)
  }
}

async function readPartition(reader: PartitionReader, { begin, end }: Bounds, newest: Map<string, Buffer>): Promise<void> {
  try {
    for (let at = begin; at < end;) {
      const { records, next } = await reader.read(at, { maxWaitMs: MAX_WAIT_MS })
      for (const { key, value } of records) {
        if (key === null) continue
        if (value === null) newest.delete(key.toString())
        else newest.set(key.toString(), value)
      }
      at = next
    }
  } finally {
    await reader.close()
  }
}
