/**
 * THE PICTURE. Two branches over one kind of source, apart (a stream each, with a source and a consumer group of its own) or together (one
 * stream that carries both):
 *
 *   source -> decode -> fingerprint -> converge              -> DetailStore     offsets follow the written documents
 *   source -> decode -> fingerprint -> classify -> aggregate -> RollupStore     rows and offsets in one transaction
 *                \- dead letter (reason, position, original bytes)
 *
 * The promise: every event is counted exactly once in each store, whatever is killed whenever. A stream holds no state that a replay
 * does not bring back: the store says where to go on (`open`), takes a unit of work with its positions (`commit`), and what was
 * not committed is read again.
 */
import type { Logger } from 'pino'
import { CommitCount } from './stream/commit-count.ts'
import { watchCommits } from './stream/commit-watch.ts'
import type { Settings } from './config/schema.ts'
import { Converger, type FlushedIds } from './detail/converge.ts'
import { TracefoldError } from './errors.ts'
import type { HealthRegistry } from './health.ts'
import { Intake, type IntakeOptions } from './stream/intake.ts'
import { LagWatch, type StreamProgress } from './stream/lag.ts'
import { LoopClock, type Spent } from './stream/loop-clock.ts'
import type { LoopState, Metrics, RunnerEvents } from './metrics.ts'
import { Aggregator } from './rollup/aggregate.ts'
import type { RulesInForce } from './rules/rules.ts'
import type { Folding } from './stream/folding.ts'
import { Runner } from './stream/runner.ts'
import { recentIds } from './detail/recent-ids.ts'
import { partitionKey, type Partition, type Source } from './source/source.ts'
import { addCounts } from './store/ledger.ts'
import type { BranchName, Progress, Reached } from './store/position.ts'
import type { Store } from './store/store.ts'
import type { Tallies } from './stream/tally.ts'

export interface StreamOptions {
  readonly branches: readonly BranchName[]
  /** The source's cluster, where there are several. */
  readonly cluster?: string | null
  /** Kafka's own id of it, for metrics; '' where the source is no Kafka. */
  readonly clusterId?: string
  readonly source: Source
  readonly store: Store
  readonly intake: Omit<IntakeOptions, 'rules'>
  readonly rules: RulesInForce
  readonly settings: Settings
  /** Longest wait of an item before it is committed, in ms: when caught up, and when behind. */
  readonly flushMs: { readonly caughtUp: number; readonly behind: number }
  readonly exitAtEnd: boolean
  /** Told of what each branch's commits come to, where somebody wants to know. */
  readonly tallies?: Tallies
  readonly metrics: Metrics
  readonly health: HealthRegistry
  readonly log: Logger
  readonly now: () => number
}

/** What a stream says of itself: how far it is, and what its loop spends its time on. */
export interface StreamReport extends StreamProgress {
  readonly branches: readonly BranchName[]
  readonly spent: Readonly<Record<LoopState, Spent>>
  /** Since when the store has a unit in hand; null where no commit is under way. */
  readonly committingSinceMs: number | null
}

export type Stream = Pick<Runner, 'start' | 'stop' | 'done' | 'changeRules' | 'reopen'> & {
  readonly cluster: string | null
  report(): StreamReport
}

export function createStream(options: StreamOptions): Stream {
  const { branches, cluster = null, clusterId = '', source, exitAtEnd, metrics, health, log, now } = options
  const clock = new LoopClock(metrics, branches, clusterId)
  const lag = new LagWatch(branches, metrics, now, clusterId)
  const { store, committingSinceMs } = watchCommits(options.store, now)
  const runner = new Runner({
    name: cluster === null ? branches.join('+') : `${branches.join('+')} ${cluster}`,
    source,
    store,
    folding: foldingOf(options, recentIds(), lag),
    exitAtEnd,
    clock,
    events: eventsOf(options),
    health,
    log,
    now,
  })
  return {
    cluster,
    start: () => runner.start(),
    stop: () => runner.stop(),
    get done() {
      return runner.done
    },
    changeRules: (rules) => runner.changeRules(rules),
    reopen: (partition) => runner.reopen(partition),
    report: () => ({ branches, ...lag.progress(), spent: clock.spent(), committingSinceMs: committingSinceMs() }),
  }
}

function eventsOf({ branches, metrics }: StreamOptions): RunnerEvents {
  return {
    rebalanced: () => branches.forEach((branch) => metrics.rebalances.inc({ branch })),
    lost: (partitions) => branches.forEach((branch) => metrics.partitionsLost.inc({ branch }, partitions)),
    committing: (trigger) => void (branches.includes('detail') && metrics.detailFlush.inc({ trigger })),
  }
}

export type FoldingOptions = Pick<StreamOptions, 'branches' | 'settings' | 'rules' | 'now' | 'metrics' | 'intake' | 'flushMs' | 'tallies'>

