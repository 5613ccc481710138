/**
 * The rollup branch's store in cluster mode: rows, ledger, dead letters and consumed offsets of a partition in one Kafka transaction. Druid's
 * supervisor reads the rollup topic `read_committed`.
 *
 * What must hold:
 * - The transactional id is bound to the input partition, so that a successor fences its predecessor. Opening, in this order: a new producer is
 *   initialised (this fences, and settles what was in flight), the committed offset is read, and only then does anybody seek.
 * - After any failure of a transaction its producer is thrown away; the partition is opened again by the same order.
 * - A transaction is open only while it is sent.
 *
 * Delivery: a transaction whose outcome is unknown is settled by the next opening, which reads what became of it. One that the broker refuses for its
 * form would be refused again: `commit` rejects with `store_refused`, and nothing of it is counted.
 */
import type { Admin, Message, Producer, TopicMessages, Transaction } from 'kafkajs'
import type { Logger } from 'pino'
import type { Names } from '../config/names.ts'
import { TracefoldError } from '../errors.ts'
import { chunked } from '../kafka/chunks.ts'
import { kafkaError, type KafkaClient } from '../kafka/client.ts'
import { transactionalProducer } from '../kafka/transactional-producer.ts'
import { encodeMetadata, type OpenDay } from '../kafka/commit-metadata.ts'
import { letterMessage } from '../kafka/letters.ts'
import { readPosition } from '../kafka/positions.ts'
import { orAborted } from '../lib/retry.ts'
import type { Metrics } from '../metrics.ts'
import { partitionKey, type Bounds, type Partition } from '../source/source.ts'
import { contributorKey, type Progress, type Resume } from './position.ts'
import { resumeFrom, skippedTo, type Evidence, type ResumeOptions } from './resume.ts'
import { RollupLedger, type LedgerMark } from './rollup-ledger.ts'
import type { RollupPart, RollupRow, RollupStore } from './rollup-store.ts'
import { skipMarks, type SkipTo } from './skipped.ts'
import type { CommitReport } from './store.ts'

export interface RollupTopicOptions extends ResumeOptions {
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly names: Names
  readonly transactionTimeoutMs: number
  readonly bounds: (p: Partition) => Promise<Bounds>
  /** How far the ledger topic says that we were: asked only where no offset is committed. */
  readonly evidence: (p: Partition) => Promise<Evidence | null>
  /** What an operator asked for; without it nobody does. */
  readonly skipTo?: SkipTo
  readonly metrics: Metrics
  readonly log: Logger
}

/** One input partition that is open for writing. */
interface Lane {
  readonly producer: Producer
  /** Begun when the lane was opened: kafkajs initialises the producer only with a first transaction. Sends nothing by itself. */
  begun: Transaction | null
  readonly ledger: RollupLedger
  readonly target: number
}

/** What one transaction holds: a rollup part, the detail branch's position, or both. */
interface Work {
  readonly partition: Partition
  readonly part: RollupPart | null
  readonly beside: Progress | null
}

export class RollupTopicStore implements RollupStore {
  readonly #options: RollupTopicOptions
  readonly #lanes = new Map<string, Lane>()
  /** The newest opening of each partition: one that is overtaken by another, or by the end, leaves nothing behind. */
  readonly #openings = new Map<string, symbol>()

  constructor(options: RollupTopicOptions) {
    this.#options = options
  }

