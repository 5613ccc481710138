/**
 * THE PICTURE. Two branches over one kind of source, apart (a stream each, with a source and a consumer group of its own) or together (one
 * stream that carries both):
 *
 *   source -> decode -> fingerprint -> converge              -> DetailStore     offsets follow the written documents
 *   source -> decode -> fingerprint -> classify -> aggregate -> RollupStore     rows and offsets in one transaction
 *                \- dead letter (reason, position, original bytes)
 *
 * stream/intake.ts is the front that both share (decode, redact, filter, fingerprint, classify); detail/converge.ts and rollup/aggregate.ts fold, side by
 * side in stream/branch-folding.ts; stream/runner.ts is the loop that opens, folds, commits and pauses.
 *
 * The promise: every event is counted exactly once in each store, whatever is killed whenever. A stream holds no state that a replay
 * does not bring back: the store says where to go on (`open`), takes a unit of work with its positions (`commit`), and what was
 * not committed is read again.
 */
import type { Logger } from 'pino'
import { watchCommits } from './stream/commit-watch.ts'
import type { HealthRegistry } from './health.ts'
import { LagWatch, type StreamProgress } from './stream/lag.ts'
import { LoopClock, type Spent } from './stream/loop-clock.ts'
import type { LoopState, RunnerEvents } from './metrics.ts'
import { BranchFolding, type FoldingOptions } from './stream/branch-folding.ts'
import { Runner } from './stream/runner.ts'
import { recentIds } from './detail/recent-ids.ts'
import type { Source } from './source/source.ts'
import type { BranchName } from './store/position.ts'
import type { Store } from './store/store.ts'

export interface StreamOptions extends FoldingOptions {
  /** The source's cluster, where there are several. */
  readonly cluster?: string | null
  /** Kafka's own id of it, for metrics; '' where the source is no Kafka. */
  readonly clusterId?: string
  readonly source: Source
  readonly store: Store
  readonly exitAtEnd: boolean
  readonly health: HealthRegistry
  readonly log: Logger
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
    folding: new BranchFolding(options, recentIds(), lag),
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