/** The body of the picture: what happens to a partition when it is opened, to a batch, and to what has been folded. */
export function foldingOf(
  options: FoldingOptions,
  flushed: FlushedIds,
  lag = new LagWatch(options.branches, options.metrics, options.now),
): Folding {
  const { settings, rules, now, branches, metrics } = options
  const { blockSize } = settings
  const intake = new Intake({ ...options.intake, rules })
  const open = new Map<string, Partition>()
  const converger = branches.includes('detail')
    ? new Converger({ blockSize, rules, now, maxLetterBytes: settings.limits.maxLetterBytes, flushed })
    : null
  const aggregator = branches.includes('rollup') ? new Aggregator({ blockSize, rules, now }) : null
  const count = new CommitCount(branches, metrics, options.tallies ?? null)
  /** The detail branch's positions in the unit under way. */
  let detailProgress: readonly Progress[] = []

  return {
    rules,
    open(p, { detail, rollup }) {
      const leading = detail ?? rollup
      if (leading === null) throw new TracefoldError('store_refused', "the store serves none of this stream's branches")
      intake.open(p, leading.incarnation, leading.from, leading.next)
      if (detail !== null) converger?.open(p, detail)
      if (rollup !== null) aggregator?.open(p, rollup)
      open.set(partitionKey(p), p)
      const readFrom = Math.min(leading.from, rollup?.from ?? leading.from)
      const committed = Math.min(leading.next, rollup?.next ?? leading.next)
      count.open(p, { detail, rollup })
      lag.open(p, { position: readFrom, committed })
      return { readFrom, committed }
    },
    changeRules(next) {
      const isSame = next?.digest === rules.digest
      if (next !== null) rules.use(next)
      if (isSame) return
      for (const p of open.values()) {
        converger?.openBlock(p)
        aggregator?.openBlock(p)
        intake.openBlock(p, (converger ?? aggregator)?.positionIn(p) ?? 0)
      }
    },
    drop(p) {
      open.delete(partitionKey(p))
      intake.drop(p)
      converger?.drop(p)
      aggregator?.drop(p)
      count.drop(p)
      lag.drop(p)
    },
    fold(batch) {
      const items = intake.read(batch)
      converger?.fold(batch.partition, items, batch.next)
      aggregator?.fold(batch.partition, items, batch.next)
      count.add(batch.partition, items)
      lag.note(batch, intake.lastEventMs(batch.partition))
    },
    noteEnd: (p, end) => lag.noteEnd(p, end),
    fullBy() {
      if (
        (converger?.changedDocuments() ?? 0) >= settings.detail.flushDocuments ||
        (aggregator?.waitingRows() ?? 0) >= settings.rollup.flushRows
      )
        return 'size'
      return waitingBytes() >= settings.detail.flushBytes ? 'bytes' : null
    },
    // Only what a commit takes away may hold the source back: open counts stay until their block ends, and it ends by reading on.
    isOverBound: () =>
      (converger?.changedDocuments() ?? 0) >= settings.detail.maxDocuments ||
      (aggregator?.waitingRows() ?? 0) >= settings.rollup.maxRows ||
      waitingBytes() >= settings.detail.flushBytes * 2,
    maxAgeMs: () => (lag.isBehind() ? options.flushMs.behind : options.flushMs.caughtUp),
    take() {
      const detail = converger?.take() ?? null
      const rollup = aggregator?.take() ?? []
      detailProgress = detail?.progress ?? []
      count.take()
      const moved = partitionsOf([...detailProgress, ...rollup.map((part) => part.progress)])
      return {
        unit: { detail: detail?.part ?? null, rollup },
        reached: moved.map((partition) => ({ partition, next: slowest(partition) })),
      }
    },
    acknowledge(unit, kept) {
      const keys = new Set(kept.map(({ partition }) => partitionKey(partition)))
      const isKept = ({ partition }: Reached): boolean => keys.has(partitionKey(partition))
      const detail = unit.detail === null ? undefined : converger?.acknowledge(unit.detail, detailProgress.filter(isKept))
      const rollup = unit.rollup.filter(({ progress }) => isKept(progress)).flatMap(({ ledger }) => ledger.map(({ counts }) => counts))
      count.acknowledge(
        kept,
        new Map([
          ['detail', detail ?? {}],
          ['rollup', addCounts(rollup)],
        ]),
      )
      metrics.documentsFlushed.inc(unit.detail?.documents.length ?? 0)
      lag.noteCommitted(kept)
    },
  }

  function waitingBytes(): number {
    return (converger?.waitingBytes() ?? 0) + (aggregator?.waitingBytes() ?? 0)
  }

  /** Together, one branch may still be read up to where the other is. */
  function slowest(p: Partition): number {
    return Math.min(converger?.positionIn(p) ?? Infinity, aggregator?.positionIn(p) ?? Infinity)
  }
}

function partitionsOf(progress: readonly Progress[]): Partition[] {
  return [...new Map(progress.map(({ partition }) => [partitionKey(partition), partition])).values()]
}
