/**
 * Positions of the streams of a running process in cluster mode: what operators ask for is applied to the partitions that are its own, and what the settings
 * do not put up with is asked for by itself.
 */
import { inCluster, type Neighbours } from './neighbours.ts'
import type { Settings } from '../config/schema.ts'
import { KafkaControlLog } from '../control/kafka-control-log.ts'
import { isTracefoldError } from '../errors.ts'
import type { HealthRegistry } from '../health.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import type { Stream } from '../stream.ts'
import { createClusterDesk } from '../offsets/cluster-desk.ts'
import type { OffsetsDesk } from '../offsets/desk.ts'
import { runReset } from './run-reset.ts'
import { SkipBook } from '../offsets/skip-book.ts'
import { ToleranceWatch } from '../offsets/tolerance.ts'

const LOOK_MS = 10_000

export interface LiveOffsetsParts {
  readonly settings: Settings
  readonly neighbours: Neighbours
  readonly documents: ElasticsearchDocuments
  readonly metrics: Metrics
  readonly health: HealthRegistry
  readonly log: Logger
  /** Told of a fault of the program. */
  readonly onFailed: (error: unknown) => void
}

export class LiveOffsets {
  readonly book: SkipBook
  readonly desk: OffsetsDesk
  readonly #parts: LiveOffsetsParts
  readonly #control: KafkaControlLog
  #timer: NodeJS.Timeout | null = null
  #looking: Promise<unknown> | null = null

  /** Connects to nothing. */
  constructor(parts: LiveOffsetsParts) {
    const { settings, neighbours, documents, metrics, health, log, onFailed } = parts
    this.#parts = parts
    this.#control = new KafkaControlLog({
      kafka: neighbours.kafka,
      topic: neighbours.names.controlTopic,
      what: inCluster('positions', neighbours.names),
      health,
      now: Date.now,
      onFailed,
    })
    this.book = new SkipBook(log)
    this.desk = createClusterDesk({
      settings,
      neighbours,
      documents,
      control: this.#control,
      book: this.book,
      now: Date.now,
      reset: (query) => runReset({ settings, neighbours, documents, metrics, log }, query),
    })
  }

  /** Resolves once it is known what was asked for while nothing ran, or once stopped. */
  async follow(): Promise<void> {
    await this.book.follow(this.#control).catch((error: unknown) => {
      if (!isTracefoldError(error, 'aborted')) throw error
    })
  }

  /** From now on requests reach these streams. */
  serve(streams: readonly Stream[]): void {
    this.book.onRequest(({ branch, cluster, topic, partition }) => {
      for (const stream of streams) if (stream.report().branches.includes(branch)) stream.reopen({ cluster, topic, partition })
    })
    const { settings, neighbours, documents, log } = this.#parts
    const watch = new ToleranceWatch({
      settings,
      neighbours,
      documents,
      limits: { detail: settings.detail, rollup: settings.rollup },
      control: this.#control,
      book: this.book,
      log,
      now: Date.now,
    })
    this.#timer = setInterval(() => this.#look(watch, streams), LOOK_MS).unref()
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#control.close()
    await this.#looking
  }

  /** One at a time; where a neighbour is away the next look is for it. */
  #look(watch: ToleranceWatch, streams: readonly Stream[]): void {
    this.#looking ??= watch
      .look(streams.map((stream) => stream.report()))
      .catch((error: unknown) => this.#parts.log.debug({ error: String(error) }, 'the lag could not be looked at'))
      .finally(() => (this.#looking = null))
  }
}
