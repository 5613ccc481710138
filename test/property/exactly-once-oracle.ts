/**
 * The oracle of exactly-once.test.ts: for each branch and offset, what should become of it, from the log's description and from what happened to
 * the log (other rules from an offset on, offsets that expired). It never looks at what the product did.
 */
import { BRANCHES, type BranchName } from '../../src/store/position.ts'
import { factsOf, type Fact, type LogRecord } from './exactly-once-log.ts'

export interface Expected {
  readonly groups: Map<string, { count: number; firstMs: number; lastMs: number; readonly hosts: Set<string> }>
  readonly outcomes: Map<string, number>
  readonly dead: Set<string>
}

/** What should become of every offset, for each branch. */
export class FactTable {
  readonly #logs: readonly (readonly LogRecord[])[]
  /** From which offset on which version of the rules holds. */
  readonly #rules: { readonly branch: BranchName; readonly partition: number; readonly from: number; readonly version: number }[] = []
  readonly #lost = new Set<string>()
  /** By version, partition and offset. */
  readonly #facts: Record<number, Fact[][][]>

  constructor(theLogs: readonly (readonly LogRecord[])[]) {
    this.#logs = theLogs
    const by = (version: number) => theLogs.map((log) => log.map((record) => factsOf(record, version)))
    this.#facts = { 1: by(1), 2: by(2) }
  }

  changeRules(version: number, positionOf: (branch: BranchName, partition: number) => number): void {
    for (const branch of BRANCHES)
      for (const partition of this.#logs.keys()) this.#rules.push({ branch, partition, from: positionOf(branch, partition), version })
  }

  lose(branch: BranchName, partition: number, from: number, to: number): void {
    for (let offset = from; offset < to; offset++) this.#lost.add([branch, partition, offset].join())
  }

  /** For all offsets below `upTo`. `limited`: groups are not told apart, since the limit on groups is in force. */
  expected(branch: BranchName, upTo: (partition: number) => number, limited: boolean): Expected {
    const expected: Expected = { groups: new Map(), outcomes: new Map(), dead: new Set() }
    const tally = (outcome: string): void => {
      for (const name of [outcome, 'consumed']) expected.outcomes.set(name, (expected.outcomes.get(name) ?? 0) + 1)
    }
    for (const [partition, log] of this.#logs.entries()) {
      for (let offset = 0; offset < Math.min(log.length, upTo(partition)); offset++) {
        if (this.#lost.has([branch, partition, offset].join())) tally('expired')
        else
          for (const [index, fact] of (this.#facts[this.#versionAt(branch, partition, offset)]?.[partition]?.[offset] ?? []).entries()) {
            tally(fact.outcome)
            if (fact.outcome === 'dead.not_json') expected.dead.add(`main/error-logs/0/${partition}@${offset}#${index}:decode`)
            if (fact.outcome === 'counted' && !limited) countInto(expected, fact)
          }
      }
    }
    return expected
  }

  #versionAt(branch: BranchName, partition: number, offset: number): number {
    return this.#rules.findLast((rule) => rule.branch === branch && rule.partition === partition && rule.from <= offset)?.version ?? 1
  }
}

function countInto({ groups }: Expected, { job, fp, window, timeMs, host }: Extract<Fact, { outcome: 'counted' }>): void {
  const key = [job, fp, window].join('\0')
  const group = groups.get(key) ?? { count: 0, firstMs: Infinity, lastMs: -Infinity, hosts: new Set<string>() }
  groups.set(key, group)
  group.count++
  group.firstMs = Math.min(group.firstMs, timeMs)
  group.lastMs = Math.max(group.lastMs, timeMs)
  group.hosts.add(host)
}
