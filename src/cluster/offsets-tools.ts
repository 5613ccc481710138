/** The wiring of what operators do with positions beside whatever process runs the branches: a desk, resets, backfills. Cluster mode alone moves any. */
import { checkTopics, createNeighbours, documentsOf, everyCluster, type Neighbours } from './neighbours.ts'
import { clusterIdOf } from '../kafka/cluster-id.ts'
import { clusterNameOf } from '../config/clusters.ts'
import type { Settings } from '../config/schema.ts'
import { KafkaControlLog } from '../control/kafka-control-log.ts'
import { messageOf, TracefoldError } from '../errors.ts'
import { createHealth } from '../health.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { NEVER } from '../lib/never.ts'
import { createLogger, type Logger } from '../log.ts'
import { createMetrics, type Metrics } from '../metrics.ts'
import { createRules } from '../rules/rules.ts'
import { openEmbeddedReader } from '../store/embedded.ts'
import type { PositionReader } from '../store/embedded/position-reader.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import { contributorKey, type BranchName } from '../store/position.ts'
import { marksOf, placeOf, type Backfill } from '../store/skipped.ts'
import { backfill, type PieceReport } from '../offsets/backfill.ts'
import type { BackfillQuery, Marks } from '../offsets/backfill-plan.ts'
import { createClusterDesk } from '../offsets/cluster-desk.ts'
import { findPositions } from '../offsets/cluster-positions.ts'
import type { InCluster, OffsetsDesk, OffsetsReader } from '../offsets/desk.ts'
import { embeddedOffsets } from '../offsets/embedded-offsets.ts'
import { runReset } from './run-reset.ts'
import { SkipBook } from '../offsets/skip-book.ts'
import { inCluster, namedDesk, toName, uniteDesks } from '../offsets/united-desk.ts'

export type BackfillWords =
  | {
      readonly kind: 'range'
      readonly branches: readonly BranchName[]
      readonly topic: string
      readonly partition: number
      readonly from: number
      readonly to: number
    }
  | Extract<BackfillQuery, { kind: 'skipped' | 'all' }>

/** What the commands act through. */
export interface OffsetsTools extends OffsetsDesk {
  backfill(words: BackfillWords, onProgress: (state: Backfill) => void): Promise<(PieceReport & InCluster)[]>
  /** Names of the clusters that were away when these were opened. */
  readonly away?: readonly string[]
}

/** Why nothing is moved in embedded mode. */
export const ONLY_LOOKED_AT =
  'positions of files, pipes and HTTP can only be looked at: they are read whole, each record once. Skip, reset and backfill are for Kafka (mode: cluster); `run --again` reads a file once more'

/** Looks only; of one cluster by its name, or of all. */
export async function openOffsetsReader(
  settings: Settings,
  now: () => number,
  cluster: string | null = null,
): Promise<OffsetsReader & Partial<Pick<PositionReader, 'logNames'>> & { close(): Promise<void> }> {
  if (settings.mode === 'embedded' && cluster !== null) throw new TracefoldError('usage', 'embedded mode reads no Kafka cluster')
  return settings.mode === 'embedded' ? openEmbeddedOffsets(settings) : openOffsetsTools(settings, now, cluster)
}

async function openEmbeddedOffsets(
  settings: Settings,
): Promise<OffsetsReader & Pick<PositionReader, 'logNames'> & { close(): Promise<void> }> {
  const reader = openEmbeddedReader(settings.embedded.path)
  return { ...embeddedOffsets(reader, () => []), logNames: () => reader.logNames(), close: () => reader.close() }
}

/** Over all clusters that answer, or one by its name. Rejects with `usage` in embedded mode, with `not_set_up` where there is nothing yet. */
export async function openOffsetsTools(settings: Settings, now: () => number, cluster: string | null = null): Promise<OffsetsTools> {
  if (settings.mode === 'embedded') throw new TracefoldError('usage', ONLY_LOOKED_AT)
  const log = createLogger({ level: settings.logLevel })
  const neighbours = createNeighbours(settings, log)
  const clusters = everyCluster(neighbours)
  const chosen = clusters.filter((one) => cluster === null || nameOf(one) === cluster)
  const answers = await Promise.allSettled(chosen.map(async (one) => ({ name: nameOf(one), tools: await openCluster(one, log, now) })))
  const opened = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(({ tools }) => tools.close()))
    await neighbours.close()
  }
  const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
  if (opened.length === 0) {
    await close()
    throw failed[0] ?? new TracefoldError('usage', `there is no cluster ${cluster}; there are: ${clusters.map(nameOf).join(', ')}`)
  }
  for (const error of failed) log.warn(`a cluster is left out: ${messageOf(error)}`)
  if (clusters.length === 1 && opened[0] !== undefined) return { ...opened[0].tools, close }
  const named = opened.map(({ name, tools }) => ({ name, tools: namedTools(name, tools) }))
  if (chosen.length === 1 && named[0] !== undefined) return { ...named[0].tools, close }
  const away = chosen.map(nameOf).filter((name) => !opened.some((one) => one.name === name))
  return { ...uniteTools(named, away), close }
}

