/**
 * A replay in cluster mode.
 *
 *   open     a producer with the replay's transactional id is initialised: this fences an earlier session and settles what it had in flight. Then the
 *            letters topic is read to its end, and what a killed session has left open is finished
 *   commit   one transaction: rollup rows, the rollup branch's ledger, the letters taken away, and the detail branch's documents as they are to be
 *            written (replay-log.ts). From then on the chunk is counted
 *   finish   the documents and the detail branch's ledger are written, which a repeat does not change; then a second transaction says so, with the
 *            letters of what Elasticsearch would not take
 *
 * What must hold: a chunk is finished before the next one is committed, so that the chunks' numbers are in order wherever they arrive. Nothing is
 * committed by a session that another has fenced; what such a one still sends to Elasticsearch is what the other one sends, too.
 *
 * Delivery: a kill before the commit leaves letters, one after it is finished by the next session, as the chunk was decided.
 */
import type { Admin, Message, Producer, Transaction } from 'kafkajs'
import type { Names } from '../config/names.ts'
import { chunked } from '../kafka/chunks.ts'
import type { KafkaClient } from '../kafka/client.ts'
import { transactionalProducer, unlessTakenOver } from '../kafka/transactional-producer.ts'
import { letterKey, letterMessage, parseLetter } from '../kafka/letters.ts'
import { PartitionReader } from '../kafka/partition-reader.ts'
import { partitionKey, type Partition, type SourceRecord } from '../source/source.ts'
import type { LetterHead } from '../store/dead-letter.ts'
import type { ElasticsearchDocuments } from '../store/elasticsearch/documents.ts'
import { evidenceOf } from '../store/rollup-ledger.ts'
import { wireRow } from '../store/rollup-topic.ts'
import { marksOf } from '../store/skipped.ts'
import { refusedOf, replayOf, type Chunk, type DocumentOf, type LedgerMove } from './chunk.ts'
import { replayLine } from './ledger.ts'
import type { ReplaySession, SessionQuery } from './letter-box.ts'
import { LetterRecords } from './letter-records.ts'
import { ReplayLedger } from './replay-ledger.ts'
import { ReplayLog, stateMessages, type ReplayState } from './replay-log.ts'
import { scanLetters, type LetterRecord, type Scanned } from './scan-letters.ts'
import { Settled } from './settled.ts'

/** Of the rollup topic: Druid sums over all of them. */
const ROLLUP_PARTITION = 0

export interface KafkaSessionOptions {
  readonly kafka: KafkaClient
  readonly admin: Admin
  readonly names: Names
  /** Of this Kafka. Also connects the admin client. */
  readonly clusterId: () => Promise<string>
  readonly documents: Pick<ElasticsearchDocuments, 'merge' | 'writeLedger' | 'evidence'>
  /** The ledger topic's newest values. */
  readonly ledgerValues: () => Promise<Iterable<Buffer>>
  readonly transactionTimeoutMs: number
  readonly maxLetterBytes: number
  readonly now: () => number
  /** Called when a session has ended. */
  readonly onClosed?: () => Promise<void>
}

