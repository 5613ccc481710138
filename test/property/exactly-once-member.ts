/**
 * One process of the simulation: the product's own folding (intake, converger, aggregator) over the simulated log, driven as the runner drives it:
 * open, fold, take, commit, acknowledge; what was lost is dropped and opened again.
 */
import { schema, type Settings } from '../../src/config/schema.ts'
import { createMetrics } from '../../src/metrics.ts'
import { RulesInForce, type StreamRules } from '../../src/rules/rules.ts'
import type { Folding } from '../../src/stream/folding.ts'
import type { Reached } from '../../src/store/position.ts'
import type { Unit } from '../../src/store/store.ts'
import { BranchFolding, type FoldingOptions } from '../../src/stream/branch-folding.ts'
import { someRules } from '../support/rules.ts'
import type { Cluster, Fence, Kind, Sending } from './exactly-once-cluster.ts'
import { analyseBy, NOW_MS, partitionOf, sourceRecord } from './exactly-once-log.ts'

export interface Limits {
  readonly blockSize: number
  readonly maxGroupsPerJob: number
  readonly maxGroupsPerBlock: number
}

/** Dear to make, and alike for all members. */
const metrics = createMetrics()
const settingsOf = new WeakMap<Limits, Settings>()

function settingsBy(limits: Limits): Settings {
  const settings = settingsOf.get(limits) ?? schema.parse(limits)
  settingsOf.set(limits, settings)
  return settings
}

interface UnderWay {
  readonly unit: Unit
  readonly reached: readonly Reached[]
  readonly sending: Sending
}

export class Member {
  readonly kind: Kind
  readonly #cluster: Cluster
  readonly #folding: Folding
  readonly #limits: Limits
  #rules: string
  readonly #fence: Fence
  readonly #assigned: ReadonlySet<number>
  /** Where the next batch begins, for each partition that is open. */
  readonly #positions = new Map<number, number>()
  #underWay: UnderWay | null = null

  constructor(cluster: Cluster, kind: Kind, version: number, limits: Limits, assigned: ReadonlySet<number>) {
    this.kind = kind
    this.#cluster = cluster
    this.#limits = limits
    this.#rules = digestOf(version, limits)
    this.#fence = cluster.join(kind)
    this.#assigned = assigned
    const settings = settingsBy(limits)
    const now = (): number => NOW_MS
    const options: FoldingOptions = {
      branches: kind === 'both' ? ['detail', 'rollup'] : [kind],
      settings,
      rules: new RulesInForce(rulesOf(version, limits)),
      now,
      metrics,
      flushMs: { caughtUp: 1, behind: 1 },
      intake: { settings, now, metrics: null },
    }
    this.#folding = new BranchFolding(options, new Map())
  }

  /** Reads up to `count` offsets of a partition, and opens it before if need be. Returns where it stands now; null where it is not ours. */
  read(partition: number, count: number): number | null {
    if (!this.#assigned.has(partition)) return null
    const from = this.#positions.get(partition) ?? this.#open(partition)
    const next = Math.min(from + count, this.#cluster.end(partition))
    if (next === from) return next
    const records = (this.#cluster.logs[partition] ?? []).slice(from, next).flatMap((record, i) => sourceRecord(record, from + i) ?? [])
    this.#folding.fold({ partition: partitionOf(partition), fetchedFrom: from, records, next, end: this.#cluster.end(partition) })
    this.#positions.set(partition, next)
    return next
  }

  isCommitting(): boolean {
    return this.#underWay !== null
  }

  /** Begins a commit of all that was folded, unless one is under way or nothing has changed. */
  flush(): void {
    if (this.#underWay !== null) return
    const { unit, reached } = this.#folding.take()
    if (reached.length > 0 || (unit.detail?.documents.length ?? 0) > 0)
      this.#underWay = { unit, reached, sending: this.#cluster.send(this.#fence, unit) }
  }

  /** Carries out up to `steps` of the commit under way. */
  advance(steps: number): void {
    const at = this.#underWay
    if (at === null) return
    for (let i = 0; i < steps && !at.sending.done; i++) at.sending.next()
    if (!at.sending.done) return
    this.#underWay = null
    this.#folding.acknowledge(
      at.unit,
      at.reached.filter(({ partition }) => !at.sending.lost.has(partition.partition)),
    )
    for (const partition of at.sending.lost) this.#drop(partition)
  }

  /** The process is gone, or has dropped all it held. What it sent is still on its way. */
  abandon(): Sending | null {
    const at = this.#underWay
    this.#underWay = null
    return at === null ? null : at.sending
  }

  /** Other rules while it runs: all that was folded is committed. The commit that says where their blocks begin is under way then. */
  changeRules(version: number): void {
    this.#rules = digestOf(version, this.#limits)
    this.#folding.changeRules(rulesOf(version, this.#limits))
    this.flush()
  }

  /** The documents under way, sent once more. */
  resend(): Sending | null {
    const part = this.#underWay?.unit.detail ?? null
    return part === null ? null : this.#cluster.resend(part)
  }

  /** The end of a graceful stop: what was folded is committed. */
  commitAll(): void {
    this.advance(Infinity)
    this.flush()
    this.advance(Infinity)
  }

  #open(partition: number): number {
    const { readFrom } = this.#folding.open(partitionOf(partition), this.#cluster.open(this.#fence, partition, this.#rules))
    this.#positions.set(partition, readFrom)
    return readFrom
  }

  #drop(partition: number): void {
    this.#folding.drop(partitionOf(partition))
    this.#positions.delete(partition)
  }
}

function rulesOf(version: number, limits: Limits): StreamRules {
  return someRules(settingsBy(limits), { digest: digestOf(version, limits), analyse: analyseBy(version) })
}

/** What decides comes first: an epoch is named by the beginning. */
function digestOf(version: number, { blockSize }: Limits): string {
  return `${version}-${blockSize}-rules`
}
