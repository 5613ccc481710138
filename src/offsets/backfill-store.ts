/**
 * Where a backfill of one partition and branch writes. It knows how far it is by its mark in the ledger topic.
 *
 *   open    a producer with the partition's and branch's own transactional id is initialised: this fences an earlier backfill and settles what it had in
 *           flight. Then the marks are read
 *   rollup  one transaction: rows, ledger, letters, and the mark with how far it is
 *   detail  documents and ledger to Elasticsearch, absolute by block of a contributor of its own, so that a repeat changes nothing; then one transaction:
 *           letters, and the mark
 *
 * Delivery: a kill leaves the mark where the last commit was. The next backfill goes on there, the detail branch's from the beginning of its open block. With
 * other rules it opens a new block there; then what was flushed and not committed is counted twice, as for the streams.
 */
import type { Admin, Message, Producer, Transaction } from 'kafkajs'
import type { Names } from '../config/names.ts'
import { chunked } from '../kafka/chunks.ts'
import type { KafkaClient } from '../kafka/client.ts'
import { transactionalProducer, unlessTakenOver } from '../kafka/transactional-producer.ts'
import { letterMessage } from '../kafka/letters.ts'
import { readTopic } from '../kafka/read-topic.ts'
import type { Partition } from '../source/source.ts'
import type { DetailPart } from '../store/detail-store.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import type { LedgerEntry } from '../store/ledger.ts'
import type { BranchName, Progress } from '../store/position.ts'
import { RollupLedger } from '../store/rollup-ledger.ts'
import type { RollupPart } from '../store/rollup-store.ts'
import { wireRow } from '../store/rollup-topic.ts'
import { backfillMark, marksOf, type Backfill } from '../store/skipped.ts'
import type { Unit } from '../store/store.ts'
import { backfillLine, blocksIn, unskippedEntry, unskippedLine } from './backfill-lines.ts'
import type { Marks } from './backfill-plan.ts'

/** Of the rollup topic: Druid sums over all of them. */
const ROLLUP_PARTITION = 0

export interface BackfillStoreOptions {
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly names: Names
  readonly documents: Pick<ElasticsearchDocuments, 'merge' | 'writeLedger'>
  readonly transactionTimeoutMs: number
  readonly blockSize: number
}

type Sends = readonly { readonly topic: string; readonly messages: readonly Message[] }[]

export class BackfillStore {
  readonly #options: BackfillStoreOptions
  readonly #producer: Producer
  /** Begun when the producer was initialised; sends nothing by itself. */
  #begun: Transaction | null = null
  #backfill: Backfill | null = null
  /** Where a block was opened by this session. */
  #openedAt = 0
  #ledgers: { readonly own: RollupLedger; readonly unskipped: RollupLedger } | null = null

