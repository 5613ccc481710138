/**
 * The body of the picture (stream.ts): what happens to a partition when it is opened, to a batch, and to what has been folded, by one branch or both.
 *
 *   open -> fold -> fold -> take -> (the store commits; folding goes on) -> acknowledge        drop: as if it had never been opened
 *
 * What must hold: both branches fold the same items, made once. Together, the slower branch says how far the partition is; each ignores what lies below its
 * own position. Delivery: none of its own; what was taken and not acknowledged is read again once its partition is opened again.
 */
import type { Settings } from '../config/schema.ts'
import { Converger, type FlushedIds } from '../detail/converge.ts'
import { TracefoldError } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { Aggregator } from '../rollup/aggregate.ts'
import type { RulesInForce, StreamRules } from '../rules/rules.ts'
import { partitionKey, type Batch, type Partition } from '../source/source.ts'
import { addCounts } from '../store/ledger.ts'
import type { BranchName, Progress, Reached } from '../store/position.ts'
import type { Opening, Unit } from '../store/store.ts'
import { CommitCount } from './commit-count.ts'
import type { Folding, Opened } from './folding.ts'
import { Intake, type IntakeOptions } from './intake.ts'
import { LagWatch } from './lag.ts'
import type { Tallies } from './tally.ts'

export interface FoldingOptions {
  readonly branches: readonly BranchName[]
  readonly settings: Settings
  readonly rules: RulesInForce
  readonly now: () => number
  readonly metrics: Metrics
  readonly intake: Omit<IntakeOptions, 'rules'>
  /** Longest wait of an item before it is committed, in ms: when caught up, and when behind. */
  readonly flushMs: { readonly caughtUp: number; readonly behind: number }
  /** Told of what each branch's commits come to, where somebody wants to know. */
  readonly tallies?: Tallies
}

export class BranchFolding implements Folding {
  readonly rules: RulesInForce
  readonly #options: FoldingOptions
  readonly #lag: LagWatch
  readonly #intake: Intake
  readonly #count: CommitCount
  readonly #open = new Map<string, Partition>()
  readonly #converger: Converger | null
  readonly #aggregator: Aggregator | null
  /** The detail branch's positions in the unit under way. */
  #detailProgress: readonly Progress[] = []

  constructor(options: FoldingOptions, flushed: FlushedIds, lag = new LagWatch(options.branches, options.metrics, options.now)) {
    const { branches, settings, rules, now, metrics } = options
    const { blockSize } = settings
    this.rules = rules
    this.#options = options
    this.#lag = lag
    this.#intake = new Intake({ ...options.intake, rules })
    this.#count = new CommitCount(branches, metrics, options.tallies ?? null)
    this.#converger = branches.includes('detail')
      ? new Converger({ blockSize, rules, now, maxLetterBytes: settings.limits.maxLetterBytes, flushed })
      : null
    this.#aggregator = branches.includes('rollup') ? new Aggregator({ blockSize, rules, now }) : null
  }

  open(p: Partition, { detail, rollup }: Opening): Opened {
    const leading = detail ?? rollup
    if (leading === null) throw new TracefoldError('store_refused', "the store serves none of this stream's branches")
    this.#intake.open(p, leading.incarnation, leading.from, leading.next)
    if (detail !== null) this.#converger?.open(p, detail)
    if (rollup !== null) this.#aggregator?.open(p, rollup)
    this.#open.set(partitionKey(p), p)
    this.#count.open(p, { detail, rollup })
    const readFrom = Math.min(leading.from, rollup?.from ?? leading.from)
    const committed = Math.min(leading.next, rollup?.next ?? leading.next)
    this.#lag.open(p, { position: readFrom, committed })
    return { readFrom, committed }
  }

