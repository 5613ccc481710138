/** The wiring of the desk for dead letters: which letter box in which mode. */
import { openEmbeddedReader } from '../store/embedded.ts'
import type { LogNames, PositionReader } from '../store/embedded/position-reader.ts'
import { createNeighbours, documentsOf, everyCluster, type Neighbours } from './neighbours.ts'
import { clusterIdOf } from '../kafka/cluster-id.ts'
import type { Settings } from '../config/schema.ts'
import { createHealth, type HealthRegistry } from '../health.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { createLogger, type Logger } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { createRules, type StreamRules } from '../rules/rules.ts'
import type { DeadLetterDesk } from '../store/dead-letter.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import { openEmbeddedLetters, type EmbeddedLetterBox } from '../store/embedded/letters.ts'
import { createDesk } from '../dlq/desk.ts'
import type { JudgeOptions } from '../dlq/judge.ts'
import { KafkaLetterBox } from '../dlq/kafka-letter-box.ts'
import type { LetterBox } from '../dlq/letter-box.ts'
import { UnitedLetterBox } from '../dlq/united-letter-box.ts'

export interface ClusterBoxParts {
  readonly settings: Settings
  readonly neighbours: Neighbours
  readonly documents: Pick<ElasticsearchDocuments, 'merge' | 'writeLedger' | 'evidence'>
  readonly health: HealthRegistry
  readonly log: Logger
  readonly now: () => number
  /** Told of a fault of the program. */
  readonly onFailed: (error: unknown) => void
}

/** The letters of all Kafka clusters. Connects to nothing. */
export function clusterBoxes(parts: ClusterBoxParts): LetterBox & { start(): void } {
  const [first, ...others] = everyCluster(parts.neighbours).map((neighbours) => clusterBox({ ...parts, neighbours })) as [
    KafkaLetterBox,
    ...KafkaLetterBox[],
  ] // there is a first cluster
  if (others.length === 0) return first
  const start = (): void => [first, ...others].forEach((box) => box.start())
  return Object.assign(new UnitedLetterBox([first, ...others]), { start })
}

/** The letters of one Kafka cluster. Connects to nothing. */
export function clusterBox({ settings, neighbours, documents, health, log, now, onFailed }: ClusterBoxParts): KafkaLetterBox {
  const { kafka, admin, names } = neighbours
  return new KafkaLetterBox({
    kafka,
    admin,
    names,
    clusterId: () => clusterIdOf(admin),
    documents,
    ledgerValues: async () => (await readTopic(kafka, admin, names.ledgerTopic)).values(),
    transactionTimeoutMs: settings.kafka.transactionTimeoutMs,
    maxLetterBytes: settings.limits.maxLetterBytes,
    now,
    health,
    log,
    onFailed,
  })
}

/** Throws `usage` where there is no database. */
export function embeddedBox(settings: Settings, now: () => number): EmbeddedLetterBox {
  return openEmbeddedLetters({
    path: settings.embedded.path,
    detailDays: settings.detail.retentionDays,
    maxBytes: settings.deadLetters.maxBytes,
    now,
  })
}

/** `rules`: those in force now. */
export function judgeOptions(settings: Settings, rules: () => StreamRules, now: () => number): JudgeOptions {
  return { settings, rules, now, recordsAreTimed: settings.mode === 'cluster' }
}

/** A desk beside whatever process runs the branches. */
export function openDesk(settings: Settings, now: () => number): DeadLetterDesk & Partial<Pick<PositionReader, 'logNames'>> {
  let rules: StreamRules | null = null
  const judge = judgeOptions(settings, () => (rules ??= createRules(settings)), now) // listing needs none
  if (settings.mode === 'embedded') return { ...createDesk(embeddedBox(settings, now), judge), logNames: () => logNamesIn(settings) }
  const log = createLogger({ level: settings.logLevel })
  const neighbours = createNeighbours(settings, log)
  const health = createHealth()
  const documents = documentsOf(settings, neighbours, createMetrics(), health)
  const onFailed = (error: unknown): never => {
    throw error
  }
  const desk = createDesk(clusterBoxes({ settings, neighbours, documents, health, log, now, onFailed }), judge)
  return {
    ...desk,
    close: async () => {
      await desk.close()
      await neighbours.close()
    },
  }
}

async function logNamesIn({ embedded }: Settings): Promise<LogNames> {
  const reader = openEmbeddedReader(embedded.path)
  try {
    return await reader.logNames()
  } finally {
    await reader.close()
  }
}
