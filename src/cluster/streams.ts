/**
 * The streams of cluster mode: which source and which store for which branch. Apart, each branch has a consumer group of its own; together, one
 * source (of the rollup group) carries both.
 */
import type { Settings } from '../config/schema.ts'
import { TracefoldError } from '../errors.ts'
import type { HealthRegistry } from '../health.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { RulesInForce, type StreamRules } from '../rules/rules.ts'
import { KafkaSource } from '../source/kafka.ts'
import { partitionKey } from '../source/source.ts'
import { ClusterDetailStore, type ClusterDetailOptions } from '../store/cluster-detail.ts'
import { detailOnly, rollupOnly, together } from '../store/compose.ts'
import type { BranchName, Progress } from '../store/position.ts'
import { evidenceOf } from '../store/rollup-ledger.ts'
import { RollupTopicStore } from '../store/rollup-topic.ts'
import type { SkipTo } from '../store/skipped.ts'
import { createStream, type Stream } from '../stream.ts'
import type { Store } from '../store/store.ts'
import type { Tallies } from '../stream/tally.ts'
import type { Neighbours } from './neighbours.ts'

export interface StreamParts {
  readonly settings: Settings
  readonly neighbours: Neighbours
  /** What the detail branch writes to. */
  readonly documents: ClusterDetailOptions['documents']
  readonly clusterId: string
  readonly rules: StreamRules
  readonly exitAtEnd: boolean
  /** What operators asked to be skipped. */
  readonly skipTo: SkipTo
  readonly tallies: Tallies
  readonly metrics: Metrics
  readonly health: HealthRegistry
  readonly log: Logger
}

export interface StreamWithStore {
  readonly stream: Stream
  readonly store: Store
}

/** Connects to nothing. */
export function createStreams(parts: StreamParts): StreamWithStore[] {
  const { settings } = parts
  if (settings.branches === 'together') return [bothStream(parts)]
  const wanted: BranchName[] = settings.branch === 'both' ? ['detail', 'rollup'] : [settings.branch]
  const counting = wanted.at(-1) // both decode alike; the rollup branch is not held up by Elasticsearch
  return wanted.map((branch) => (branch === 'detail' ? detailStream(parts, branch === counting) : rollupStream(parts, branch === counting)))
}

function detailStream(parts: StreamParts, countsDecoding: boolean): StreamWithStore {
  const { settings, neighbours } = parts
  const source = sourceOf(parts, neighbours.names.detailGroup, ['detail'])
  const rules = new RulesInForce(parts.rules)
  const commit = (progress: readonly Progress[], signal: AbortSignal): Promise<void> => source.commit(progress, signal)
  const detail = detailStore(parts, rules, source, { commitOpening: commit, commitOffsets: commit })
  return build(
    parts,
    ['detail'],
    rules,
    source,
    detailOnly(detail),
    { caughtUp: settings.detail.flushMs, behind: settings.detail.flushMs },
    countsDecoding,
  )
}

function rollupStream(parts: StreamParts, countsDecoding: boolean): StreamWithStore {
  const { settings, neighbours } = parts
  const source = sourceOf(parts, neighbours.names.rollupGroup, ['rollup'])
  const flushMs = { caughtUp: settings.rollup.flushMs, behind: settings.rollup.catchUpFlushMs }
  const rules = new RulesInForce(parts.rules)
  return build(parts, ['rollup'], rules, source, rollupOnly(rollupStore(parts, rules, source)), flushMs, countsDecoding)
}

function bothStream(parts: StreamParts): StreamWithStore {
  const { settings, neighbours } = parts
  const source = sourceOf(parts, neighbours.names.rollupGroup, ['detail', 'rollup'])
  const rules = new RulesInForce(parts.rules)
  const rollup = rollupStore(parts, rules, source)
  const commitOpening = async (progress: readonly Progress[], signal: AbortSignal): Promise<void> => {
    const { lost } = await rollup.commit([], signal, progress)
    if (lost.length > 0) throw new TracefoldError('partition_lost', 'the transaction that says where a block opens did not go through')
  }
  // Kafka forgets the detail group's offsets by itself, since it has no members here: the rollup branch's say whether a position is really lost.
  const lostPosition = parts.settings.kafka.lostPosition === 'stop' ? 'recover' : parts.settings.kafka.lostPosition
  const store = together(detailStore(parts, rules, source, { commitOpening, commitOffsets: null, lostPosition }), rollup)
  const flushMs = { caughtUp: Math.min(settings.detail.flushMs, settings.rollup.flushMs), behind: settings.rollup.catchUpFlushMs }
  return build(parts, ['detail', 'rollup'], rules, source, store, flushMs, true)
}

function build(
  parts: StreamParts,
  branches: readonly BranchName[],
  rules: RulesInForce,
  source: KafkaSource,
  store: Store,
  flushMs: { caughtUp: number; behind: number },
  countsDecoding: boolean,
): StreamWithStore {
  const { settings, exitAtEnd, metrics, health, log } = parts
  const stream = createStream({
    branches,
    cluster: parts.neighbours.names.cluster,
    clusterId: parts.clusterId,
    source,
    store,
    flushMs,
    settings,
    rules,
    exitAtEnd,
    metrics,
    health,
    log,
    now: Date.now,
    intake: { settings, now: Date.now, metrics: countsDecoding ? metrics : null },
    tallies: parts.tallies,
  })
  return { stream, store }
}

function sourceOf(
  { settings, neighbours, clusterId, metrics, health, log }: StreamParts,
  groupId: string,
  branches: readonly BranchName[],
): KafkaSource {
  const { topics, sessionTimeoutMs, maxBytesPerPartition, stallMs } = settings.kafka
  const onStalled = (): void => branches.forEach((branch) => metrics.consumerRestarts.inc({ branch }))
  return new KafkaSource({
    kafka: neighbours.kafka,
    admin: neighbours.admin,
    clusterId,
    groupId,
    topics,
    sessionTimeoutMs,
    maxBytesPerPartition,
    stallMs,
    onStalled,
    health,
    log,
  })
}

function detailStore(
  parts: StreamParts,
  rules: RulesInForce,
  source: KafkaSource,
  commits: Pick<ClusterDetailOptions, 'commitOpening' | 'commitOffsets'> & Partial<Pick<ClusterDetailOptions, 'lostPosition'>>,
): ClusterDetailStore {
  const { settings, neighbours, documents } = parts
  const { names, admin } = neighbours
  return new ClusterDetailStore({
    documents,
    admin,
    letterProducer: neighbours.kafka.producer({ allowAutoTopicCreation: false }),
    names,
    rules,
    lostPosition: settings.kafka.lostPosition,
    expiredPosition: settings.kafka.expiredPosition,
    skipTo: parts.skipTo,
    bounds: (p) => source.bounds(p),
    ...commits,
  })
}

function rollupStore(
  { settings, neighbours, skipTo, metrics, log }: StreamParts,
  rules: RulesInForce,
  source: KafkaSource,
): RollupTopicStore {
  const { kafka, admin, names } = neighbours
  return new RollupTopicStore({
    kafka,
    admin,
    names,
    rules,
    lostPosition: settings.kafka.lostPosition,
    expiredPosition: settings.kafka.expiredPosition,
    skipTo,
    transactionTimeoutMs: settings.kafka.transactionTimeoutMs,
    bounds: (p) => source.bounds(p),
    evidence: async (p) => evidenceOf((await readTopic(kafka, admin, names.ledgerTopic)).values(), partitionKey(p)),
    metrics,
    log,
  })
}
