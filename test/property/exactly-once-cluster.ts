/**
 * Everything outside a process in the simulation of exactly-once.test.ts: the log, the committed offsets with their fences, a document store
 * that merges by the law of docs/architecture.md (written here a second time, on purpose), and the rollup topic behind its transactions.
 *
 * A commit is a list of steps that may be carried out one by one, stop anywhere, or arrive after its sender has gone.
 */
import type { DeadLetter } from '../../src/store/dead-letter.ts'
import type { DetailPart, DocumentUpdate, Refusal, Settlement } from '../../src/store/detail-store.ts'
import type { LedgerEntry } from '../../src/store/ledger.ts'
import type { BranchName, Progress, Resume } from '../../src/store/position.ts'
import { epochOf, resumeAt, resumeWithout, type Committed } from '../../src/store/resume.ts'
import type { RollupPart } from '../../src/store/rollup-store.ts'
import type { Opening, Unit } from '../../src/store/store.ts'
import type { Partition } from '../../src/source/source.ts'
import { partitionOf, type LogRecord } from './exactly-once-log.ts'

/** Which branches a group's members run. Together, they are members of the rollup branch's group. */
export type Kind = 'detail' | 'rollup' | 'both'

export interface StoredDocument {
  count: number
  firstMs: number
  lastMs: number
  readonly hosts: Set<string>
  readonly marks: Map<string, { block: number; n: number }>
}

interface StoredEntry {
  readonly counts: Map<string, number>
  mark: { block: number; counts: Readonly<Record<string, number>> } | null
}

/** What a member holds that a successor takes away. */
export interface Fence {
  readonly kind: Kind
  readonly generation: number
  readonly epochs: Map<number, number>
}

/** A commit under way. `next` carries out one step; `done` once nothing is left. */
export interface Sending {
  next(): void
  readonly done: boolean
  /** Partitions that did not go through; known once done. */
  readonly lost: ReadonlySet<number>
}

export class Cluster {
  readonly logs: readonly (readonly LogRecord[])[]
  readonly begins: number[]
  readonly documents = new Map<string, StoredDocument>()
  readonly rows = new Map<string, number>()
  readonly ledger = new Map<string, StoredEntry>()
  readonly letters = new Map<string, DeadLetter>()
  readonly offsets: Record<BranchName, Map<number, Committed>> = { detail: new Map(), rollup: new Map() }
  readonly #generations: Record<Kind, number> = { detail: 0, rollup: 0, both: 0 }
  readonly #epochs = new Map<number, number>()
  readonly #refuses: (id: string) => Refusal | null
  /** Called after every change of a position. */
  onCommitted: (branch: BranchName) => void = () => {}

  constructor(logs: readonly (readonly LogRecord[])[], refuses: (id: string) => Refusal | null) {
    this.logs = logs
    this.begins = logs.map(() => 0)
    this.#refuses = refuses
  }

  end(partition: number): number {
    return this.logs[partition]?.length ?? 0
  }

  /** A new generation of the group: nobody of an older one commits offsets as a member any more. */
  join(kind: Kind): Fence {
    return { kind, generation: this.#generations[kind], epochs: new Map() }
  }

  rebalance(kind: Kind): void {
    this.#generations[kind]++
  }

  open(fence: Fence, partition: number, rules: string): Opening {
    if (fence.kind !== 'detail') {
      const epoch = (this.#epochs.get(partition) ?? 0) + 1
      this.#epochs.set(partition, epoch)
      fence.epochs.set(partition, epoch)
    }
    const resume = (branch: BranchName): Resume => this.#resume(fence, branch, partition, rules)
    return { rollup: fence.kind === 'detail' ? null : resume('rollup'), detail: fence.kind === 'rollup' ? null : resume('detail') }
  }

  /** The detail branch commits where a block opens, before anything is read into it. */
  #resume(fence: Fence, branch: BranchName, partition: number, rules: string): Resume {
    const committed = this.offsets[branch].get(partition)
    const bounds = { begin: this.begins[partition] ?? 0, end: this.end(partition) }
    const resume =
      committed === undefined ? resumeWithout(partitionOf(partition), null, bounds, 'stop') : resumeAt(committed, bounds, rules)
    if (branch === 'rollup') return resume
    const { lost, ...at } = { ...resume, epoch: epochOf(resume, committed ?? null, rules) }
    const isMember = fence.kind === 'both' || fence.generation === this.#generations.detail
    if (isMember && lost === null) this.offsets.detail.set(partition, { ...at, rules })
    return { ...at, lost }
  }

  send(fence: Fence, unit: Unit): Sending {
    const lost = new Set<number>()
    return sendingOf(this.#steps(fence, unit, lost), lost)
  }

  /** The documents once more, as a client whose answer was lost sends them. A transaction is never sent twice: the broker knows its sequence. */
  resend(part: DetailPart): Sending {
    return sendingOf(this.#writeDetail(part), new Set())
  }

  *#steps(fence: Fence, { detail, rollup }: Unit, lost: Set<number>): Generator<void, void> {
    yield
    const settlement = detail === null ? null : yield* this.#writeDetail(detail)
    const progress = settlement?.progress ?? []
    if (fence.kind === 'detail') this.#commitAsMember(fence, progress, lost)
    else yield* this.#transact(fence, rollup, progress, lost)
  }

  *#writeDetail(part: DetailPart): Generator<void, Settlement> {
    const refusals: Refusal[] = []
    yield
    for (const update of part.documents) {
      const refusal = this.#refuses(update.id)
      if (refusal === null) this.#merge(update)
      else refusals.push(refusal)
      yield
    }
    const settlement = part.settle(refusals)
    for (const letter of settlement.letters) this.letters.set(letter.id, letter)
    yield
    for (const entry of settlement.ledger) this.#mergeEntry(entry)
    yield
    return settlement
  }

  #commitAsMember(fence: Fence, progress: readonly Progress[], lost: Set<number>): void {
    const isMember = fence.generation === this.#generations.detail
    for (const one of progress) {
      if (isMember) this.#moveTo('detail', one)
      else lost.add(one.partition.partition)
    }
    this.onCommitted('detail')
  }

