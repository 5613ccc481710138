/**
 * The loop of one stream: assignments and batches in, units committed. It knows nothing of errors or fingerprints, only when to open, fold,
 * commit, pause and stop.
 *
 * A partition:
 *   assigned --(store.open, seek, resume)--> open --(batch)--> open --(lost | reopened)--> assigned
 *
 * Invariants:
 * - A new assignment voids everything: the commit under way is aborted, all that was folded is dropped, every partition is opened again.
 * - At most one commit is under way; folding goes on meanwhile, up to the bounds, and past them the source is paused.
 * - The age of a unit starts with its first item.
 *
 * Delivery: nothing is acknowledged here. A store that is away is retried inside the store; an unknown error ends the process with
 * nothing committed. Stop: no more batches, a last commit, then the source is left; past the deadline it is aborted.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { Assignment, type Assigned } from './assignment.ts'
import { AtRest } from './at-rest.ts'
import { isTracefoldError, messageOf, TracefoldError } from '../errors.ts'
import type { Folding } from './folding.ts'
import type { HealthRegistry } from '../health.ts'
import { retry } from '../lib/retry.ts'
import type { LoopClock } from './loop-clock.ts'
import type { FlushTrigger, RunnerEvents } from '../metrics.ts'
import { RunEnd } from './run-end.ts'
import type { StreamRules } from '../rules/rules.ts'
import { partitionKey, type Batch, type Partition, type Source, type SourceHandler } from '../source/source.ts'
import { isEmpty, lostRanges, type Store } from '../store/store.ts'

/** Graceful for this long, then forceful. Under Kubernetes' default of 30 s. */
const STOP_DEADLINE_MS = 20_000
/** One may be a successor's fence; from so many in a row on, nothing is counted though all seems to go on. */
const LOST_IN_A_ROW = 2
/** How long a stop waits for openings under way, which a client's own retries may hold up. */
const OPENING_PATIENCE_MS = 5_000

export interface RunnerOptions {
  readonly name: string
  readonly source: Source
  readonly store: Store
  readonly folding: Folding
  readonly exitAtEnd: boolean
  readonly clock: LoopClock
  readonly events: RunnerEvents
  readonly health: HealthRegistry
  readonly log: Logger
  readonly now: () => number
}

