/**
 * Cluster mode: Kafka in, Elasticsearch and Druid out. The API is up at once; the streams start as soon as Kafka answers and the topics
 * are there. What is away is said in `/readyz` and in the log, and tried again for ever.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { NO_ALERTING } from '../alert/run/start.ts'
import { ruleBookOf } from '../api/rule-book.ts'
import type { Mode, ModeContext } from '../mode.ts'
import { createDesk } from '../dlq/desk.ts'
import { clusterBoxes, judgeOptions } from './letter-boxes.ts'
import { every } from '../lib/every.ts'
import { LiveRules } from '../rules/live-rules.ts'
import { LiveOffsets } from './live-offsets.ts'
import { namedDesks, uniteDesks } from '../offsets/united-desk.ts'
import { DruidReader } from '../store/druid/reader.ts'
import { clusterNameOf, datasourcesOf } from '../config/clusters.ts'
import { ClusterIds, eachAlone } from './alone.ts'
import { startClusterAlerting } from './alerting.ts'
import { bringUp, endStreams } from './bring-up.ts'
import { createNeighbours, documentsOf, everyCluster, inCluster, supervisorState } from './neighbours.ts'
import { ledgerReader } from './readers.ts'
import type { StreamWithStore } from './streams.ts'
import type { StreamReport } from '../stream.ts'
import { Tallies } from '../stream/tally.ts'

/** How often Druid's supervisor is looked at, and old days are deleted. */
const SUPERVISOR_CHECK_MS = 10_000
const RETENTION_CHECK_MS = 600_000
/** How long a stop waits for a try to start that is under way. */
const STOP_PATIENCE_MS = 5_000

export async function startCluster(context: ModeContext): Promise<Mode> {
  const { settings, health, metrics, log } = context
  const rules = new LiveRules(context)
  const neighbours = createNeighbours(settings, log)
  const stopping = new AbortController()
  const documents = documentsOf(settings, neighbours, metrics, health)
  const rollupTroubles = new Map<string, string>()
  const warnOf =
    (what: string) =>
    (message: string): void =>
      log.warn(`${what}: ${message}`)
  const housekeeping = [
    ...everyCluster(neighbours).map((one) =>
      every(
        SUPERVISOR_CHECK_MS,
        async () => {
          const { ok, detail } = await supervisorState(one)
          const what = inCluster('druid', one.names)
          health.set(what, ok, detail)
          if (ok) rollupTroubles.delete(what)
          else rollupTroubles.set(what, `${what}: ${detail}`)
        },
        warnOf(`${inCluster('Druid', one.names)} cannot be looked at`),
      ),
    ),
    every(
      RETENTION_CHECK_MS,
      async () => {
        const dropped = await documents.dropOldDays()
        if (dropped.length > 0) log.info({ dropped }, 'indices past retention were deleted')
      },
      warnOf('indices past retention cannot be deleted; it is tried again'),
    ),
  ]
  const box = clusterBoxes({ settings, neighbours, documents, health, log, now: Date.now, onFailed: crash })
  box.start()
  const letters = createDesk(
    box,
    judgeOptions(settings, () => rules.now, Date.now),
  )
  const clusters = everyCluster(neighbours).map((one) => ({
    neighbours: one,
    offsets: new LiveOffsets({ settings: one.settings, neighbours: one, documents, metrics, health, log, onFailed: crash }),
  }))
  const streams: StreamWithStore[] = []
  const tallies = new Tallies()
  const ids = new ClusterIds()
  const book = ruleBookOf(() => rules.patterns)
  const reports = (): StreamReport[] => streams.map(({ stream }) => stream.report())
  const rollupTrouble = (): string | null => [...rollupTroubles.values()][0] ?? null
  // A run that ends by itself evaluates nothing: what it reads is the past.
  const alerting = context.exitAtEnd
    ? NO_ALERTING
    : startClusterAlerting({
        settings,
        env: context.env,
        neighbours,
        streams: reports,
        rollupTrouble,
        adviceOf: (id) => book.adviceOf(id)?.advice ?? null,
        tally: () => tallies.tally(),
        health,
        metrics,
        log,
        onFailed: crash,
      })
  const done = eachAlone(
    clusters,
    (own) => bringUp(context, { ...own, ids, rules, streams, tallies }, stopping.signal),
    async ({ neighbours: { names } }, error) => {
      health.set(inCluster('cluster', names), false, `stopped, the others go on: ${error.message}`)
      log.error({ cluster: names.cluster }, `this cluster's streams are stopped, the others go on: ${error.message}`)
      await endStreams(streams, names)
    },
  )
  done.catch(() => {}) // whoever waits for it handles it
  return {
    done,
    tally: () => tallies.tally(),
    api: {
      reader: new DruidReader(neighbours.druid, ...datasourcesOf(settings)),
      ledger: ledgerReader(neighbours, documents),
      letters,
      offsets: uniteDesks(namedDesks(clusters.map((one) => ({ name: clusterNameOf(one.neighbours.names), desk: one.offsets.desk })))),
      ingest: null,
      rules: book,
      alerts: alerting.desk,
      pipeline: () => ({ streams: reports(), tallies }),
    },
    stop: async () => {
      stopping.abort()
      for (const timer of housekeeping) clearInterval(timer)
      await rules.stop()
      await alerting.stop()
      await letters.close()
      await Promise.all(clusters.map(({ offsets }) => offsets.stop()))
      await Promise.all(streams.map(({ stream }) => stream.stop()))
      await Promise.allSettled(streams.map(({ store }) => store.close()))
      await Promise.race([done.catch(() => {}), delay(STOP_PATIENCE_MS, undefined, { ref: false })]) // a try to start would connect again
      await neighbours.close()
    },
  }
}

/** A fault of the program: let it crash, nothing was committed. */
function crash(error: unknown): never {
  throw error
}
