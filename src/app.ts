/**
 * The wiring: which adapter stands behind which port. Two lists, one for each mode; both end in the same streams, the same API and the same page.
 *
 *   embedded: files, standard input, HTTP, bundled sample -> both branches together -> one SQLite file
 *   cluster:  Kafka -> the branches apart or together -> Elasticsearch, and rollup topic + Druid
 */
import { buildApi } from './api/app.ts'
import { listen } from './api/server.ts'
import { checkTopics, createDruid, createNeighbours, documentsOf, everyCluster } from './cluster/neighbours.ts'
import { clusterIdOf } from './kafka/cluster-id.ts'
import { ledgerReader } from './cluster/readers.ts'
import { startCluster } from './cluster/app.ts'
import { datasourcesOf } from './config/clusters.ts'
import type { Settings } from './config/schema.ts'
import { DeadLetterRatio } from './dlq/ratio.ts'
import { startEmbedded } from './embedded/app.ts'
import { createHealth } from './health.ts'
import { closeKafka } from './kafka/client.ts'
import { withReleasers } from './lib/releasers.ts'
import { createLogger, withoutInfo } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { Mode, RunOptions } from './mode.ts'
import { FINGERPRINT_VERSION } from './fingerprint/fingerprint.ts'
import { DruidReader } from './store/druid/reader.ts'
import { openEmbeddedReader } from './store/embedded.ts'
import type { PositionReader } from './store/embedded/position-reader.ts'
import type { LedgerReader } from './store/ledger.ts'
import type { RollupReader } from './store/rollup-store.ts'
import type { Tally } from './stream/tally.ts'
import { readVersion } from './version.ts'

/** The window of the share of dead letters, and how often it is looked at. */
const RATIO_WINDOW_MS = 300_000
const RATIO_LOOK_MS = 10_000

export interface App {
  /** Address of the API and the page. */
  readonly url: string
  /** Resolves when the end is reached; rejects when a stream cannot go on. */
  readonly done: Promise<void>
  /** What this process has folded so far. */
  tally(): Tally
  /** Graceful: source first, then what is folded is committed, then the stores close. */
  stop(): Promise<void>
}

export async function startApp(options: RunOptions): Promise<App> {
  const { settings, logTo } = options
  const health = createHealth()
  const metrics = createMetrics()
  const log = createLogger({ level: settings.logLevel, ...(logTo === undefined ? {} : { destination: logTo }) })
  metrics.buildInfo.set({ version: readVersion(), fingerprint_version: String(FINGERPRINT_VERSION) }, 1)
  const shared = { ...options, health, metrics, log }
  return withReleasers(async (onRelease) => {
    const mode = settings.mode === 'embedded' ? await startEmbedded(shared, onRelease) : await startCluster(shared, onRelease)
    const ratio = watchRatio(mode, metrics)
    onRelease(async () => clearInterval(ratio))
    const api = await buildApi({
      ...mode.api,
      health,
      metrics,
      now: Date.now,
      maxBodyBytes: settings.http.maxBodyBytes,
      version: readVersion(),
      logger: withoutInfo(log), // it tells that it listens, as we do below
    })
    const listening = await listen(api, settings.http)
    onRelease(() => listening.close())
    log.info({ url: listening.url, mode: settings.mode }, 'listening')
    return (release) => ({ url: listening.url, done: mode.done, tally: () => mode.tally(), stop: release })
  })
}

function watchRatio({ tally }: Mode, metrics: Metrics): NodeJS.Timeout {
  const ratio = new DeadLetterRatio(RATIO_WINDOW_MS)
  const look = (): void => {
    const { counted, filtered, dead } = tally()
    ratio.note(Date.now(), { events: counted + filtered + dead, dead })
    metrics.deadLetterRatio.set({}, ratio.ratio() ?? 0)
  }
  look()
  return setInterval(look, RATIO_LOOK_MS).unref()
}

/** A reader of the rollups beside whatever process writes them. */
export async function openReader(settings: Settings): Promise<RollupReader> {
  return settings.mode === 'embedded'
    ? openEmbeddedReader(settings.embedded.path)
    : new DruidReader(createDruid(settings), ...datasourcesOf(settings))
}

/** A reader of the ledger, likewise. */
export async function openLedger(
  settings: Settings,
): Promise<LedgerReader & Partial<Pick<PositionReader, 'logNames'>> & { close(): Promise<void> }> {
  if (settings.mode === 'embedded') return openEmbeddedReader(settings.embedded.path)
  const neighbours = createNeighbours(settings, createLogger({ level: settings.logLevel }))
  try {
    await Promise.all(
      everyCluster(neighbours).map(async (one) => {
        await clusterIdOf(one.admin)
        await checkTopics(one, one.settings)
      }),
    )
  } catch (error) {
    for (const { kafka } of everyCluster(neighbours)) closeKafka(kafka) // the other clusters' clients would keep the process alive
    void neighbours.close() // of one that does not answer, it takes as long as a request may: nobody waits for that
    throw error
  }
  const { ledger } = ledgerReader(neighbours, documentsOf(settings, neighbours, createMetrics(), createHealth()))
  return { ledger, close: () => neighbours.close() }
}