export class Runner implements SourceHandler {
  readonly #options: RunnerOptions
  readonly #done: Promise<void>
  #finish: () => void = () => {}
  #fail: (error: unknown) => void = () => {}
  readonly #end: RunEnd
  readonly #atRest = new AtRest()
  #assignment = new Assignment()
  #wasAssigned = false
  #committing: Promise<void> | null = null
  /** Openings under way: a stop waits for them, or they would connect again what is closed after it. */
  readonly #opening = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | null = null
  #firstAtMs: number | null = null
  /** Commits since the last one of which anything held. */
  #lostInARow = 0
  #stopping = false

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#end = new RunEnd(options.source, options.exitAtEnd)
    this.#done = new Promise((resolve, reject) => {
      this.#finish = resolve
      this.#fail = reject
    })
    this.#done.catch(() => {}) // whoever waits for it handles it
  }

  /** Resolves when the end was reached (`exitAtEnd`) or after a stop; rejects when the stream cannot go on. */
  get done(): Promise<void> {
    return this.#done
  }

  async start(): Promise<void> {
    await this.#options.source.start(this)
  }

  onAssigned(partitions: readonly Partition[]): void {
    this.#wasAssigned = true
    this.#options.events.rebalanced()
    this.#assignment.abort()
    this.#lostInARow = 0
    if (partitions.length === 0) this.#sayWell('has no partitions')
    this.#atRest.forgetOpenings()
    for (const partition of this.#assignment.partitions()) this.#options.folding.drop(partition)
    this.#assignment = new Assignment()
    this.#voidUnit()
    for (const partition of partitions) this.onAdded(partition)
    this.#checkEnd()
  }

  onAdded(partition: Partition): void {
    if (this.#stopping) return
    const assignment = this.#assignment
    const opening = this.#open(assignment.add(partition), assignment)
      .catch((error: unknown) => this.#onOpenFailed(error, assignment))
      .finally(() => this.#opening.delete(opening))
    this.#opening.add(opening)
  }

  onRemoved(partition: Partition): void {
    this.#assignment.remove(partition)
    this.#options.folding.drop(partition)
    this.#checkEnd()
  }

  onReopen(partition: Partition): void {
    this.#options.folding.drop(partition)
    this.#options.source.pause(partition)
    if (this.#assignment.of(partition) !== undefined) this.onAdded(partition)
  }

  onBatch(batch: Batch): void {
    const assigned = this.#assignment.of(batch.partition)
    if (this.#stopping || assigned === undefined || !assigned.isOpen) return
    const { folding, clock, now } = this.#options
    clock.enter('decoding')
    folding.fold(batch)
    assigned.next = batch.next
    this.#firstAtMs ??= now()
    this.#enterIdle()
    if (folding.isOverBound()) this.#pauseAll()
    this.#schedule()
  }

  onEnd(partition: Partition, end: number): void {
    this.#options.folding.noteEnd(partition, end)
  }

  /** Puts other rules into force once what was folded is committed; until then the source is paused. Null: the same rules, in new blocks. */
  changeRules(rules: StreamRules | null): void {
    this.#atRest.turn(rules)
    this.#pauseAll()
    if (this.#committing === null && !this.#stopping) this.#startCommit('rules')
  }

  /**
   * Opens a partition again, where an operator skipped: once what was folded is committed, so that the skipped range begins behind it. Until then
   * the source is paused. One that is not ours is opened by its owner.
   */
  reopen(partition: Partition): void {
    if (this.#assignment.of(partition) === undefined || this.#stopping) return
    this.#atRest.reopen(partition)
    this.#pauseAll()
    if (this.#committing === null) this.#startCommit('reopen')
  }

  onFailed(error: unknown): void {
    this.#fail(error)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#voidUnit()
    const deadline = setTimeout(() => this.#assignment.abort(), STOP_DEADLINE_MS)
    try {
      await this.#committing
      if (!this.#assignment.signal.aborted) {
        this.#options.events.committing('stop')
        await this.#commit()
        if (this.#atRest.takeTurn()?.rules === null) {
          this.#options.folding.changeRules(null)
          await this.#commit()
        }
      }
    } catch (error) {
      this.#options.log.warn(
        { stream: this.#options.name, error: String(error) },
        'the last commit did not go through; its records are read again',
      )
    } finally {
      clearTimeout(deadline)
      this.#assignment.abort()
      await Promise.race([Promise.all(this.#opening), delay(OPENING_PATIENCE_MS, undefined, { ref: false })])
      await this.#options.source.stop()
      this.#finish()
    }
  }

  async #open(assigned: Assigned, assignment: Assignment): Promise<void> {
    const { store, folding, source, health, name } = this.#options
    const { signal } = assignment
    const key = partitionKey(assigned.partition)
    const { digest } = folding.rules
    await this.#committing?.catch(() => {}) // whoever started it handles it
    const opening = await retry(() => store.open(assigned.partition, signal), {
      signal,
      isRetriable: (error) => (error instanceof TracefoldError ? error.retriable || error.code === 'partition_lost' : false),
      onRetry: (error) => health.set(`stream ${name}`, false, `cannot open ${key}, and tries again: ${messageOf(error)}`),
    })
    await this.#end.note(assigned, signal)
    if (signal.aborted || assignment.of(assigned.partition) !== assigned) return
    if (folding.rules.digest !== digest) return this.#open(assigned, assignment) // it was opened by rules that are not in force any more
    this.#sayWell('reads')
    for (const range of lostRanges(opening))
      this.#options.log.error({ partition: key, ...range }, 'this range of offsets is not counted; the ledger says so')
    const { readFrom, committed } = folding.open(assigned.partition, opening)
    assigned.next = readFrom
    assigned.committed = committed
    assigned.isOpen = true
    source.seek(assigned.partition, assigned.next)
    if (this.#isPausing()) assigned.isPaused = true
    else source.resume(assigned.partition)
    if (lostRanges(opening).length > 0) this.#commitSoon()
    this.#checkEnd()
  }

  /** Not where commits are lost again and again: openings in between go well. */
  #sayWell(detail: string): void {
    const isWell = this.#lostInARow < LOST_IN_A_ROW
    const lost = `the last ${this.#lostInARow} commits did not go through; the log says why`
    this.#options.health.set(`stream ${this.#options.name}`, isWell, isWell ? detail : lost)
  }

  /** A lost range is said in the ledger before anything behind it is. */
  #commitSoon(): void {
    this.#firstAtMs ??= this.#options.now()
    if (this.#committing === null && !this.#stopping) this.#startCommit('reopen')
  }

  #onOpenFailed(error: unknown, assignment: Assignment): void {
    if (assignment.signal.aborted || isTracefoldError(error, 'aborted')) return
    this.#options.health.set(`stream ${this.#options.name}`, false, String(error))
    this.onFailed(error)
  }

  #schedule(): void {
    const { folding, now } = this.#options
    if (this.#committing !== null || this.#stopping || this.#firstAtMs === null) return
    const fullBy = this.#atRest.due() ?? folding.fullBy()
    if (fullBy !== null) {
      this.#stopTimer()
      this.#startCommit(fullBy)
      return
    }
    if (this.#timer !== null) return
    const dueInMs = Math.max(0, this.#firstAtMs + folding.maxAgeMs() - now())
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#startCommit('age')
    }, dueInMs)
  }

  #startCommit(trigger: FlushTrigger): void {
    this.#options.events.committing(trigger)
    this.#commit().catch((error: unknown) => this.onFailed(error))
  }

  /** Commits all that was folded. Resolves also where it was lost or aborted; then the partitions are opened again. */
  #commit(): Promise<void> {
    const work = this.#commitUnit().finally(() => {
      this.#committing = null
      this.#doWhatIsDue()
      this.#enterIdle()
      this.#resumeAll()
      this.#schedule()
    })
    this.#committing = work
    this.#enterIdle()
    return work
  }

  async #commitUnit(): Promise<void> {
    const { store, folding, source } = this.#options
    const assignment = this.#assignment
    this.#firstAtMs = null
    const { unit, reached } = folding.take()
    if (isEmpty(unit) && reached.length === 0) return
    try {
      const report = await store.commit(unit, assignment.signal)
      if (assignment !== this.#assignment) return
      const lost = new Set(report.lost.map(partitionKey))
      const kept = reached.filter(({ partition }) => !lost.has(partitionKey(partition)))
      folding.acknowledge(unit, kept)
      for (const { partition, next } of kept) {
        this.#assignment.noteCommitted(partition, next)
        source.committed(partition, next)
      }
      this.#options.events.lost(report.lost.length)
      if (report.needsNewBlocks === true) this.changeRules(null) // a restart would read what is open again, and count what has letters
      for (const partition of report.lost) this.onReopen(partition)
      this.#lostInARow = report.lost.length > 0 && kept.length === 0 ? this.#lostInARow + 1 : 0
      this.#sayWell('commits')
      this.#checkEnd()
    } catch (error) {
      if (!isTracefoldError(error, 'aborted') && !isTracefoldError(error, 'partition_lost')) throw error
      if (assignment === this.#assignment && !this.#stopping) for (const partition of assignment.partitions()) this.onReopen(partition)
    }
  }

  /**
   * The first commit by the new rules says where their blocks begin, and holds nothing else: a kill before it, and a start with the rules before, would
   * else leave documents marked by a block that nobody knows of.
   */
  #doWhatIsDue(): void {
    if (this.#committing !== null || this.#firstAtMs !== null || this.#stopping) return
    const turn = this.#atRest.takeTurn()
    if (turn === null) return this.#atRest.takeOpenings().forEach((partition) => this.onReopen(partition))
    this.#options.folding.changeRules(turn.rules)
    this.#startCommit('rules')
  }

  #checkEnd(): void {
    if (this.#wasAssigned && !this.#stopping && this.#end.isReached(this.#assignment)) this.#finish()
  }

  #isPausing(): boolean {
    return this.#atRest.due() !== null || this.#options.folding.isOverBound()
  }

  #pauseAll(): void {
    this.#assignment.pauseAll(this.#options.source)
    this.#enterIdle()
  }

  #resumeAll(): void {
    if (this.#isPausing()) return
    this.#assignment.resumeAll(this.#options.source)
    this.#enterIdle()
  }

  #enterIdle(): void {
    this.#options.clock.enter(this.#assignment.isPaused() ? 'backpressure' : this.#committing === null ? 'waiting' : 'writing')
  }

  /** What was folded is gone, or goes another way. */
  #voidUnit(): void {
    this.#stopTimer()
    this.#firstAtMs = null
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
