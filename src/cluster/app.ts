/**
 * Cluster mode: Kafka in, Elasticsearch and Druid out. The API is up at once; the streams start as soon as Kafka answers and the topics
 * are there. What is away is said in `/readyz` and in the log, and tried again for ever.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { ruleBookOf } from '../api/rule-book.ts'
import type { OnRelease } from '../lib/releasers.ts'
import type { Mode, ModeContext } from '../mode.ts'
import { createDesk } from '../dlq/desk.ts'
import { clusterBoxes, judgeOptions } from './letter-boxes.ts'
import { LiveRules } from '../rules/live-rules.ts'
import { LiveOffsets } from './live-offsets.ts'
import { namedDesks, uniteDesks } from '../offsets/united-desk.ts'
import { elasticsearchDetail } from '../store/elasticsearch/detail-reader.ts'
import { DruidReader } from '../store/druid/reader.ts'
import { clusterNameOf, datasourcesOf } from '../config/clusters.ts'
import { ClusterIds, eachAlone } from './alone.ts'
import { startClusterAlerting } from './alerting.ts'
import { bringUp, endStreams, type ClusterParts } from './bring-up.ts'
import { startHousekeeping } from './housekeeping.ts'
import { createNeighbours, documentsOf, everyCluster, inCluster } from './neighbours.ts'
import { ledgerReader } from './readers.ts'
import type { StreamWithStore } from './streams.ts'
import type { StreamReport } from '../stream.ts'
import { Tallies } from '../stream/tally.ts'

/** How long a stop waits for a try to start that is under way. */
const STOP_PATIENCE_MS = 5_000

export async function startCluster(context: ModeContext, onRelease: OnRelease): Promise<Mode> {
  const { settings, health, metrics, log } = context
  let done: Promise<void> = Promise.resolve()
  const neighbours = createNeighbours(settings, log)
  onRelease(() => neighbours.close())
  const streams: StreamWithStore[] = []
  onRelease(async () => {
    await Promise.all(streams.map(({ stream }) => stream.stop()))
    await Promise.allSettled(streams.map(({ store }) => store.close()))
    await Promise.race([done.catch(() => {}), delay(STOP_PATIENCE_MS, undefined, { ref: false })]) // a try to start would connect again
  })
  const rules = new LiveRules(context)
  onRelease(() => rules.stop())
  const documents = documentsOf(settings, neighbours, metrics, health)
  const housekeeping = startHousekeeping({ neighbours, documents, health, log })
  onRelease(async () => housekeeping.stop())
  const shared = { settings, neighbours, documents, health, metrics, log, now: Date.now, onFailed: crash }
  const letters = startDesk(shared, rules)
  onRelease(() => letters.close())
  const clusters = everyCluster(neighbours).map((one) => ({
    neighbours: one,
    offsets: new LiveOffsets({ ...shared, settings: one.settings, neighbours: one }),
  }))
  onRelease(async () => void (await Promise.all(clusters.map(({ offsets }) => offsets.stop()))))
  const offsets = uniteDesks(namedDesks(clusters.map((one) => ({ name: clusterNameOf(one.neighbours.names), desk: one.offsets.desk }))))
  const tallies = new Tallies()
  const book = ruleBookOf(() => rules.patterns)
  const reports = (): StreamReport[] => streams.map(({ stream }) => stream.report())
  // A run that ends by itself evaluates nothing: what it reads is the past.
  const watched = {
    ...shared,
    env: context.env,
    streams: reports,
    rollupTrouble: () => housekeeping.rollupTrouble(),
    adviceOf: (id: string) => book.adviceOf(id)?.advice ?? null,
    tally: () => tallies.tally(),
  }
  const alerts = context.exitAtEnd ? null : startClusterAlerting(watched, onRelease)
  const stopping = new AbortController()
  onRelease(async () => stopping.abort())
  done = runClusters(context, clusters, { rules, streams, tallies }, stopping.signal)
  done.catch(() => {}) // whoever waits for it handles it
  return {
    done,
    tally: () => tallies.tally(),
    api: {
      reader: new DruidReader(neighbours.druid, ...datasourcesOf(settings)),
      details: elasticsearchDetail(neighbours.elasticsearch, neighbours.names),
      isOwn: (className) => rules.now.isOwn(className),
      ledger: ledgerReader(neighbours, documents),
      letters,
      offsets: { reader: offsets, desk: offsets },
      ingest: null,
      rules: book,
      alerts,
      pipeline: () => ({ streams: reports(), tallies }),
    },
  }
}

/** Dead letters, and what acts on them. */
function startDesk(parts: Parameters<typeof clusterBoxes>[0], rules: LiveRules): ReturnType<typeof createDesk> {
  const box = clusterBoxes(parts)
  box.start()
  return createDesk(
    box,
    judgeOptions(parts.settings, () => rules.now, parts.now),
  )
}

/** Resolves when the streams of all clusters have ended; one that fails leaves the others at work. */
function runClusters(
  context: ModeContext,
  clusters: readonly Pick<ClusterParts, 'neighbours' | 'offsets'>[],
  parts: Pick<ClusterParts, 'rules' | 'streams' | 'tallies'>,
  stopping: AbortSignal,
): Promise<void> {
  const { health, log } = context
  const ids = new ClusterIds()
  return eachAlone(
    clusters,
    (own) => bringUp(context, { ...own, ...parts, ids }, stopping),
    async ({ neighbours: { names } }, error) => {
      health.set(inCluster('cluster', names), false, `stopped, the others go on: ${error.message}`)
      log.error({ cluster: names.cluster }, `this cluster's streams are stopped, the others go on: ${error.message}`)
      await endStreams(parts.streams, names)
    },
  )
}

/** A fault of the program: let it crash, nothing was committed. */
function crash(error: unknown): never {
  throw error
}
