/**
 * Commits where a branch goes on, in its stead: what a stream commits before its first record. By the branch's own stores, so that a lost range gets into
 * ledger and marks as it always does.
 */
import type { Settings } from '../config/schema.ts'
import { NEVER } from '../lib/never.ts'
import type { Neighbours } from './neighbours.ts'
import { TracefoldError } from '../errors.ts'
import { encodeMetadata } from '../kafka/commit-metadata.ts'
import { kafkaError } from '../kafka/client.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import { transactionalProducer } from '../kafka/transactional-producer.ts'
import { recentIds } from '../detail/recent-ids.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { RulesInForce, type StreamRules } from '../rules/rules.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import { ClusterDetailStore } from '../store/cluster-detail.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import type { BranchName, Progress, Resume } from '../store/position.ts'
import { evidenceOf } from '../store/rollup-ledger.ts'
import { RollupTopicStore } from '../store/rollup-topic.ts'
import type { Unit } from '../store/store.ts'
import { BranchFolding } from '../stream/branch-folding.ts'

export interface CommitResumeParts {
  readonly settings: Settings
  readonly neighbours: Neighbours
  readonly documents: ElasticsearchDocuments
  readonly rules: StreamRules
  readonly metrics: Metrics
  readonly log: Logger
}

/** Rejects with `partition_lost` where somebody else has taken over meanwhile. */
export async function commitResume(parts: CommitResumeParts, branch: BranchName, p: Partition, resume: Resume): Promise<void> {
  const unit = openingUnit(parts, branch, p, resume)
  if (branch === 'detail') await commitDetail(parts, unit, progressAt(p, resume, parts.rules.digest))
  else await commitRollup(parts, unit, p)
}

/** What is committed beside the offset, so that the next opening goes on as `resume` says. Pure. */
export function progressAt(partition: Partition, { incarnation, next, from, epoch }: Resume, rules: string): Progress {
  return { partition, incarnation, next, from, rules, ...(epoch === undefined ? {} : { epoch }) }
}

/** What a stream would have to commit now; without a lost range there is nothing but the position. */
function openingUnit({ settings, rules, metrics }: CommitResumeParts, branch: BranchName, p: Partition, resume: Resume): Unit {
  const flushMs = { caughtUp: 0, behind: 0 }
  const folding = new BranchFolding(
    {
      branches: [branch],
      settings,
      rules: new RulesInForce(rules),
      metrics,
      now: Date.now,
      intake: { settings, now: Date.now, metrics: null },
      flushMs,
    },
    recentIds(),
  )
  folding.open(p, branch === 'detail' ? { detail: resume, rollup: null } : { detail: null, rollup: resume })
  const { unit } = folding.take()
  if (branch === 'detail' || unit.rollup.length > 0) return unit
  return { detail: null, rollup: [{ progress: progressAt(p, resume, rules.digest), rows: [], ledger: [], letters: [] }] }
}

async function commitDetail(parts: CommitResumeParts, { detail }: Unit, progress: Progress): Promise<void> {
  const { settings, neighbours, documents, rules } = parts
  const { kafka, admin, names } = neighbours
  const nobody = (): Promise<never> => Promise.reject(new Error('a reset opens nothing'))
  const letterProducer = kafka.producer({ allowAutoTopicCreation: false })
  const store = new ClusterDetailStore({
    documents,
    admin,
    letterProducer,
    names,
    rules,
    lostPosition: settings.kafka.lostPosition,
    bounds: nobody,
    commitOpening: nobody,
    commitOffsets: null,
  })
  try {
    if (detail !== null) await store.write(detail, NEVER)
    await commitAsNobody(neighbours, names.detailGroup, progress)
  } finally {
    await store.close()
  }
}

/** A transaction may commit for a group without members. */
async function commitAsNobody({ kafka, settings }: Neighbours, groupId: string, progress: Progress): Promise<void> {
  const { topic, partition } = progress.partition
  const offset = { partition, offset: String(progress.next), metadata: encodeMetadata(progress) } // in kafkajs, but not in its types
  const producer = transactionalProducer(kafka, `${groupId}-reset-${topic}-${partition}`, settings.kafka.transactionTimeoutMs)
  try {
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions: [offset] }] })
    await transaction.commit()
  } catch (error) {
    throw kafkaError(error, `committing offsets of group ${groupId}`)
  } finally {
    await producer.disconnect()
  }
}

async function commitRollup(
  { settings, neighbours, rules, metrics, log }: CommitResumeParts,
  { rollup }: Unit,
  p: Partition,
): Promise<void> {
  const { kafka, admin, names } = neighbours
  const store = new RollupTopicStore({
    kafka,
    admin,
    names,
    rules,
    lostPosition: 'recover',
    transactionTimeoutMs: settings.kafka.transactionTimeoutMs,
    bounds: async ({ topic, partition }) => (await topicOffsets(admin, topic)).get(partition) ?? { begin: 0, end: 0 },
    evidence: async (one) => evidenceOf((await readTopic(kafka, admin, names.ledgerTopic)).values(), partitionKey(one)),
    metrics,
    log,
  })
  try {
    await store.open(p)
    const { lost } = await store.commit(rollup, NEVER)
    if (lost.length > 0)
      throw new TracefoldError('partition_lost', `the position of ${partitionKey(p)} was not set: the transaction did not go through`)
  } finally {
    await store.close()
  }
}