  constructor(options: BackfillStoreOptions, branch: BranchName, { topic, partition }: Partition) {
    const { kafka, names, transactionTimeoutMs } = options
    this.#options = options
    this.#producer = transactionalProducer(
      kafka,
      `${branch === 'detail' ? names.detailGroup : names.rollupGroup}-backfill-${topic}-${partition}`,
      transactionTimeoutMs,
    )
  }

  /** What has been skipped and backfilled; from now on only by this one. */
  async open(): Promise<Marks> {
    const { kafka, admin, names } = this.#options
    await unlessTakenOver('beginning a backfill', 'backfill of this partition', async () => {
      await this.#producer.connect()
      this.#begun = await this.#producer.transaction()
    })
    return marksOf((await readTopic(kafka, admin, names.ledgerTopic)).values())
  }

  /** What is committed from now on belongs to this one. `openedAt`: where its reading opens a block. */
  begin(backfill: Backfill, openedAt: number): void {
    const ledger = (line: string) => new RollupLedger(line, []) // counted up under new keys; a reader sums them
    this.#backfill = backfill
    this.#openedAt = openedAt
    this.#ledgers = { own: ledger(backfillLine(backfill)), unskipped: ledger(unskippedLine(backfill)) }
  }

  async commit({ detail, rollup }: Unit, signal: AbortSignal): Promise<Backfill> {
    const backfill = this.#backfill
    if (backfill === null) throw new Error('a backfill commits before it has begun')
    const next = detail === null ? await this.#commitRollup(backfill, rollup[0]) : await this.#commitDetail(backfill, detail, signal)
    this.#backfill = next
    return next
  }

  /**
   * Ends it where it is: what is left of it is no part of it any more. Of the detail branch, the block that was open ends there, too, and what was counted of it is no longer
   * skipped: said before the mark, so that a kill in between leaves it to be said again, which changes nothing.
   */
  async cut(backfill: Backfill, signal: AbortSignal): Promise<void> {
    const { branch, block, next } = backfill
    if (branch === 'detail' && next > block) await this.#options.documents.writeLedger([unskippedEntry(backfill, block, next)], signal)
    await this.#transact([this.#marks([backfillMark({ ...backfill, to: backfill.next })])])
  }

  async close(): Promise<void> {
    await this.#producer.disconnect().catch(() => {}) // a fenced one has nothing to say
  }

  async #commitRollup(backfill: Backfill, part: RollupPart | undefined): Promise<Backfill> {
    if (part === undefined || this.#ledgers === null) return backfill
    const { names } = this.#options
    const next = moved(backfill, part.progress)
    const headers = { contributor: backfillLine(backfill), next: String(next.next) }
    const unskipped = unskippedEntry(backfill, backfill.next, next.next)
    await this.#transact([
      {
        topic: names.rollupTopic,
        messages: part.rows.map((row) => ({ key: row.job, value: JSON.stringify(wireRow(row)), partition: ROLLUP_PARTITION, headers })),
      },
      { topic: names.letterTopic, messages: part.letters.map(letterMessage) },
      this.#marks([
        ...this.#ledgers.own.add(part.ledger, part.progress),
        ...this.#ledgers.unskipped.add([unskipped], part.progress),
        backfillMark(next),
      ]),
    ])
    return next
  }

  async #commitDetail(backfill: Backfill, part: DetailPart, signal: AbortSignal): Promise<Backfill> {
    const { documents, names } = this.#options
    const contributor = backfillLine(backfill)
    const updates = part.documents.map((update) => ({
      ...update,
      contributions: update.contributions.map((one) => ({ ...one, contributor })),
    }))
    const { ledger, letters, progress } = part.settle(await documents.merge(updates, signal))
    const next = moved(backfill, progress[0])
    await documents.writeLedger([...ledger.map((entry) => ({ ...entry, contributor })), ...this.#closed(backfill, next)], signal)
    if (progress.length > 0)
      await this.#transact([{ topic: names.letterTopic, messages: letters.map(letterMessage) }, this.#marks([backfillMark(next)])])
    return next
  }

  /** Of the detail branch: the blocks that this commit closes are no longer skipped. */
  #closed(before: Backfill, after: Backfill): LedgerEntry[] {
    const upTo = after.next === after.to ? after.to : after.block
    return blocksIn(before.block, upTo, this.#openedAt, this.#options.blockSize).map(({ from, to }) => unskippedEntry(before, from, to))
  }

  #marks(marks: readonly { key: string; value: string }[]): Sends[number] {
    return { topic: this.#options.names.ledgerTopic, messages: marks.map(({ key, value }) => ({ key, value })) }
  }

  /** One topic at a time, as in store/rollup-topic.ts. */
  async #transact(sends: Sends): Promise<void> {
    await unlessTakenOver('committing a backfill', 'backfill of this partition', async () => {
      const transaction = this.#begun ?? (await this.#producer.transaction())
      this.#begun = null
      for (const { topic, messages } of sends)
        for (const part of chunked(messages)) await transaction.send({ acks: -1, topic, messages: part })
      await transaction.commit()
    })
  }
}

function moved(backfill: Backfill, progress: Progress | undefined): Backfill {
  return progress === undefined ? backfill : { ...backfill, next: progress.next, block: progress.from, rules: progress.rules }
}
