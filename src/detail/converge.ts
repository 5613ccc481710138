/**
 * Converging: many equal events become one document for each job, fingerprint and window. In: items in order of offsets. Out: parts, each the
 * changed documents with absolute counts by contributor and block.
 *
 * What must hold:
 * - A document that is under way is not sent again before its part is acknowledged (the stream commits one part at a time).
 * - Counts of an open block are never forgotten: a document leaves this map only when its blocks are closed and acknowledged.
 * - What lies below a partition's opening is ignored; what lies at or above it is counted absolutely, so reading it again is harmless.
 *
 * Delivery: a lost part is lost with nothing; the partition is opened again at its open block, and the same counts arise.
 */
import { charsOf, type GroupedEvent } from '../event.ts'
import type { Item } from '../stream/item.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import { KEPT, type Contribution, type DetailPart, type DocumentUpdate, type Refusal, type SetName } from '../store/detail-store.ts'
import { addCounts, type LedgerCounts, type LedgerEntry } from '../store/ledger.ts'
import { blockOf, contributorKey, epochAt, type Progress, type Resume } from '../store/position.ts'
import { PartitionAccount } from '../stream/account.ts'
import { documentId, identityOf, sampleOf, SmallestByHash } from './document.ts'
import { EXPIRED, settlementOf, type BlockShare } from './refusal.ts'

/** What a document costs beside its sample, in bytes; measured as the growth of the heap over 100,000 documents of one event each. */
const DOCUMENT_BYTES = 1_500

interface OpenDocument {
  readonly id: string
  readonly first: GroupedEvent
  /** The whole event, until it has been acknowledged. */
  sample: GroupedEvent | null
  /** Bytes of the sample, until it has been taken into a part. */
  waitingBytes: number
  shares: BlockShare[]
  firstMs: number
  lastMs: number
  readonly sets: { readonly [name in SetName]: SmallestByHash }
  isChanged: boolean
  refusal: string | null
}

interface Reading {
  readonly partition: Partition
  readonly incarnation: number
  /** Absent in a store that has none. */
  readonly epoch: string | undefined
  /** Digest of the rules that it is counted by. */
  readonly rules: string
  readonly openedAt: number
  readonly account: PartitionAccount
  next: number
  committed: number
}

/** Documents that were flushed by this process not long ago, so that their sample need not travel again. */
export interface FlushedIds {
  has(id: string): boolean
  set(id: string, value: true): unknown
}

export interface ConvergeOptions {
  readonly blockSize: number
  /** Those in force now; their digest goes with every position. */
  readonly rules: { readonly digest: string }
  readonly maxLetterBytes: number
  readonly now: () => number
  readonly flushed: FlushedIds
}

export class Converger {
  readonly #options: ConvergeOptions
  readonly #documents = new Map<string, OpenDocument>()
  readonly #readings = new Map<string, Reading>()
  readonly #changed = new Set<OpenDocument>()
  readonly #refused = new Set<OpenDocument>()
  #sampleBytes = 0
  /** Entries of the part under way. */
  #settled: readonly LedgerEntry[] = []

  constructor(options: ConvergeOptions) {
    this.#options = options
  }

  open(partition: Partition, resume: Resume): void {
    const { incarnation, from, lost, epoch } = resume
    const account = new PartitionAccount('detail', contributorKey(partition, incarnation, epoch))
    if (lost !== null) account.addLost(lost, new Date(this.#options.now()).toISOString().slice(0, 10))
    this.#readings.set(partitionKey(partition), {
      partition,
      incarnation,
      epoch,
      rules: this.#options.rules.digest,
      openedAt: from,
      account,
      next: from,
      committed: lost === null ? resume.next : -1,
    })
  }

