/** The alert service of cluster mode: its state in a compacted topic, decisions in the control topic, counts from Druid. Connects to nothing by itself; what is away is waited for. */
import type { Admin } from 'kafkajs'
import { ClusterLag, type Offsets } from '../alert/run/cluster-lag.ts'
import { IngestionLag } from '../alert/run/ingestion-lag.ts'
import { KafkaState } from '../alert/run/kafka-state.ts'
import type { LookAtPipeline } from '../alert/run/pipeline-watch.ts'
import { startAlerting, type AlertingParts } from '../alert/run/start.ts'
import type { AlertDesk } from '../alert/desk.ts'
import { datasourcesOf } from '../config/clusters.ts'
import type { Settings } from '../config/schema.ts'
import { KafkaControlLog } from '../control/kafka-control-log.ts'
import { messageOf } from '../errors.ts'
import { MINUTE_MS } from '../lib/durations.ts'
import type { OnRelease } from '../lib/releasers.ts'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import { DruidAlertReader } from '../store/druid/alert-reader.ts'
import { supervisorHealth } from '../store/druid/supervisor.ts'
import type { StreamReport } from '../stream.ts'
import { everyCluster, inCluster, type Neighbours } from './neighbours.ts'

/** Where the log's ends were before we looked: what a start finds unread is as old as that. */
const PAST_LOOKS_MS = [1_440, 360, 120, 60, 30, 10, 5, 2, 1].map((minutes) => minutes * MINUTE_MS)

export interface ClusterAlertingParts extends Pick<
  AlertingParts,
  'env' | 'adviceOf' | 'tally' | 'health' | 'metrics' | 'log' | 'onFailed'
> {
  readonly settings: Settings
  readonly neighbours: Neighbours
  /** Of this process. */
  readonly streams: () => readonly StreamReport[]
  /** Why Druid does not read the rollup topic; null: it does. */
  readonly rollupTrouble: () => string | null
}

/** Null where no rules are to be evaluated. Throws as startAlerting does. */
export function startClusterAlerting(
  { neighbours, streams, rollupTrouble, ...parts }: ClusterAlertingParts,
  onRelease: OnRelease,
): AlertDesk | null {
  const { settings, health, log, onFailed } = parts
  if (!settings.alerts.enabled) return null
  const { kafka, admin, names, druid } = neighbours
  const { alertTopic: topic, alertGroup: group } = names
  const control = new KafkaControlLog({ kafka, topic: names.controlTopic, health, now: Date.now, onFailed })
  const { transactionTimeoutMs } = settings.kafka
  const state = new KafkaState({
    kafka,
    admin,
    topic,
    group,
    sessionTimeoutMs: settings.alerts.sessionTimeoutMs,
    transactionTimeoutMs,
    health,
    log,
    now: Date.now,
    onFailed,
  })
  return startAlerting(
    {
      ...parts,
      reader: new DruidAlertReader(druid, ...datasourcesOf(settings)),
      state,
      control,
      lookAtPipeline: pipelineOf({ settings, neighbours, streams, rollupTrouble }),
    },
    onRelease,
  )
}

/** The cluster that is furthest behind, over all processes. Where Kafka does not say, what this process knows of its own partitions. */
function pipelineOf({
  settings,
  neighbours,
  streams,
  rollupTrouble,
}: Pick<ClusterAlertingParts, 'settings' | 'neighbours' | 'streams' | 'rollupTrouble'>): LookAtPipeline {
  const looks = everyCluster(neighbours).map((one) => lagOf(one, settings.kafka.topics))
  return async () => {
    const found = await Promise.allSettled(looks.map((look) => look()))
    const known = found.flatMap((one) => (one.status === 'fulfilled' && one.value !== null ? [one.value] : []))
    const failed = found.find((one) => one.status === 'rejected')
    const unknown =
      failed === undefined
        ? null
        : `nobody knows how far the stream is: ${failed.reason instanceof Error ? failed.reason.message : String(failed.reason)}`
    return { lagMs: known.length === looks.length ? Math.max(...known) : ownLagMs(streams()), trouble: rollupTrouble() ?? unknown }
  }
}

/** From the source topics to rows that Druid can be asked for, in one cluster. Rejects where Kafka does not answer. */
function lagOf(neighbours: Neighbours, topics: readonly string[]): () => Promise<number | null> {
  const { admin, names, druid } = neighbours
  const lag = new ClusterLag()
  const ingestion = new IngestionLag()
  let isPrimed = false
  return async () => {
    try {
      const ends = await endsOf(admin, topics) // first: kafkajs keeps asking for a topic that was not there when it was asked for an offset by its time
      if (!isPrimed) {
        for (const past of await looksBack(admin, topics)) lag.note(past.atMs, past.ends)
        for (const past of await looksBack(admin, [names.rollupTopic])) ingestion.note(past.atMs, past.ends)
      }
      isPrimed = true
      const nowMs = Date.now()
      lag.note(nowMs, ends)
      const streamMs = lag.lagMs(nowMs, await committedOf(neighbours, names.rollupGroup, topics))
      const read = await supervisorHealth(druid, names).catch(() => null) // that it does not answer is said elsewhere
      if (streamMs === null || read === null) return streamMs
      return (
        streamMs +
        ingestion.lagMs(
          nowMs,
          await endsOf(admin, [names.rollupTopic]),
          new Map(Object.entries(read.offsets).map(([partition, offset]) => [`${names.rollupTopic}/${partition}`, offset])),
        )
      )
    } catch (error) {
      throw new Error(`${inCluster('Kafka', names)}: ${messageOf(error)}`, { cause: error })
    }
  }
}

/** Of partitions that hold anything. */
async function endsOf(admin: Admin, topics: readonly string[]): Promise<Offsets> {
  const found = await Promise.all(topics.map(async (topic) => ({ topic, bounds: await topicOffsets(admin, topic) })))
  return new Map(
    found.flatMap(({ topic, bounds }) =>
      [...bounds].flatMap(([partition, { begin, end }]) => (end > begin ? [[`${topic}/${partition}`, end] as const] : [])),
    ),
  )
}

/** As so many looks would have found the ends then. */
async function looksBack(admin: Admin, topics: readonly string[]): Promise<{ atMs: number; ends: Offsets }[]> {
  const nowMs = Date.now()
  return Promise.all(PAST_LOOKS_MS.map(async (agoMs) => ({ atMs: nowMs - agoMs, ends: await endsAt(admin, topics, nowMs - agoMs) })))
}

/** The first offset of then or later, or the end. */
async function endsAt(admin: Admin, topics: readonly string[], timeMs: number): Promise<Offsets> {
  const found = await Promise.all(
    topics.map(async (topic) => ({ topic, offsets: await admin.fetchTopicOffsetsByTimestamp(topic, timeMs) })),
  )
  return new Map(
    found.flatMap(({ topic, offsets }) => offsets.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)] as const)),
  )
}

async function committedOf({ admin }: Neighbours, groupId: string, topics: readonly string[]): Promise<Offsets> {
  const found = await admin.fetchOffsets({ groupId, topics: [...topics] })
  return new Map(
    found.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)] as const)),
  )
}

function ownLagMs(streams: readonly StreamReport[]): number | null {
  const known = streams
    .filter(({ branches }) => branches.includes('rollup'))
    .flatMap(({ partitions }) => partitions.flatMap(({ lagSeconds }) => lagSeconds ?? []))
  return known.length === 0 ? null : Math.max(...known) * 1_000
}