  async open(p: Partition): Promise<Resume> {
    const key = partitionKey(p)
    const opening = Symbol(key)
    this.#openings.set(key, opening)
    await this.#discard(p)
    const lane = await this.#fence(p)
    const assertNewest = (): void => {
      if (this.#openings.get(key) !== opening)
        throw new TracefoldError('aborted', `${key} was opened again, or the store closed, meanwhile`)
    }
    try {
      assertNewest() // or the admin client would be asked, and so connect again, after it was closed
      const { resume: found, days } = await this.#resume(p)
      const resume = skippedTo(found, this.#options.skipTo?.('rollup', p, found.incarnation) ?? 0, null)
      assertNewest()
      this.#lanes.set(key, { ...lane, ledger: new RollupLedger(contributorKey(p, resume.incarnation), days) })
      return resume
    } catch (error) {
      await lane.producer.disconnect().catch(() => {}) // the first error counts
      throw error
    }
  }

  /** `beside`: positions of the detail branch that move in the same transactions (together). */
  async commit(parts: readonly RollupPart[], signal: AbortSignal, beside: readonly Progress[] = []): Promise<CommitReport> {
    const work = new Map<string, Work>()
    for (const part of parts) work.set(partitionKey(part.progress.partition), { partition: part.progress.partition, part, beside: null })
    for (const progress of beside) {
      const key = partitionKey(progress.partition)
      work.set(key, { partition: progress.partition, part: work.get(key)?.part ?? null, beside: progress })
    }
    const lost: Partition[] = []
    await Promise.all(
      [...work.values()].map(async (one) => {
        if (!(await this.#transact(one, signal))) lost.push(one.partition)
      }),
    )
    return { lost, refusedEvents: 0 }
  }

  async close(): Promise<void> {
    this.#openings.clear()
    await Promise.all([...this.#lanes.values()].map(({ producer }) => producer.disconnect()))
    this.#lanes.clear()
  }

  async #resume(p: Partition): Promise<{ resume: Resume; days: readonly OpenDay[] }> {
    const { admin, names, bounds, evidence } = this.#options
    const position = await readPosition(admin, names.rollupGroup, p)
    const { resume } = await resumeFrom(p, position, await bounds(p), this.#options, evidence)
    const goesOn = position.kind === 'at' && resume.incarnation === position.committed.incarnation
    return { resume, days: goesOn ? position.committed.days : [] }
  }

  /** A producer that has fenced every earlier one of this partition. */
  async #fence(p: Partition): Promise<Omit<Lane, 'ledger'>> {
    const { kafka, admin, names, transactionTimeoutMs } = this.#options
    const producer = transactionalProducer(kafka, `${names.rollupGroup}-${p.topic}-${p.partition}`, transactionTimeoutMs)
    try {
      await producer.connect()
      const begun = await producer.transaction()
      const partitions = await partitionsOf(admin, names.rollupTopic)
      return { producer, begun, target: p.partition % partitions }
    } catch (error) {
      await producer.disconnect().catch(() => {}) // the first error counts
      throw kafkaError(error, `opening ${partitionKey(p)} for rollups`)
    }
  }

  /** False where the transaction did not go through, but another try may. */
  async #transact(work: Work, signal: AbortSignal): Promise<boolean> {
    const { metrics, log } = this.#options
    const lane = this.#lanes.get(partitionKey(work.partition))
    const sending = this.#send(work, lane)
    try {
      await orAborted(sending, signal)
      metrics.transactions.inc({ result: 'committed' })
      return true
    } catch (error) {
      await this.#discard(work.partition)
      const again = (): void => void lane?.producer.disconnect().catch(() => {}) // nothing more is asked of it
      sending.then(again, again) // what was still on its way has made kafkajs connect again
      metrics.transactions.inc({ result: signal.aborted ? 'aborted' : 'failed' })
      const reason = kafkaError(error, `committing ${partitionKey(work.partition)}`)
      if (reason.code === 'store_refused') throw reason
      log.warn(
        { partition: partitionKey(work.partition), error: String(error) },
        'a transaction did not go through; the partition is opened again',
      )
      return false
    }
  }

  async #send({ part, beside }: Work, lane: Lane | undefined): Promise<void> {
    const { names, metrics } = this.#options
    if (lane === undefined) throw new TracefoldError('partition_lost', 'the partition is not open')
    const marks = part === null ? [] : [...lane.ledger.add(part.ledger, part.progress), ...skipMarks(part.ledger)]
    const transaction = lane.begun ?? (await lane.producer.transaction())
    lane.begun = null
    // One topic at a time: where several brokers are asked at once and one fails, kafkajs sends again what another has not answered yet, with new numbers.
    for (const { topic, messages } of part === null ? [] : messagesOf(part, names, lane.target, marks)) {
      for (const chunk of chunked(messages)) await transaction.send({ acks: -1, topic, messages: chunk })
    }
    if (part !== null)
      await transaction.sendOffsets({
        consumerGroupId: names.rollupGroup,
        topics: [offsetOf(part.progress, encodeMetadata(part.progress, lane.ledger.days()))],
      })
    if (beside !== null)
      await transaction.sendOffsets({ consumerGroupId: names.detailGroup, topics: [offsetOf(beside, encodeMetadata(beside))] })
    await transaction.commit()
    metrics.rollupRows.inc(part?.rows.length ?? 0)
  }

  /** Never used again: a failed commit leaves a kafkajs producer unusable, and a second one for the same buffer would break the fence. */
  async #discard(p: Partition): Promise<void> {
    const lane = this.#lanes.get(partitionKey(p))
    this.#lanes.delete(partitionKey(p))
    await lane?.producer.disconnect().catch(() => {}) // nothing more is asked of it
  }
}

function messagesOf(part: RollupPart, names: Names, target: number, marks: readonly LedgerMark[]): TopicMessages[] {
  const lists: TopicMessages[] = []
  if (part.rows.length > 0) {
    const headers = { contributor: contributorKey(part.progress.partition, part.progress.incarnation), next: String(part.progress.next) }
    lists.push({
      topic: names.rollupTopic,
      messages: part.rows.map((row): Message => ({ key: row.job, value: JSON.stringify(wireRow(row)), headers, partition: target })),
    })
  }
  if (marks.length > 0) lists.push({ topic: names.ledgerTopic, messages: marks.map(({ key, value }) => ({ key, value })) })
  if (part.letters.length > 0) lists.push({ topic: names.letterTopic, messages: part.letters.map(letterMessage) })
  return lists
}

/** A row as the supervisor's spec (druid/supervisor.ts) reads it. */
export function wireRow(row: RollupRow) {
  return {
    ts: new Date(row.windowMs).toISOString(),
    job: row.job,
    environment: row.environment,
    service_version: row.serviceVersion,
    exception_class: row.exceptionClass,
    root_cause_class: row.rootCauseClass,
    fingerprint: row.fingerprint,
    fingerprint_previous: row.fingerprintPrevious,
    fp_site: row.fpSite,
    category: row.category,
    severity: row.severity,
    rule: row.rule,
    logger: row.logger,
    level: row.level,
    culprit: row.culprit,
    count: row.count,
    hosts: row.hosts,
    first_seen: row.firstMs,
    last_seen: row.lastMs,
    title: row.title,
    sample_message: row.sampleMessage,
  }
}

function offsetOf(progress: Progress, metadata: string) {
  const { topic, partition } = progress.partition
  return { topic, partitions: [{ partition, offset: String(progress.next), metadata }] }
}

async function partitionsOf(admin: Admin, topic: string): Promise<number> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return Math.max(1, topics[0]?.partitions.length ?? 1)
}