  /** Opens a block at the position, where all is committed: what comes now is counted by other rules. The position goes out with the next part. */
  openBlock(partition: Partition): void {
    const reading = this.#readings.get(partitionKey(partition))
    if (reading === undefined) return
    const at = Math.max(reading.next, reading.committed)
    this.drop(partition)
    this.open(partition, { incarnation: reading.incarnation, from: at, next: at, lost: null, ...this.#epochOf(reading, at) })
    const opened = this.#readings.get(partitionKey(partition))
    if (opened !== undefined) opened.committed = -1
  }

  /** Others may still hold what they folded by the rules before, and write it late. */
  #epochOf({ epoch, rules }: Reading, at: number): { epoch?: string } {
    if (epoch === undefined) return {}
    return { epoch: rules === this.#options.rules.digest ? epoch : epochAt(at, this.#options.rules.digest) }
  }

  /** Forgets what this partition contributed. */
  drop(partition: Partition): void {
    const key = partitionKey(partition)
    this.#readings.delete(key)
    for (const [name, document] of this.#documents) {
      document.shares = document.shares.filter((share) => partitionKey(share.partition) !== key)
      if (document.shares.length === 0) this.#forget(name, document)
    }
  }

  /** Folds items that end at `next`. */
  fold(partition: Partition, items: readonly Item[], next: number): void {
    const reading = this.#readings.get(partitionKey(partition))
    if (reading === undefined) return
    for (const item of items) {
      if (item.offset < reading.openedAt) continue
      reading.account.add(item, item.offset >= reading.committed)
      if (item.kind === 'ok') this.#add(item.value, item, reading)
    }
    if (next > reading.next) reading.next = next
  }

  /** Where the branch is in a partition that is open: behind this, all is folded. */
  positionIn(partition: Partition): number {
    const reading = this.#readings.get(partitionKey(partition))
    return reading === undefined ? 0 : Math.max(reading.next, reading.committed)
  }

  /** Documents that wait for a flush. */
  changedDocuments(): number {
    return this.#changed.size
  }

  /** Bytes of samples and dead letters that wait for a flush, roughly. */
  waitingBytes(): number {
    let letterBytes = 0
    for (const { account } of this.#readings.values()) letterBytes += account.waitingBytes()
    return this.#sampleBytes + letterBytes + this.#changed.size * DOCUMENT_BYTES
  }

  /** Everything that changed since the last part. */
  take(): { part: DetailPart; progress: Progress[] } {
    const taken = [...this.#changed].filter((document) => document.refusal === null)
    const documents = taken.map((document) => this.#updateOf(document))
    for (const document of this.#changed) {
      document.isChanged = false
      document.waitingBytes = 0
    }
    this.#changed.clear()
    this.#sampleBytes = 0
    const moved = [...this.#readings.values()].filter((reading) => reading.next > reading.committed)
    const progress = moved.map((reading) => this.#progressOf(reading))
    const accounts = moved.map((reading) => reading.account.snapshot(reading.next))
    const refusedBefore = [...this.#refused].map((document) => ({ document, shares: copyOf(document.shares) }))
    const sent = new Map(taken.map((document) => [document.id, { document, shares: copyOf(document.shares) }]))
    const part: DetailPart = {
      documents,
      settle: (refusals) => {
        const refused = [...refusedBefore]
        for (const refusal of refusals) {
          const entry = sent.get(refusal.id)
          if (entry === undefined) continue
          this.#refuse(entry.document, refusal)
          refused.push(entry)
        }
        const settlement = settlementOf(accounts, refused, progress, this.#options.maxLetterBytes)
        this.#settled = settlement.ledger
        return settlement
      },
    }
    return { part, progress }
  }

  /** The part is durable and these of its positions have moved. Returns what came to be counted by that, by the ledger's words. */
  acknowledge(part: DetailPart, progress: readonly Progress[]): LedgerCounts {
    const closedBelow = new Map<string, number>()
    const fresh: LedgerCounts[] = []
    for (const { partition, incarnation, next } of progress) {
      const reading = this.#readings.get(partitionKey(partition))
      if (reading === undefined || reading.incarnation !== incarnation) continue
      reading.committed = next
      const open = blockOf(next, reading.openedAt, this.#options.blockSize)
      closedBelow.set(partitionKey(partition), open)
      const { account } = reading
      fresh.push(account.settle(this.#settled.filter(({ contributor }) => contributor === account.contributor)))
      account.acknowledge(next, open)
    }
    const refused = new Set([...this.#refused].map(({ id }) => id))
    for (const { id } of part.documents) if (!refused.has(id)) this.#options.flushed.set(id, true)
    for (const [name, document] of this.#documents) {
      document.shares = document.shares.filter(({ partition, block }) => block >= (closedBelow.get(partitionKey(partition)) ?? 0))
      if (document.shares.length === 0) this.#forget(name, document)
      else if (!document.isChanged) document.sample = null
    }
    return addCounts(fresh)
  }

  #add(grouped: GroupedEvent, item: Item, reading: Reading): void {
    let document = this.#documents.get(grouped.key)
    if (document === undefined) {
      document = this.#begin(grouped)
      this.#documents.set(grouped.key, document)
    }
    countShare(document, item, reading)
    const { timeMs } = grouped
    if (timeMs < document.firstMs) document.firstMs = timeMs
    if (timeMs > document.lastMs) document.lastMs = timeMs
    addToSets(document, grouped)
    if (document.isChanged) return
    document.isChanged = true
    this.#changed.add(document)
  }

  #begin(grouped: GroupedEvent): OpenDocument {
    const id = documentId(grouped.key)
    const sample = this.#options.flushed.has(id) ? null : grouped
    const waitingBytes = sample === null ? 0 : charsOf(sample.event)
    this.#sampleBytes += waitingBytes
    return {
      id,
      first: grouped,
      sample,
      waitingBytes,
      shares: [],
      firstMs: grouped.timeMs,
      lastMs: grouped.timeMs,
      sets: {
        hosts: new SmallestByHash(KEPT.hosts),
        messages: new SmallestByHash(KEPT.messages),
        stacks: new SmallestByHash(KEPT.stacks),
        previous: new SmallestByHash(KEPT.previous),
        operators: new SmallestByHash(KEPT.operators),
      },
      isChanged: false,
      refusal: null,
    }
  }

  #forget(name: string, document: OpenDocument): void {
    this.#documents.delete(name)
    this.#changed.delete(document)
    this.#refused.delete(document)
    this.#sampleBytes -= document.waitingBytes
  }

  #updateOf(document: OpenDocument): DocumentUpdate {
    return {
      id: document.id,
      identity: identityOf(document.first),
      sample: document.sample === null ? null : sampleOf(document.sample),
      contributions: document.shares.map(({ contributor, block, n }): Contribution => ({ contributor, block, n })),
      firstMs: document.firstMs,
      lastMs: document.lastMs,
      hosts: document.sets.hosts.list(),
      messages: document.sets.messages.list(),
      stacks: document.sets.stacks.list(),
      previous: document.sets.previous.list(),
      operators: document.sets.operators.list(),
    }
  }

  #progressOf({ partition, incarnation, epoch, rules, next, openedAt }: Reading): Progress {
    return {
      partition,
      incarnation,
      next,
      from: blockOf(next, openedAt, this.#options.blockSize),
      rules,
      ...(epoch === undefined ? {} : { epoch }),
    }
  }

  /** From now on the document's events go to its letter: trying again within the block could only make two accounts of them. */
  #refuse(document: OpenDocument, refusal: Refusal): void {
    document.refusal = refusal.expired ? EXPIRED : refusal.detail
    if (document.shares.length > 0) this.#refused.add(document) // else it was dropped meanwhile
  }
}

function addToSets({ sets }: OpenDocument, { event, host, operator, grouping }: GroupedEvent): void {
  if (host !== null) sets.hosts.add(host)
  sets.messages.add(event.message)
  sets.stacks.add(grouping.fpStack)
  if (grouping.previous !== null) sets.previous.add(grouping.previous)
  if (operator !== null) sets.operators.add(operator)
}

function countShare(document: OpenDocument, item: Item, reading: Reading): void {
  const contributor = reading.account.contributor
  for (let i = document.shares.length - 1; i >= 0; i--) {
    const share = document.shares[i] as BlockShare // i is within the list
    if (share.contributor !== contributor) continue
    if (share.block !== item.block) break
    share.n++
    return
  }
  const { block, day, offset, index } = item
  const { partition, incarnation } = reading
  document.shares.push({ partition, incarnation, contributor, block, day, offset, index, n: 1 })
}

function copyOf(shares: readonly BlockShare[]): BlockShare[] {
  return shares.map((share) => ({ ...share }))
}
