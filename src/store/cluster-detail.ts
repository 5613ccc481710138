/**
 * The detail branch's store in cluster mode: documents and ledger in Elasticsearch, dead letters in a compacted topic, the position in Kafka
 * as the group's committed offset. One unit: the position moves last, after everything before it is acknowledged.
 *
 * Delivery: a failure anywhere leaves the position where it was; what was written already merges to nothing when it comes again.
 */
import type { Admin, Producer, ProducerRecord } from 'kafkajs'
import type { Names } from '../config/schema.ts'
import { isTracefoldError } from '../errors.ts'
import { chunked } from '../kafka/chunks.ts'
import { kafkaError } from '../kafka/client.ts'
import { letterMessage } from '../kafka/letters.ts'
import { readPosition, setByHand, type ReadPosition } from '../kafka/positions.ts'
import { retry } from '../lib/retry.ts'
import type { Bounds, Partition } from '../source/source.ts'
import type { DeadLetter } from './dead-letter.ts'
import type { DetailPart, DetailStore, Settlement } from './detail-store.ts'
import type { ElasticsearchDocuments } from './elasticsearch/documents.ts'
import type { Progress, Resume } from './position.ts'
import { epochOf, resumeAt, resumeWithout, type Committed, type Evidence, type LostPositionPolicy } from './resume.ts'
import type { CommitReport } from './store.ts'

export interface ClusterDetailOptions {
  readonly documents: ElasticsearchDocuments
  readonly admin: Admin
  readonly letterProducer: Producer
  readonly names: Names
  /** Those in force now. */
  readonly rules: { readonly digest: string }
  readonly lostPosition: LostPositionPolicy
  readonly bounds: (p: Partition) => Promise<Bounds>
  /** Commits offsets as a member of the group; null where the rollup transaction does it (together). */
  /** Commits where a block opens, before anything is read into it. */
  readonly commitOpening: (progress: readonly Progress[], signal: AbortSignal) => Promise<void>
  readonly commitOffsets: ((progress: readonly Progress[], signal: AbortSignal) => Promise<void>) | null
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
    const { admin, names, rules, commitOpening } = this.#options
    const position = await readPosition(admin, names.detailGroup, p)
    const resume = await this.#resume(p, position)
    const { lost, ...at } = resume
    const isKnown = position.kind === 'at' && isSame(position.committed, { ...at, rules: rules.digest })
    if (!isKnown && lost === null) await commitOpening([{ ...at, partition: p, rules: rules.digest }], signal)
    return resume
  }

  async #resume(p: Partition, position: ReadPosition): Promise<Resume> {
    const { rules, lostPosition, documents } = this.#options
    const bounds = await this.#options.bounds(p)
    const from = (committed: Committed): Resume => inEpoch(resumeAt(committed, bounds, rules.digest), committed, rules.digest)
    if (position.kind === 'at') return from(position.committed)
    const evidence = await documents.evidence(p)
    if (position.kind === 'foreign') return from(setByHand(position.offset, evidence))
    return inEpoch(resumeWithout(p, evidence, bounds, position.kind === 'reset' ? 'recover' : lostPosition), evidence, rules.digest)
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
    const { documents } = this.#options
    const refusals = await documents.merge(part.documents, signal)
    const settlement = part.settle(refusals)
    await this.#sendLetters(settlement.letters, signal)
    await documents.writeLedger(settlement.ledger, signal)
    const refusedEvents = settlement.letters.filter(({ stage }) => stage === 'store').reduce((sum, { events }) => sum + events, 0)
    return { settlement, report: { lost: [], refusedEvents } }
  }

  async close(): Promise<void> {
    await this.#options.letterProducer.disconnect()
  }

  /** Connects before each try, which costs nothing where it is connected: Kafka may be away when the store is made. */
  async #sendLetters(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    const { letterProducer, names } = this.#options
    for (const messages of chunked(letters.map(letterMessage))) {
      await retry(() => this.#send(letterProducer, { topic: names.letterTopic, acks: -1, messages }), { signal, isRetriable: (error) => isTracefoldError(error, 'neighbour_away') })
    }
  }

  async #send(producer: Producer, record: ProducerRecord): Promise<void> {
    try {
      await producer.connect()
      await producer.send(record)
    } catch (error) {
      throw kafkaError(error, 'writing dead letters')
    }
  }
}

function inEpoch(resume: Resume, before: Committed | Evidence | null, rules: string): Resume {
  return { ...resume, epoch: epochOf(resume, before, rules) }
}

function isSame(a: Committed, b: Committed): boolean {
  return a.rules === b.rules && a.from === b.from && a.incarnation === b.incarnation && (a.epoch ?? '') === (b.epoch ?? '')
}
