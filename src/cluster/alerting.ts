/** The alert service of cluster mode: its state in a compacted topic, decisions in the control topic, counts from Druid. Connects to nothing by itself; what is away is waited for. */
import { ClusterLag, type Offsets } from '../alert/run/cluster-lag.ts'
import { KafkaState } from '../alert/run/kafka-state.ts'
import type { LookAtPipeline } from '../alert/run/pipeline-watch.ts'
import { NO_ALERTING, startAlerting, type Alerting, type AlertingParts } from '../alert/run/start.ts'
import { datasourcesOf } from '../config/clusters.ts'
import type { Settings } from '../config/schema.ts'
import { KafkaControlLog } from '../control/kafka-control-log.ts'
import { topicOffsets } from '../kafka/topic-offsets.ts'
import { DruidAlertReader } from '../store/druid/alert-reader.ts'
import type { StreamReport } from '../stream.ts'
import { everyCluster, inCluster, type Neighbours } from './neighbours.ts'

export interface ClusterAlertingParts extends Pick<AlertingParts, 'env' | 'adviceOf' | 'tally' | 'health' | 'metrics' | 'log' | 'onFailed'> {
  readonly settings: Settings
  readonly neighbours: Neighbours
  /** Of this process. */
  readonly streams: () => readonly StreamReport[]
  /** Why Druid does not read the rollup topic; null: it does. */
  readonly rollupTrouble: () => string | null
}

export function startClusterAlerting({ neighbours, streams, rollupTrouble, ...parts }: ClusterAlertingParts): Alerting {
  const { settings, health, log, onFailed } = parts
  if (!settings.alerts.enabled) return NO_ALERTING
  const { kafka, admin, names, druid } = neighbours
  const { alertTopic: topic, alertGroup: group } = names
  const control = new KafkaControlLog({ kafka, topic: names.controlTopic, health, now: Date.now, onFailed })
  const { transactionTimeoutMs } = settings.kafka
  const state = new KafkaState({ kafka, admin, topic, group, sessionTimeoutMs: settings.alerts.sessionTimeoutMs, transactionTimeoutMs, health, log, now: Date.now, onFailed })
  const alerting = startAlerting({ ...parts, reader: new DruidAlertReader(druid, ...datasourcesOf(settings)), state, control, lookAtPipeline: pipelineOf({ settings, neighbours, streams, rollupTrouble }) })
  return {
    desk: alerting.desk,
    stop: async () => {
      await alerting.stop()
      await control.close()
    },
  }
}

/** The stream that is furthest behind, over all clusters and processes; of this process's partitions the records' own times say it better. */
function pipelineOf({ settings, neighbours, streams, rollupTrouble }: Pick<ClusterAlertingParts, 'settings' | 'neighbours' | 'streams' | 'rollupTrouble'>): LookAtPipeline {
  const looks = everyCluster(neighbours).map((one) => lagOf(one, settings.kafka.topics))
  return async () => {
    const found = await Promise.allSettled(looks.map((look) => look()))
    const known = found.flatMap((one) => (one.status === 'fulfilled' && one.value !== null ? [one.value] : []))
    const own = ownLagMs(streams())
    const failed = found.find((one) => one.status === 'rejected')
    const unknown = failed === undefined ? null : `nobody knows how far the stream is: ${failed.reason instanceof Error ? failed.reason.message : String(failed.reason)}`
    return { lagMs: known.length === 0 ? own : Math.max(...known, own ?? 0), trouble: rollupTrouble() ?? unknown }
  }
}

/** Of the rollup branch's group in one cluster. Rejects where Kafka does not answer. */
function lagOf(neighbours: Neighbours, topics: readonly string[]): () => Promise<number | null> {
  const { admin, names } = neighbours
  const lag = new ClusterLag()
  return async () => {
    try {
      const found = await Promise.all(topics.map(async (topic) => ({ topic, bounds: await topicOffsets(admin, topic) })))
      const ends = new Map(found.flatMap(({ topic, bounds }) => [...bounds].flatMap(([partition, { begin, end }]) => (end > begin ? [[`${topic}/${partition}`, end] as const] : []))))
      const nowMs = Date.now()
      lag.note(nowMs, ends)
      return lag.lagMs(nowMs, await committedOf(neighbours, names.rollupGroup, topics))
    } catch (error) {
      throw new Error(`${inCluster('Kafka', names)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

async function committedOf({ admin }: Neighbours, groupId: string, topics: readonly string[]): Promise<Offsets> {
  const found = await admin.fetchOffsets({ groupId, topics: [...topics] })
  return new Map(found.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)] as const)))
}

function ownLagMs(streams: readonly StreamReport[]): number | null {
  const known = streams.filter(({ branches }) => branches.includes('rollup')).flatMap(({ partitions }) => partitions.flatMap(({ lagSeconds }) => lagSeconds ?? []))
  return known.length === 0 ? null : Math.max(...known) * 1_000
}
