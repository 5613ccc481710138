/**
 * Reading the committed offsets of one consumer group. Writing them is not here: the detail branch commits as a member of its group
 * (source/kafka.ts), the rollup branch within its transaction (store/rollup-topic.ts).
 */
import type { Admin } from 'kafkajs'
import { TracefoldError } from '../errors.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import type { Committed, Evidence } from '../store/resume.ts'
import { kafkaError } from './client.ts'
import { decodeCommitted, type CommittedWithLedger } from './commit-metadata.ts'

/** `foreign`: set with other tools than ours. `reset`: kafkajs found its offset out of range and wrote "earliest" over what was committed. */
export type ReadPosition = { kind: 'at'; committed: CommittedWithLedger } | { kind: 'foreign'; offset: number } | { kind: 'none' } | { kind: 'reset' }

export async function readPosition(admin: Admin, groupId: string, p: Partition): Promise<ReadPosition> {
  try {
    const topics = await admin.fetchOffsets({ groupId, topics: [p.topic] })
    const found = topics[0]?.partitions.find(({ partition }) => partition === p.partition)
    if (found === undefined) throw new TracefoldError('neighbour_away', `${partitionKey(p)} is not known to the broker`) // kafkajs leaves it out
    const offset = Number(found.offset)
    if (offset < 0) return { kind: offset === -1 ? 'none' : 'reset' }
    const committed = decodeCommitted(offset, found.metadata ?? null)
    return committed === null ? { kind: 'foreign', offset } : { kind: 'at', committed }
  } catch (error) {
    throw kafkaError(error, `reading the offsets of group ${groupId}`)
  }
}

/** A position that somebody set: a new block opens there, of the incarnation that the store knows. Without that, marks of an earlier topic would forbid counting. */
export function setByHand(offset: number, evidence: Evidence | null): Committed {
  return { incarnation: evidence?.incarnation ?? 0, next: offset, from: offset, rules: '' }
}