  changeRules(next: StreamRules | null): void {
    const isSame = next?.digest === this.rules.digest
    if (next !== null) this.rules.use(next)
    if (isSame) return
    for (const p of this.#open.values()) {
      this.#converger?.openBlock(p)
      this.#aggregator?.openBlock(p)
      this.#intake.openBlock(p, (this.#converger ?? this.#aggregator)?.positionIn(p) ?? 0)
    }
  }

  drop(p: Partition): void {
    this.#open.delete(partitionKey(p))
    this.#intake.drop(p)
    this.#converger?.drop(p)
    this.#aggregator?.drop(p)
    this.#count.drop(p)
    this.#lag.drop(p)
  }

  fold(batch: Batch): void {
    const { partition, next } = batch
    const items = this.#intake.read(batch)
    this.#converger?.fold(partition, items, next)
    this.#aggregator?.fold(partition, items, next)
    this.#count.add(partition, items)
    this.#lag.note(batch, this.#intake.lastEventMs(partition))
  }

  noteEnd(p: Partition, end: number): void {
    this.#lag.noteEnd(p, end)
  }

  fullBy(): 'size' | 'bytes' | null {
    const { detail, rollup } = this.#options.settings
    if (this.#changedDocuments() >= detail.flushDocuments || this.#waitingRows() >= rollup.flushRows) return 'size'
    return this.#waitingBytes() >= detail.flushBytes ? 'bytes' : null
  }

  /** Only what a commit takes away may hold the source back: open counts stay until their block ends, and it ends by reading on. */
  isOverBound(): boolean {
    const { detail, rollup } = this.#options.settings
    return (
      this.#changedDocuments() >= detail.maxDocuments ||
      this.#waitingRows() >= rollup.maxRows ||
      this.#waitingBytes() >= detail.flushBytes * 2
    )
  }

  maxAgeMs(): number {
    const { behind, caughtUp } = this.#options.flushMs
    return this.#lag.isBehind() ? behind : caughtUp
  }

  take(): { unit: Unit; reached: readonly Reached[] } {
    const detail = this.#converger?.take() ?? null
    const rollup = this.#aggregator?.take() ?? []
    this.#count.take()
    this.#detailProgress = detail?.progress ?? []
    const moved = partitionsOf([...this.#detailProgress, ...rollup.map((part) => part.progress)])
    return {
      unit: { detail: detail?.part ?? null, rollup },
      reached: moved.map((partition) => ({ partition, next: this.#slowest(partition) })),
    }
  }

  acknowledge(unit: Unit, kept: readonly Reached[]): void {
    const keys = new Set(kept.map(({ partition }) => partitionKey(partition)))
    const isKept = ({ partition }: Reached): boolean => keys.has(partitionKey(partition))
    const detail = unit.detail === null ? undefined : this.#converger?.acknowledge(unit.detail, this.#detailProgress.filter(isKept))
    const rollup = unit.rollup.filter(({ progress }) => isKept(progress)).flatMap(({ ledger }) => ledger.map(({ counts }) => counts))
    this.#count.acknowledge(
      kept,
      new Map([
        ['detail', detail ?? {}],
        ['rollup', addCounts(rollup)],
      ]),
    )
    this.#options.metrics.documentsFlushed.inc(unit.detail?.documents.length ?? 0)
    this.#lag.noteCommitted(kept)
  }

  #changedDocuments(): number {
    return this.#converger?.changedDocuments() ?? 0
  }

  #waitingRows(): number {
    return this.#aggregator?.waitingRows() ?? 0
  }

  #waitingBytes(): number {
    return (this.#converger?.waitingBytes() ?? 0) + (this.#aggregator?.waitingBytes() ?? 0)
  }

  /** Together, one branch may still be read up to where the other is. */
  #slowest(p: Partition): number {
    return Math.min(this.#converger?.positionIn(p) ?? Infinity, this.#aggregator?.positionIn(p) ?? Infinity)
  }
}

function partitionsOf(progress: readonly Progress[]): Partition[] {
  return [...new Map(progress.map(({ partition }) => [partitionKey(partition), partition])).values()]
}
