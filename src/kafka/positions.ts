/**
 * Reading the committed offsets of one consumer group. Writing them is not here: the detail branch commits as a member of its group
 * (source/kafka.ts), the rollup branch within its transaction (store/rollup-topic.ts).
 */
import type { Admin } from 'kafkajs'
import { TracefoldError } from '../errors.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import { kafkaError } from './client.ts'
import { decodeCommitted, type CommittedWithLedger } from './commit-metadata.ts'

/** `foreign`: set with other tools than ours. `reset`: kafkajs found its offset out of range and wrote "earliest" over what was committed. */
export type ReadPosition =
  { kind: 'at'; committed: CommittedWithLedger } | { kind: 'foreign'; offset: number } | { kind: 'none' } | { kind: 'reset' }

export async function readPosition(admin: Admin, groupId: string, p: Partition): Promise<ReadPosition> {
  const found = (await readPositions(admin, groupId, p.topic)).get(p.partition)
  if (found === undefined) throw new TracefoldError('neighbour_away', `Kafka does not list ${partitionKey(p)} yet`) // of what its metadata lack, kafkajs says nothing
  return found
}

/** By partition number. */
export async function readPositions(admin: Admin, groupId: string, topic: string): Promise<Map<number, ReadPosition>> {
  try {
    const topics = await admin.fetchOffsets({ groupId, topics: [topic] })
    return new Map(
      topics[0]?.partitions.map(({ partition, offset, metadata }) => [partition, positionOf(Number(offset), metadata ?? null)]),
    )
  } catch (error) {
    throw kafkaError(error, `reading the offsets of group ${groupId}`)
  }
}

function positionOf(offset: number, metadata: string | null): ReadPosition {
  if (offset < 0) return { kind: offset === -1 ? 'none' : 'reset' }
  const committed = decodeCommitted(offset, metadata)
  return committed === null ? { kind: 'foreign', offset } : { kind: 'at', committed }
}