interface NamedTools {
  readonly name: string
  readonly tools: OffsetsTools
}

/** Those of one of several clusters. */
function namedTools(name: string, tools: OffsetsTools): OffsetsTools {
  return {
    ...namedDesk(name, tools),
    backfill: async (...args) => inCluster(name, await tools.backfill(...args)),
  }
}

/** `away`: those that are left out. */
export function uniteTools(tools: readonly NamedTools[], away: readonly string[]): Omit<OffsetsTools, 'close'> {
  const desks = [...tools.map(({ name, tools: desk }) => ({ name, desk })), ...away.map((name) => ({ name, desk: AWAY }))]
  return {
    ...uniteDesks(desks),
    away,
    backfill: async (words, onProgress) => {
      if (words.kind !== 'all') throw toName(desks)
      const pieces: (PieceReport & InCluster)[] = []
      for (const { tools: one } of tools) pieces.push(...(await one.backfill(words, onProgress)))
      return pieces
    },
  }
}

const isAway = (): Promise<never> => Promise.reject(new TracefoldError('not_available', 'this cluster was away at the start'))
/** Of a cluster that could not be opened. */
const AWAY: OffsetsDesk = { show: isAway, skip: isAway, reset: isAway, close: async () => {} }

function nameOf({ names }: Neighbours): string {
  return clusterNameOf(names)
}

async function openCluster(neighbours: Neighbours, log: Logger, now: () => number): Promise<OffsetsTools> {
  const { settings } = neighbours
  const health = createHealth()
  const metrics = createMetrics()
  const onFailed = (error: unknown): never => {
    throw error
  }
  const control = new KafkaControlLog({ kafka: neighbours.kafka, topic: neighbours.names.controlTopic, health, now, onFailed })
  const parts: Parts = { settings, neighbours, documents: documentsOf(settings, neighbours, metrics, health), metrics, log, now }
  const book = new SkipBook(log)
  try {
    await clusterIdOf(neighbours.admin)
    await checkTopics(neighbours, settings)
    await book.follow(control)
  } catch (error) {
    await control.close()
    throw error
  }
  return {
    ...createClusterDesk({ ...parts, control, book, reset: (query) => runReset(parts, query) }),
    backfill: (words, onProgress) => runBackfill(parts, words, onProgress),
    close: () => control.close(),
  }
}

interface Parts {
  readonly settings: Settings
  readonly neighbours: Neighbours
  readonly documents: ElasticsearchDocuments
  readonly metrics: Metrics
  readonly log: Logger
  readonly now: () => number
}

async function runBackfill(parts: Parts, words: BackfillWords, onProgress: (state: Backfill) => void): Promise<PieceReport[]> {
  const { settings, neighbours, documents, metrics, now } = parts
  const { kafka, admin, names } = neighbours
  const contributors = await contributorsOf(parts, branchesIn(words))
  const marks = marksOf((await readTopic(kafka, admin, names.ledgerTopic)).values())
  const queries = queriesOf(words, contributors)
  const present = presentOf(marks, contributors)
  return backfill(
    { settings, store: { kafka, admin, names, documents }, kafka, rules: createRules(settings), metrics, now, signal: NEVER, onProgress },
    present,
    queries,
  )
}

/** As whom each branch counts each partition now: `detail topic/3` -> contributor. */
async function contributorsOf(parts: Parts, branches: readonly BranchName[]): Promise<Map<string, string>> {
  const found = await findPositions(parts, branches)
  return new Map(
    found.map(({ branch, partition, where }) => [
      `${branch} ${partition.topic}/${partition.partition}`,
      contributorKey(partition, where.incarnation),
    ]),
  )
}

/** Only these are asked for: an installation may run one branch alone, without the other's store. */
function branchesIn(words: BackfillWords): readonly BranchName[] {
  if (words.kind !== 'skipped') return words.branches
  return words.id.startsWith('detail:') ? ['detail'] : ['rollup']
}

function queriesOf(words: BackfillWords, contributors: ReadonlyMap<string, string>): BackfillQuery[] {
  if (words.kind !== 'range') return [words]
  return words.branches.map((branch) => {
    const contributor = contributors.get(`${branch} ${words.topic}/${words.partition}`)
    if (contributor === undefined)
      throw new TracefoldError('bad_request', `there is no partition ${words.partition} in ${words.topic}, or that topic is not read here`)
    return { kind: 'range', branch, contributor, from: words.from, to: words.to }
  })
}

/** Without ranges of a log that is gone: what lies at their offsets now is something else. */
function presentOf({ skipped, backfills }: Marks, contributors: ReadonlyMap<string, string>): Marks {
  const isPresent = ({ branch, contributor }: { branch: BranchName; contributor: string }): boolean => {
    const { topic, partition } = placeOf(contributor).partition
    return contributors.get(`${branch} ${topic}/${partition}`) === contributor
  }
  return { skipped: skipped.filter(isPresent), backfills }
}