/** Rejects with `neighbour_away` where Kafka is away, with `aborted` where Elasticsearch is, and the signal ends the wait for it. */
export async function openKafkaSession(options: KafkaSessionOptions, query: SessionQuery, signal: AbortSignal): Promise<ReplaySession> {
  const session = new KafkaSession(options, signal)
  try {
    await session.open(query)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

class KafkaSession implements ReplaySession {
  letters: readonly LetterHead[] = []
  next: number | null = null
  readonly contributor: Partition
  readonly #options: KafkaSessionOptions
  readonly #signal: AbortSignal
  readonly #producer: Producer
  readonly #letterTopic: PartitionReader
  readonly #records: LetterRecords
  readonly #settled: Settled
  readonly #log = new ReplayLog()
  #ledger = new ReplayLedger([])
  #places: ReadonlyMap<LetterHead, LetterRecord> = new Map()
  /** Begun when the producer was initialised; sends nothing by itself. */
  #begun: Transaction | null = null
  #state: ReplayState = { seq: 0, open: null }
  /** Records of documents that the topic holds. */
  #parts = 0

  constructor(options: KafkaSessionOptions, signal: AbortSignal) {
    const { kafka, admin, names, clusterId, transactionTimeoutMs, documents, ledgerValues } = options
    this.#options = options
    this.contributor = replayOf(names.cluster)
    this.#signal = signal
    this.#producer = transactionalProducer(kafka, `${names.letterTopic}-replay`, transactionTimeoutMs)
    this.#letterTopic = new PartitionReader(kafka, names.letterTopic)
    this.#records = new LetterRecords(kafka)
    const evidence = async (p: Parameters<typeof documents.evidence>[0]) => evidenceOf(await ledgerValues(), partitionKey(p))
    this.#settled = new Settled({
      admin,
      names,
      clusterId,
      evidence: (branch, p) => (branch === 'detail' ? documents.evidence(p) : evidence(p)),
      backfills: async () => marksOf(await ledgerValues()).backfills,
    })
  }

  async open({ filter, limit, after }: SessionQuery): Promise<void> {
    await unlessTakenOver('beginning a replay', 'replay', async () => {
      await this.#producer.connect()
      this.#begun = await this.#producer.transaction()
    })
    const scanned = await scanLetters(
      this.#letterTopic,
      { filter, limit, from: after ?? 0 },
      (key, value) => this.#log.take(key, value),
      this.#signal,
    )
    this.#take(scanned)
    this.#ledger = new ReplayLedger(await this.#options.ledgerValues())
    this.#state = this.#log.state()
    const documents = this.#log.documents()
    this.#parts = documents.length
    if (this.#state.open !== null) await this.#finish(documents)
  }

  isSettled(letter: LetterHead): Promise<boolean> {
    return this.#settled.isSettled(letter)
  }

  async record(letter: LetterHead): Promise<SourceRecord | null> {
    return (await this.#settled.isThere(letter.partition)) ? this.#records.read(letter.partition, letter.offset) : null
  }

  async body(letter: LetterHead): Promise<Buffer | null> {
    const found = this.#places.get(letter)
    if (found === undefined) return null
    const { records } = await this.#letterTopic.read(found.place)
    const record = records.find(({ offset }) => offset === found.place)
    return record?.value === null || record === undefined ? null : (parseLetter(record.value)?.body ?? null)
  }

  /** Of the clock, so that it grows even where the topic has forgotten the last one. */
  nextSeq(): number {
    return Math.max(this.#options.now(), this.#state.seq + 1)
  }

  async commit(chunk: Chunk): Promise<{ refused: number; expired: number }> {
    const { names } = this.#options
    const moves = chunk.moves.filter(({ branch }) => branch === 'detail')
    const state: ReplayState = {
      seq: chunk.seq,
      open: chunk.documents.length + moves.length === 0 ? null : { documents: chunk.documents.length, moves },
    }
    const letters: Message[] = [
      ...chunk.gone.map((letter): Message => ({ key: letterKey(letter), value: null })),
      ...chunk.written.map(letterMessage),
    ]
    await this.#transact([
      {
        topic: names.rollupTopic,
        messages: chunk.rows.map((row) => ({
          key: row.job,
          value: JSON.stringify(wireRow(row)),
          partition: ROLLUP_PARTITION,
          headers: { contributor: 'replay', next: String(chunk.seq) },
        })),
      },
      { topic: names.ledgerTopic, messages: this.#ledger.add(chunk.moves) },
      { topic: names.letterTopic, messages: [...letters, ...stateMessages(state, chunk.documents, this.#parts)] },
    ])
    this.#state = state
    this.#parts = chunk.documents.length
    return state.open === null ? { refused: 0, expired: 0 } : this.#finish(chunk.documents)
  }

  async close(): Promise<void> {
    await Promise.all([this.#producer.disconnect().catch(() => {}), this.#letterTopic.close(), this.#records.close()]) // a fenced producer has nothing to say
    await this.#options.onClosed?.()
  }

  #take({ letters, next }: Scanned): void {
    const order = letters.toSorted((a, b) => compareRecords(a.head, b.head))
    this.letters = order.map(({ head }) => head)
    this.#places = new Map(order.map((record) => [record.head, record]))
    this.next = next
  }

  /** Writes what the state holds open, and says so. What is refused in the course of it is a state of its own. */
  async #finish(documents: readonly DocumentOf[]): Promise<{ refused: number; expired: number }> {
    const { names, maxLetterBytes } = this.#options
    const { seq, open } = this.#state
    const refusals = await this.#options.documents.merge(
      documents.map(({ update }) => update),
      this.#signal,
    )
    await this.#options.documents.writeLedger(open?.moves.map((move) => entryOf(move, seq)) ?? [], this.#signal)
    const { letters, moves, refused, expired } = refusedOf(documents, refusals, maxLetterBytes)
    const state: ReplayState = moves.length === 0 ? { seq, open: null } : { seq: seq + 1, open: { documents: 0, moves } }
    await this.#transact([
      { topic: names.letterTopic, messages: [...letters.map(letterMessage), ...stateMessages(state, [], this.#parts)] },
    ])
    this.#state = state
    this.#parts = 0
    if (state.open !== null) await this.#finish([])
    return { refused, expired }
  }

  /** One topic at a time, as in store/rollup-topic.ts. */
  async #transact(lists: readonly { readonly topic: string; readonly messages: readonly Message[] }[]): Promise<void> {
    await unlessTakenOver('committing a replay', 'replay', async () => {
      const transaction = this.#begun ?? (await this.#producer.transaction())
      this.#begun = null
      for (const { topic, messages } of lists)
        for (const part of chunked(messages)) await transaction.send({ acks: -1, topic, messages: part })
      await transaction.commit()
    })
  }
}

/** A repeat of the same number changes nothing: the detail branch's ledger merges by blocks (store/ledger.ts). */
function entryOf({ branch, contributor, day, counts }: LedgerMove, seq: number) {
  return { branch, contributor: replayLine(contributor), day, block: seq, next: 0, counts }
}

function compareRecords(a: LetterHead, b: LetterHead): number {
  const [one, other] = [partitionKey(a.partition), partitionKey(b.partition)]
  if (one !== other) return one < other ? -1 : 1
  return a.offset - b.offset || a.index - b.index
}
