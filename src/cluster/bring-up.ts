/**
 * The streams of one Kafka cluster, from nothing to their end. Each neighbour is waited for by whom it concerns alone:
 *
 *   topics ----------> the streams are made, and read
 *   Elasticsearch ---> the detail branch (together, both) may write
 *   Druid -----------> nobody: rows wait in the rollup topic. What it refuses ends the start
 *
 * Delivery: a start that is stopped, or fails, has committed nothing that a stream did not commit.
 */
import { clusterNameOf } from '../config/clusters.ts'
import { clusterIdOf } from '../kafka/cluster-id.ts'
import type { ModeContext } from '../mode.ts'
import type { LiveRules } from '../rules/live-rules.ts'
import type { Tallies } from '../stream/tally.ts'
import type { ClusterIds } from './alone.ts'
import type { LiveOffsets } from './live-offsets.ts'
import {
  checkElasticsearch,
  checkTopics,
  documentsOf,
  inCluster,
  setUpInDruid,
  setUpInElasticsearch,
  setUpInKafka,
  type Neighbours,
} from './neighbours.ts'
import { onceSetUp } from './once-set-up.ts'
import { StartReport } from './start-report.ts'
import { createStreams, type StreamWithStore } from './streams.ts'

export interface ClusterParts {
  /** Of one Kafka cluster. */
  readonly neighbours: Neighbours
  readonly ids: ClusterIds
  readonly rules: LiveRules
  readonly offsets: LiveOffsets
  /** Of all clusters: its own are added. */
  readonly streams: StreamWithStore[]
  readonly tallies: Tallies
}

/** Resolves when all streams of the cluster have ended. */
export async function bringUp(context: ModeContext, parts: ClusterParts, stopping: AbortSignal): Promise<void> {
  const { neighbours } = parts
  const { settings, names } = neighbours
  const { setup, health, log } = context
  const failed = new AbortController()
  const signal = AbortSignal.any([stopping, failed.signal])
  const start = new StartReport({ check: inCluster('start', names), cluster: names.cluster, health, log, signal })
  const made = (lines: readonly string[]): void => lines.forEach((line) => log.info(line))
  const needsElasticsearch = settings.branches === 'together' || settings.branch !== 'rollup'

  const topics = start.until('Kafka', async () => {
    const clusterId = await clusterIdOf(neighbours.admin)
    if (setup) made(await setUpInKafka(neighbours, settings))
    await checkTopics(neighbours, settings)
    return clusterId
  })
  const setElasticsearchUp = async (): Promise<void> => {
    if (setup) made(await setUpInElasticsearch(neighbours, settings))
  }
  const elasticsearch = !needsElasticsearch
    ? start.retried(setElasticsearchUp) // for those who will
    : start.until('Elasticsearch', async () => {
        await setElasticsearchUp()
        await checkElasticsearch(neighbours)
      })
  let sayAway = (): void => {}
  const druidIsAway = new Promise<void>((resolve) => (sayAway = resolve))
  const druid = topics.then(async () => {
    if (setup) made(await start.retried(() => setUpInDruid(neighbours, settings), sayAway))
  })
  start.begin('the streams')
  const streams = topics.then((clusterId) => runStreams(context, parts, { clusterId, elasticsearch, start, signal }))
  try {
    const ended = streams.then(() => Promise.race([druid, druidIsAway])) // one that is away keeps nobody from ending
    await Promise.race([ended, Promise.all([topics, elasticsearch, druid, streams])])
  } finally {
    failed.abort()
  }
}

interface Started {
  readonly clusterId: string
  /** That it is set up. */
  readonly elasticsearch: Promise<void>
  readonly start: StartReport
  readonly signal: AbortSignal
}

async function runStreams(
  { exitAtEnd, metrics, health, log }: ModeContext,
  { neighbours, ids, rules, offsets, streams, tallies }: ClusterParts,
  { clusterId, elasticsearch, start, signal }: Started,
): Promise<void> {
  const { settings, names } = neighbours
  await offsets.follow()
  if (signal.aborted) return
  ids.add(clusterId, clusterNameOf(names))
  const own = createStreams({
    settings,
    neighbours,
    documents: onceSetUp(documentsOf(settings, neighbours, metrics, health), elasticsearch, signal),
    clusterId,
    rules: rules.now,
    exitAtEnd,
    skipTo: (...at) => offsets.book.toOf(...at),
    tallies,
    metrics,
    health,
    log,
  })
  streams.push(...own)
  offsets.serve(own.map(({ stream }) => stream))
  rules.onChange((changed) => own.forEach(({ stream }) => stream.changeRules(changed)))
  await Promise.all(own.map(({ stream }) => stream.start()))
  start.end('the streams')
  log.info({ streams: own.length, cluster: names.cluster, rules: rules.now.digest }, 'streams started')
  await Promise.all(own.map(({ stream }) => stream.done))
}

/** Takes the streams of one cluster out, and stops them: the others go on. */
export async function endStreams(streams: StreamWithStore[], { cluster }: Neighbours['names']): Promise<void> {
  const own = streams.filter(({ stream }) => stream.cluster === cluster)
  for (const one of own) streams.splice(streams.indexOf(one), 1)
  await Promise.all(own.map(({ stream }) => stream.stop()))
  await Promise.allSettled(own.map(({ store }) => store.close()))
}
