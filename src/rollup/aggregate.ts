/**
 * Aggregating: events become partial rows, one for each window, job and error type of a partition. In: items in order of offsets. Out: parts,
 * each of one partition, to be committed in one transaction with its position.
 *
 * What lies below the committed position is ignored: it is read again only to rebuild the block's limit on groups.
 * Rows merge by sum, minimum and maximum; so do the parts of other partitions and of later transactions, in Druid or the embedded store.
 *
 * Delivery: a part that did not go through is dropped, and the partition is opened again where the transaction left it.
 */
import { PartitionAccount } from '../stream/account.ts'
import type { GroupedEvent } from '../event.ts'
import type { Item } from '../stream/item.ts'
import { partitionKey, type Partition } from '../source/source.ts'
import type { DeadLetter } from '../store/dead-letter.ts'
import { blockOf, contributorKey, type Progress, type Resume } from '../store/position.ts'
import { MAX_HOSTS_PER_ROW, MAX_SAMPLE_CHARS, type RollupPart, type RollupRow } from '../store/rollup-store.ts'

type OpenRow = Omit<RollupRow, 'count' | 'hosts' | 'firstMs' | 'lastMs'> & {
  count: number
  readonly hosts: Set<string>
  firstMs: number
  lastMs: number
}

interface Reading {
  readonly partition: Partition
  readonly incarnation: number
  readonly openedAt: number
  readonly countsFrom: number
  account: PartitionAccount
  rows: Map<string, OpenRow>
  /** Rows whose set of hosts was full. */
  full: OpenRow[]
  next: number
  taken: number
}

export interface AggregateOptions {
  readonly blockSize: number
  /** Those in force now; their digest goes with every position. */
  readonly rules: { readonly digest: string }
  readonly now: () => number
}

export class Aggregator {
  readonly #options: AggregateOptions
  readonly #readings = new Map<string, Reading>()
  #rows = 0

  constructor(options: AggregateOptions) {
    this.#options = options
  }

  open(partition: Partition, resume: Resume): void {
    const { incarnation, from, next, lost } = resume
    const account = new PartitionAccount('rollup', contributorKey(partition, incarnation))
    if (lost !== null) account.addLost(lost, new Date(this.#options.now()).toISOString().slice(0, 10))
    const taken = lost === null ? next : -1
    this.#readings.set(partitionKey(partition), {
      partition,
      incarnation,
      openedAt: from,
      countsFrom: next,
      account,
      rows: new Map(),
      full: [],
      next,
      taken,
    })
  }

  /** Opens a block at the position, where all is committed: what comes now is counted by other rules. The position goes out with the next part. */
  openBlock(partition: Partition): void {
    const reading = this.#readings.get(partitionKey(partition))
    if (reading === undefined) return
    const { incarnation, next } = reading
    this.drop(partition)
    this.open(partition, { incarnation, from: next, next, lost: null })
    const opened = this.#readings.get(partitionKey(partition))
    if (opened !== undefined) opened.taken = -1
  }

  drop(partition: Partition): void {
    const reading = this.#readings.get(partitionKey(partition))
    if (reading !== undefined) this.#rows -= reading.rows.size + reading.full.length
    this.#readings.delete(partitionKey(partition))
  }

  fold(partition: Partition, items: readonly Item[], next: number): void {
    const reading = this.#readings.get(partitionKey(partition))
    if (reading === undefined) return
    for (const item of items) {
      if (item.offset < reading.countsFrom) continue
      reading.account.add(item)
      if (item.kind === 'ok') this.#add(item.value, reading)
    }
    if (next > reading.next) reading.next = next
  }

  /** Where the branch is in a partition that is open: behind this, all is folded. */
  positionIn(partition: Partition): number {
    return this.#readings.get(partitionKey(partition))?.next ?? 0
  }

  /** Rows that wait for a transaction. */
  waitingRows(): number {
    return this.#rows
  }

  /** Bytes of dead letters that wait for a transaction, roughly. */
  waitingBytes(): number {
    let sum = 0
    for (const { account } of this.#readings.values()) sum += account.waitingBytes()
    return sum
  }

  /** One part for each partition that has moved; it starts again from nothing. */
  take(): RollupPart[] {
    const parts: RollupPart[] = []
    for (const reading of this.#readings.values()) {
      if (reading.next > reading.taken) parts.push(this.#takePart(reading))
    }
    this.#rows = 0
    return parts
  }

  #takePart(reading: Reading): RollupPart {
    const { partition, incarnation, next, openedAt, account, rows, full } = reading
    const from = blockOf(next, openedAt, this.#options.blockSize)
    const progress: Progress = { partition, incarnation, next, from, rules: this.#options.rules.digest }
    const snapshot = account.snapshot(next)
    reading.account = new PartitionAccount('rollup', account.contributor)
    reading.rows = new Map()
    reading.full = []
    reading.taken = next
    const letters: readonly DeadLetter[] = snapshot.letters
    return { progress, rows: [...full, ...rows.values()].map(closed), ledger: snapshot.entries([]), letters }
  }

  #add(grouped: GroupedEvent, reading: Reading): void {
    const key = rowKey(grouped)
    let row = reading.rows.get(key)
    if (row === undefined || (row.hosts.size >= MAX_HOSTS_PER_ROW && grouped.host !== null && !row.hosts.has(grouped.host))) {
      if (row !== undefined) reading.full.push(row)
      row = beginRow(grouped)
      reading.rows.set(key, row)
      this.#rows++
    }
    row.count++
    if (grouped.host !== null) row.hosts.add(grouped.host)
    if (grouped.timeMs < row.firstMs) row.firstMs = grouped.timeMs
    if (grouped.timeMs > row.lastMs) row.lastMs = grouped.timeMs
  }
}

/** All dimensions; `key` holds job, fingerprint and window. The site and the root cause's class follow from the fingerprint. */
function rowKey({ key, environment, event, grouping, classification }: GroupedEvent): string {
  return `${key}\0${environment}\0${event.serviceVersion}\0${event.logger}\0${event.level}\0${grouping.exceptionClass}\0${grouping.rootCauseClass}\0${grouping.culprit}\0${grouping.previous}\0${classification?.category}\0${classification?.severity}\0${classification?.rule}`
}

function beginRow(grouped: GroupedEvent): OpenRow {
  const { event, grouping, job, window, environment, classification, timeMs } = grouped
  return {
    windowMs: window,
    job,
    environment,
    serviceVersion: event.serviceVersion,
    exceptionClass: grouping.exceptionClass,
    rootCauseClass: grouping.rootCauseClass,
    fingerprint: grouping.fp,
    fingerprintPrevious: grouping.previous,
    fpSite: grouping.fpSite,
    category: classification?.category ?? null,
    severity: classification?.severity ?? null,
    rule: classification?.rule ?? null,
    logger: event.logger,
    level: event.level,
    culprit: grouping.culprit,
    count: 0,
    hosts: new Set(),
    firstMs: timeMs,
    lastMs: timeMs,
    title: grouping.title,
    sampleMessage: event.message.slice(0, MAX_SAMPLE_CHARS).toWellFormed(),
  }
}

function closed(row: OpenRow): RollupRow {
  return { ...row, hosts: [...row.hosts] }
}