  *#transact(fence: Fence, parts: readonly RollupPart[], beside: readonly Progress[], lost: Set<number>): Generator<void> {
    const partitions = new Set([...parts.map(({ progress }) => progress), ...beside].map((one) => one.partition.partition))
    for (const partition of partitions) {
      const isOurs = (p: Partition): boolean => p.partition === partition
      if (fence.epochs.get(partition) === this.#epochs.get(partition)) {
        for (const part of parts) if (isOurs(part.progress.partition)) this.#addRollup(part)
        for (const one of beside) if (isOurs(one.partition)) this.#moveTo('detail', one)
      } else lost.add(partition)
      this.onCommitted('rollup')
      this.onCommitted('detail')
      yield
    }
  }

  #moveTo(branch: BranchName, { partition, ...at }: Progress): void {
    this.offsets[branch].set(partition.partition, at)
  }

  #addRollup({ progress, rows, ledger, letters }: RollupPart): void {
    for (const { job, fingerprint, windowMs, count } of rows) {
      const key = [job, fingerprint, windowMs].join('\0')
      this.rows.set(key, (this.rows.get(key) ?? 0) + count)
    }
    for (const entry of ledger) add(this.#entryOf(entry).counts, entry.counts, 1)
    for (const letter of letters) this.letters.set(letter.id, letter)
    this.#moveTo('rollup', progress)
  }

  /** The merge law of the documents. */
  #merge(update: DocumentUpdate): void {
    const held: StoredDocument = this.documents.get(update.id) ?? {
      count: 0,
      firstMs: Infinity,
      lastMs: -Infinity,
      hosts: new Set(),
      marks: new Map(),
    }
    let changed = false
    for (const { contributor, block, n } of update.contributions) {
      const mark = held.marks.get(contributor)
      if (mark !== undefined && (block < mark.block || (block === mark.block && n <= mark.n))) continue
      held.count += mark?.block === block ? n - mark.n : n
      held.marks.set(contributor, { block, n })
      changed = true
    }
    if (!changed) return
    this.documents.set(update.id, held)
    held.firstMs = Math.min(held.firstMs, update.firstMs)
    held.lastMs = Math.max(held.lastMs, update.lastMs)
    for (const { value } of update.hosts) held.hosts.add(value)
  }

  /** The merge law of the detail branch's ledger: the larger `consumed` of a block wins whole. */
  #mergeEntry(entry: LedgerEntry): void {
    const held = this.#entryOf(entry)
    const { mark } = held
    const consumed = entry.counts['consumed'] ?? 0
    if (mark !== null && (entry.block < mark.block || (entry.block === mark.block && consumed <= (mark.counts['consumed'] ?? 0)))) return
    if (mark?.block === entry.block) add(held.counts, mark.counts, -1)
    add(held.counts, entry.counts, 1)
    held.mark = { block: entry.block, counts: entry.counts }
  }

  #entryOf({ branch, contributor, day }: LedgerEntry): StoredEntry {
    const key = [branch, contributor, day].join('|')
    const held = this.ledger.get(key) ?? { counts: new Map<string, number>(), mark: null }
    this.ledger.set(key, held)
    return held
  }
}

function sendingOf(steps: Generator<void, Settlement | void>, lost: ReadonlySet<number>): Sending {
  let upcoming = steps.next()
  return {
    next: () => {
      upcoming = steps.next()
    },
    get done() {
      return upcoming.done === true
    },
    lost,
  }
}

function add(counts: Map<string, number>, more: Readonly<Record<string, number>>, sign: 1 | -1): void {
  for (const [name, n] of Object.entries(more)) counts.set(name, (counts.get(name) ?? 0) + sign * n)
}
