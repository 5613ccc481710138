/**
 * The detail branch's store in cluster mode: documents and ledger in Elasticsearch, dead letters in a compacted topic, the position in Kafka
 * as the group's committed offset. One unit: the position moves last, after everything before it is acknowledged.
 *
 * Delivery: a failure anywhere leaves the position where it was; what was written already merges to nothing when it comes again.
 */
import type { Admin, Message, Producer, ProducerRecord } from 'kafkajs'
import type { Names } from '../config/names.ts'
import { isTracefoldError } from '../errors.ts'
import { chunked } from '../kafka/chunks.ts'
import { kafkaError } from '../kafka/client.ts'
import { letterMessage } from '../kafka/letters.ts'
import { readPosition } from '../kafka/positions.ts'
import { retry } from '../lib/retry.ts'
import type { Bounds, Partition } from '../source/source.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { DetailPart, DetailStore, Settlement } from './detail-store.ts'
import type { ElasticsearchDocuments } from './elasticsearch/documents.ts'
import type { Progress, Resume } from './position.ts'
import { epochOf, lostBehind, resumeFrom, skippedTo, type Committed, type ResumeOptions } from './resume.ts'
import { skipMarks, type SkipTo } from './skipped.ts'
import type { CommitReport } from './store.ts'

export interface ClusterDetailOptions extends ResumeOptions {
  readonly documents: Pick<ElasticsearchDocuments, 'merge' | 'writeLedger' | 'evidence'>
  readonly admin: Admin
  readonly letterProducer: Producer
  readonly names: Names
  readonly bounds: (p: Partition) => Promise<Bounds>
  /** Commits where a block opens, before anything is read into it. */
  readonly commitOpening: (progress: readonly Progress[], signal: AbortSignal) => Promise<void>
  /** Commits offsets as a member of the group; null where the rollup transaction does it (together). */
  readonly commitOffsets: ((progress: readonly Progress[], signal: AbortSignal) => Promise<void>) | null
  /** What an operator asked for; without it nobody does. */
  readonly skipTo?: SkipTo
}

export class ClusterDetailStore implements DetailStore {
  readonly #options: ClusterDetailOptions

  constructor(options: ClusterDetailOptions) {
    this.#options = options
  }

  /**
   * A block that is opened anew is committed before anything is read into it: else a kill before the first commit, and other rules after it, would
   * leave documents marked by a block that nobody knows of. (A lost range is committed with its ledger entry.)
   */
  async open(p: Partition, signal: AbortSignal): Promise<Resume> {
    const { admin, names, rules, bounds, documents, commitOpening } = this.#options
    const position = await readPosition(admin, names.detailGroup, p)
    const { resume: found, before } = await resumeFrom(p, position, await bounds(p), this.#options, (one) => documents.evidence(one))
    const moved = await this.#behind(p, found)
    const resume = { ...moved, epoch: epochOf(moved, before, rules.digest) }
    const { lost, ...at } = resume
    const isKnown = position.kind === 'at' && isSame(position.committed, { ...at, rules: rules.digest })
    if (!isKnown && lost === null) await commitOpening([{ ...at, partition: p, rules: rules.digest }], signal)
    return resume
  }

  /** A kill may have left documents and ledger ahead of the committed position: what is lost or skipped must not begin before them. */
  async #behind(p: Partition, resume: Resume): Promise<Resume> {
    const to = this.#options.skipTo?.('detail', p, resume.incarnation) ?? resume.next
    if (resume.lost === null && to <= resume.next) return resume
    const accounted = await this.#options.documents.evidence(p)
    return skippedTo(lostBehind(resume, accounted), to, accounted)
  }

  async commit(part: DetailPart, signal: AbortSignal): Promise<CommitReport> {
    const { settlement, report } = await this.write(part, signal)
    if (this.#options.commitOffsets === null || settlement.progress.length === 0) return report
    try {
      await this.#options.commitOffsets(settlement.progress, signal)
      return report
    } catch (error) {
      if (!isTracefoldError(error, 'partition_lost')) throw error
      return { ...report, lost: settlement.progress.map(({ partition }) => partition) }
    }
  }

  /** Everything but the position. */
  async write(part: DetailPart, signal: AbortSignal): Promise<{ settlement: Settlement; report: CommitReport }> {
    const { documents, names } = this.#options
    const refusals = await documents.merge(part.documents, signal)
    const settlement = part.settle(refusals)
    await this.#send(names.letterTopic, settlement.letters.map(letterMessage), signal)
    await this.#send(names.ledgerTopic, skipMarks(settlement.ledger), signal)
    await documents.writeLedger(settlement.ledger, signal)
    const refusedEvents = settlement.letters.filter(({ stage }) => stage === 'store').reduce((sum, { events }) => sum + events, 0)
    return { settlement, report: { lost: [], refusedEvents, needsNewBlocks: settlement.letters.some(mayBeTakenLater) } }
  }

  async close(): Promise<void> {
    await this.#options.letterProducer.disconnect()
  }

  /** Connects before each try, which costs nothing where it is connected: Kafka may be away when the store is made. */
  async #send(topic: string, all: readonly Message[], signal: AbortSignal): Promise<void> {
    const { letterProducer } = this.#options
    for (const messages of chunked(all)) {
      await retry(() => sendOnce(letterProducer, { topic, acks: -1, messages }), {
        signal,
        isRetriable: (error) => isTracefoldError(error, 'neighbour_away'),
      })
    }
  }
}

/** A mapping or a limit is mended, a time comes: then the event would be counted, though its letter stands for it. */
function mayBeTakenLater({ stage, reason }: DeadLetter): boolean {
  return stage === 'store' || reason === 'clock'
}

function isSame(a: Committed, b: Committed): boolean {
  return a.rules === b.rules && a.from === b.from && a.incarnation === b.incarnation && (a.epoch ?? '') === (b.epoch ?? '')
}

async function sendOnce(producer: Producer, record: ProducerRecord): Promise<void> {
  try {
    await producer.connect()
    await producer.send(record)
  } catch (error) {
    throw kafkaError(error, `writing to ${record.topic}`)
  }
}
