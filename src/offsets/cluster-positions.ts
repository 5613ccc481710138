/**
 * The positions of both branches in every partition of the source topics, from Kafka, and from the stores' ledgers where Kafka has none. Reads only, as a
 * member of no group.
 */
import type { Admin } from 'kafkajs'
import type { Names } from '../config/names.ts'
import type { Settings } from '../config/schema.ts'
import { isTracefoldError, TracefoldError } from '../errors.ts'
import type { KafkaClient } from '../kafka/client.ts'
import { clusterIdOf } from '../kafka/cluster-id.ts'
import { PartitionReader } from '../kafka/partition-reader.ts'
import { readPositions, type ReadPosition } from '../kafka/positions.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import { partitionKey, type Bounds, type Partition } from '../source/source.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import { BRANCHES, type BranchName } from '../store/position.ts'
import type { Evidence } from '../store/resume.ts'
import { evidenceOf } from '../store/rollup-ledger.ts'
import { whereIs, type Where } from './where.ts'

/** Partitions whose record is looked at, at once: a connection each. */
const LOOKS_AT_ONCE = 8
/** One record is enough; a broker sends a whole batch. */
const LOOK_BYTES = 1_024

export interface PositionsOptions {
  readonly settings: Pick<Settings, 'kafka'>
  readonly neighbours: { readonly kafka: KafkaClient; readonly admin: Admin; readonly names: Names }
  readonly documents: Pick<ElasticsearchDocuments, 'evidence'>
}

export interface FoundPosition {
  readonly branch: BranchName
  readonly partition: Partition
  readonly position: ReadPosition
  readonly where: Where
  readonly bounds: Bounds
}

/** Where it is only looked: a store that is away, or was never set up, leaves a position unknown. */
export async function lookAtPositions(options: PositionsOptions): Promise<FoundPosition[]> {
  const unknown = new Set<string>()
  const evidence = async (p: Partition): Promise<Evidence | null> => {
    try {
      return await options.documents.evidence(p)
    } catch (error) {
      if (!isTracefoldError(error, 'neighbour_away')) throw error
      unknown.add(partitionKey(p))
      return null
    }
  }
  const found = await findPositions({ ...options, documents: { evidence } }, BRANCHES)
  return found.map((one) =>
    one.branch === 'detail' && one.where.state !== 'committed' && unknown.has(partitionKey(one.partition))
      ? { ...one, where: { ...one.where, state: 'unknown' } }
      : one,
  )
}

/** Rejects with `bad_request` for a topic that is none of the source's. */
export async function findPositions(options: PositionsOptions, branches: readonly BranchName[], topic?: string): Promise<FoundPosition[]> {
  const { topics } = options.settings.kafka
  if (topic !== undefined && !topics.includes(topic))
    throw new TracefoldError('bad_request', `${topic} is not read here. Expected one of kafka.topics: ${topics.join(', ')}`)
  const cluster = await clusterIdOf(options.neighbours.admin)
  const found: FoundPosition[] = []
  for (const name of topic === undefined ? topics : [topic]) {
    const log = await topicOffsets(options.neighbours.admin, name)
    for (const branch of branches) found.push(...(await positionsIn(options, branch, { cluster, topic: name }, log)))
  }
  return found
}

async function positionsIn(
  options: PositionsOptions,
  branch: BranchName,
  place: { cluster: string; topic: string },
  log: ReadonlyMap<number, Bounds>,
): Promise<FoundPosition[]> {
  const { admin } = options.neighbours
  const positions = await readPositions(admin, groupOf(options, branch), place.topic)
  const evidence = evidenceIn(options, branch)
  const found: FoundPosition[] = []
  for (const [number, bounds] of [...log].toSorted(([a], [b]) => a - b)) {
    const partition = { ...place, partition: number }
    const position = positions.get(number) ?? { kind: 'none' as const }
    const where = whereIs(position, position.kind === 'at' ? null : await evidence(partition), bounds)
    found.push({ branch, partition, position, where, bounds })
  }
  return found
}

export function groupOf({ neighbours: { names } }: Pick<PositionsOptions, 'neighbours'>, branch: BranchName): string {
  return branch === 'detail' ? names.detailGroup : names.rollupGroup
}

/** How far the branch's ledger says that it was. The rollup branch's is read once. */
export function evidenceIn(
  { neighbours: { kafka, admin, names }, documents }: PositionsOptions,
  branch: BranchName,
): (p: Partition) => Promise<Evidence | null> {
  if (branch === 'detail') return (p) => documents.evidence(p)
  let values: Promise<Map<string, Buffer>> | null = null
  return async (p) => evidenceOf((await (values ??= readTopic(kafka, admin, names.ledgerTopic))).values(), partitionKey(p))
}

/** Time of the first record at or behind each position, in ms, by index; null where there is none. */
export async function recordTimes(
  kafka: KafkaClient,
  places: readonly { readonly partition: Partition; readonly offset: number; readonly bounds: Bounds }[],
): Promise<(number | null)[]> {
  const times: (number | null)[] = places.map(() => null)
  const waiting = places.map((place, i) => ({ ...place, i })).filter(({ offset, bounds }) => offset < bounds.end)
  const look = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
      times[one.i] = await timeAt(kafka, one.partition, Math.max(one.offset, one.bounds.begin))
  }
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look))
  return times
}

async function timeAt(kafka: KafkaClient, { topic, partition }: Partition, offset: number): Promise<number | null> {
  const reader = new PartitionReader(kafka, topic, partition)
  try {
    return (await reader.read(offset, { maxBytes: LOOK_BYTES })).records[0]?.timestampMs ?? null
  } catch {
    return null // it has just expired, or its leader is away: the lag in records is known all the same
  } finally {
    await reader.close()
  }
}

/** Offsets of the first records at or after a time, by partition number; the log's end where there is none. */
export async function offsetsAt(admin: Admin, topic: string, timeMs: number): Promise<Map<number, number>> {
  const found = await admin.fetchTopicOffsetsByTimestamp(topic, timeMs)
  return new Map(found.filter(({ offset }) => Number(offset) >= 0).map(({ partition, offset }) => [partition, Number(offset)]))
}
