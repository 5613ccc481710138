/**
 * A stream between a source and a store that are small ports in memory: the test delivers batches, and decides when and how a commit ends.
 * Everything between them is the product's own.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { schema } from '../../../src/config/schema.ts'
import { createHealth } from '../../../src/health.ts'
import { createLogger } from '../../../src/log.ts'
import { createMetrics, type Metrics } from '../../../src/metrics.ts'
import { RulesInForce } from '../../../src/rules/rules.ts'
import {
  partitionKey,
  type Bounds,
  type Partition,
  type Source,
  type SourceHandler,
  type SourceRecord,
} from '../../../src/source/source.ts'
import type { DocumentUpdate, Refusal } from '../../../src/store/detail-store.ts'
import type { Progress, Resume } from '../../../src/store/position.ts'
import type { CommitReport, Opening, Store, Unit } from '../../../src/store/store.ts'
import { createStream, type Stream } from '../../../src/stream.ts'
import type { Tallies } from '../../../src/stream/tally.ts'
import { T0 } from '../../support/builders.ts'
import { someRules } from '../../support/rules.ts'

export class FakeSource implements Source {
  handler: SourceHandler | null = null
  readonly positions = new Map<string, number>()
  readonly running = new Set<string>()
  readonly through = new Map<string, number>()
  readonly ends = new Map<string, Bounds>()
  hasEnded: boolean | null = null
  isStopped = false

  async start(handler: SourceHandler): Promise<void> {
    this.handler = handler
  }
  seek(p: Partition, offset: number): void {
    this.positions.set(partitionKey(p), offset)
  }
  pause(p: Partition): void {
    this.running.delete(partitionKey(p))
  }
  resume(p: Partition): void {
    this.running.add(partitionKey(p))
  }
  async bounds(p: Partition): Promise<Bounds> {
    return this.ends.get(partitionKey(p)) ?? { begin: 0, end: 0 }
  }
  committed(p: Partition, next: number): void {
    this.through.set(partitionKey(p), next)
  }
  ended(): boolean | null {
    return this.hasEnded
  }
  async stop(): Promise<void> {
    this.isStopped = true
  }

  assign(...partitions: Partition[]): void {
    this.handler?.onAssigned(partitions)
  }

  /** Delivers the next records of a partition, whether it is paused or not: what was fetched may still arrive. */
  deliver(p: Partition, lines: readonly (string | null)[], end: number | null = null): void {
    const from = this.positions.get(partitionKey(p)) ?? 0
    const next = from + lines.length
    this.positions.set(partitionKey(p), next)
    const records = lines.map((value, i): SourceRecord => ({
      offset: from + i,
      timestampMs: T0,
      key: null,
      headers: {},
      value: value === null ? null : Buffer.from(value),
    }))
    this.handler?.onBatch({ partition: p, fetchedFrom: from, records, next, end })
  }
}

/** How a commit ends: by itself, or when the test says so. */
export interface HeldCommit {
  readonly unit: Unit
  readonly signal: AbortSignal
  finish(lost?: readonly Partition[]): void
  fail(error: unknown): void
}

export class FakeStore implements Store {
  readonly committed = new Map<string, Progress>()
  readonly opened: string[] = []
  /** Commits under way, oldest first. Empty while `holds` is false. */
  readonly held: HeldCommit[] = []
  readonly units: Unit[] = []
  /** Events in the rows that were committed, by partition. */
  readonly counted = new Map<string, number>()
  holds = false
  /** As in the report of the next commits. */
  needsNewBlocks = false
  mostAtOnce = 0
  /** Where a branch of a partition goes on, unless something was committed since. */
  resumeOf: (branch: 'detail' | 'rollup', p: Partition) => Resume = () => ({ incarnation: 0, from: 0, next: 0, lost: null })
  /** Why a document is not taken. */
  refusalOf: (document: DocumentUpdate, i: number) => Pick<Refusal, 'detail' | 'expired'> | null = () => null
  onOpen: () => void | Promise<void> = () => {}
  readonly #branches: readonly string[]

  constructor(branches: readonly string[]) {
    this.#branches = branches
  }

  async open(p: Partition): Promise<Opening> {
    this.opened.push(partitionKey(p))
    await this.onOpen()
    const resume = (branch: 'detail' | 'rollup'): Resume | null => (this.#branches.includes(branch) ? this.#resume(branch, p) : null)
    return { detail: resume('detail'), rollup: resume('rollup') }
  }

  commit(unit: Unit, signal: AbortSignal): Promise<CommitReport> {
    this.units.push(unit)
    if (!this.holds) return Promise.resolve(this.#apply(unit, []))
    return new Promise((resolve, reject) => {
      const leave = (): void => void this.held.splice(this.held.indexOf(commit), 1)
      const commit: HeldCommit = {
        unit,
        signal,
        finish: (lost = []) => {
          leave()
          resolve(this.#apply(unit, lost))
        },
        fail: (error) => {
          leave()
          reject(error)
        },
      }
      this.held.push(commit)
      this.mostAtOnce = Math.max(this.mostAtOnce, this.held.length)
    })
  }

  async close(): Promise<void> {}

  nextOf(branch: 'detail' | 'rollup', p: Partition): number | undefined {
    return this.committed.get(`${branch} ${partitionKey(p)}`)?.next
  }

  #apply({ detail, rollup }: Unit, lost: readonly Partition[]): CommitReport {
    const keys = new Set(lost.map(partitionKey))
    const move = (branch: string, progress: Progress): void => {
      if (!keys.has(partitionKey(progress.partition))) this.committed.set(`${branch} ${partitionKey(progress.partition)}`, progress)
    }
    const refusals = (detail?.documents ?? []).flatMap((document, i): Refusal[] => {
      const refusal = this.refusalOf(document, i)
      return refusal === null ? [] : [{ id: document.id, ...refusal }]
    })
    const settlement = detail?.settle(refusals)
    for (const progress of settlement?.progress ?? []) move('detail', progress)
    for (const { progress, rows } of rollup) {
      const key = partitionKey(progress.partition)
      move('rollup', progress)
      if (!keys.has(key)) this.counted.set(key, (this.counted.get(key) ?? 0) + rows.reduce((sum, { count }) => sum + count, 0))
    }
    const refused = (settlement?.letters ?? []).filter(({ stage }) => stage === 'store')
    return {
      lost,
      refusedEvents: refused.reduce((sum, { events }) => sum + events, 0),
      needsNewBlocks: this.needsNewBlocks || refused.length > 0,
    }
  }

  #resume(branch: 'detail' | 'rollup', p: Partition): Resume {
    const at = this.committed.get(`${branch} ${partitionKey(p)}`)
    return at === undefined ? this.resumeOf(branch, p) : { incarnation: at.incarnation, from: at.from, next: at.next, lost: null }
  }
}

export interface Harness {
  readonly stream: Stream
  readonly source: FakeSource
  readonly store: FakeStore
  readonly health: ReturnType<typeof createHealth>
  readonly metrics: Metrics
}

export async function startStream(
  over: {
    branches?: readonly ('detail' | 'rollup')[]
    settings?: object
    exitAtEnd?: boolean
    now?: () => number
    tallies?: Tallies
    metrics?: Metrics
    clusterId?: string
  } = {},
): Promise<Harness> {
  const { branches = ['rollup'], exitAtEnd = false, now = () => T0, tallies, metrics = createMetrics(), clusterId = '' } = over
  const settings = schema.parse({ blockSize: 10, ...over.settings })
  const [source, store, health] = [new FakeSource(), new FakeStore(branches), createHealth()]
  const log = createLogger({ level: 'fatal' })
  const stream = createStream({
    branches,
    clusterId,
    source,
    store,
    intake: { settings, now, metrics },
    settings,
    rules: new RulesInForce(someRules(settings)),
    flushMs: { caughtUp: 1_000, behind: 5_000 },
    exitAtEnd,
    ...(tallies === undefined ? {} : { tallies }),
    metrics,
    health,
    log,
    now,
  })
  await stream.start()
  return { stream, source, store, health, metrics }
}

/** A log line whose message is its own error. */
export function errorLine(message: string): string {
  return JSON.stringify({ timeMillis: T0, level: 'ERROR', loggerName: 'a', message, loggerFqcn: 'x', contextMap: { job: 'orders' } })
}

export function errorLines(count: number, prefix = 'm'): string[] {
  return Array.from({ length: count }, (_, i) => errorLine(`${prefix}${i}`))
}

/**
 * All that can go on without a timer has gone on. Source and store answer with promises alone, and Node.js empties the queue of what waits for promises,
 * however long it grows meanwhile, before it takes the next turn: one is enough, and no number of them is a time.
 */
export async function settle(): Promise<void> {
  await turn()
}
