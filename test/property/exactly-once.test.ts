/**
 * Exactly once, whatever is killed whenever: the product's folding over a simulated log and cluster, through random schedules of batches,
 * flushes that fail at any step or arrive late, kills, processes that do not know that they lost their partitions, rebalances, both
 * ways to run the branches, other rules and expired offsets. At the end everything is read to its end and compared with the oracle.
 *
 * What stays outside the promise: other rules, or a log whose beginning passes the open block, while something lies flushed and not
 * committed. So a change of either waits until all that was flushed is committed, and nothing is on its way.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentId } from '../../src/detail/document.ts'
import type { Refusal } from '../../src/store/detail-store.ts'
import type { BranchName } from '../../src/store/position.ts'
import { Cluster, type Kind, type Sending } from './exactly-once-cluster.ts'
import { logs, type LogRecord } from './exactly-once-log.ts'
import { Member, type Limits } from './exactly-once-member.ts'
import { BRANCHES, FactTable } from './exactly-once-oracle.ts'

const RUNS = 120
/** On a busy machine fewer runs are made. */
const MOST_MS = 12_000

type Action =
  | { readonly do: 'read'; readonly who: number; readonly partition: number; readonly count: number }
  | { readonly do: 'flush' | 'finish' | 'resend' | 'kill' | 'zombie' | 'stop'; readonly who: number }
  | { readonly do: 'advance' | 'late'; readonly who: number; readonly steps: number }
  | { readonly do: 'switch' | 'rules' | 'live-rules'; readonly who: number }
  | { readonly do: 'truncate'; readonly who: number; readonly partition: number; readonly count: number }

interface Plan {
  readonly logs: readonly (readonly LogRecord[])[]
  readonly actions: readonly Action[]
  readonly limits: Limits
  readonly together: boolean
  /** Of all documents, about one in so many is refused, and one in so many is too old; 0: none. */
  readonly refuseOneIn: number
}

/** The members of one group: each partition belongs to one of them. */
interface Group {
  readonly kind: Kind
  members: Member[]
}

class World {
  readonly cluster: Cluster
  readonly plan: Plan
  readonly facts: FactTable
  readonly #late: Sending[] = []
  /** Processes that go on without knowing that their partitions were given to others. */
  readonly #zombies: Member[] = []
  /** The farthest that anybody folded: up to there something may lie flushed and not committed. */
  readonly #folded: number[]
  #groups: Group[] = []
  #version = 1
  #turn = 0
  #together: boolean

  constructor(plan: Plan) {
    this.plan = plan
    this.cluster = new Cluster(plan.logs, refusalOf(plan))
    this.facts = new FactTable(plan.logs)
    this.#folded = plan.logs.map(() => 0)
    this.#together = plan.together
    this.cluster.onCommitted = (branch) => this.checkCovered(branch)
    this.#regroup()
  }

  act(action: Action): void {
    const member = this.#memberOf(action.who)
    if (action.do === 'read') this.#read(member, action.partition % this.plan.logs.length, action.count)
    else if (action.do === 'flush') member.flush()
    else if (action.do === 'advance') member.advance(action.steps)
    else if (action.do === 'finish') member.advance(Infinity)
    else if (action.do === 'late') this.#arriveLate(action.who, action.steps)
    else if (action.do === 'resend') this.#keep(member.resend())
    else if (action.do === 'truncate') this.#truncate(action.partition % this.plan.logs.length, action.count)
    else if (action.do === 'rules') this.#changeRules()
    else if (action.do === 'live-rules') this.#changeRulesLive()
    else if (action.do === 'switch') this.#switch()
    else this.#leave(member, action.do)
  }

  /** Reads and commits everything, lets everything late arrive, and lets the zombies have their last word. */
  drain(): void {
    this.#catchUp((partition) => this.cluster.end(partition))
    for (const zombie of this.#zombies) zombie.commitAll()
    for (const sending of this.#late) while (!sending.done) sending.next()
  }

  #leave(member: Member, how: Exclude<Action['do'], 'read' | 'flush' | 'advance' | 'finish' | 'late' | 'resend' | 'truncate' | 'rules' | 'live-rules' | 'switch'>): void {
    if (how === 'stop') member.commitAll()
    if (this.#zombies.includes(member)) this.#zombies.splice(this.#zombies.indexOf(member), 1)
    if (how === 'zombie') this.#zombies.push(member)
    else this.#keep(member.abandon())
    this.#rebalance(member.kind)
  }

  #memberOf(who: number): Member {
    const all = [...this.#groups.flatMap(({ members }) => members), ...this.#zombies]
    return all[who % all.length] as Member // there is always a member
  }

  #keep(sending: Sending | null): void {
    if (sending !== null) this.#late.push(sending)
  }

  #arriveLate(which: number, steps: number): void {
    const sending = this.#late[which % Math.max(1, this.#late.length)]
    for (let i = 0; i < steps; i++) sending?.next()
  }

  #read(member: Member, partition: number, count: number): void {
    const next = member.read(partition, count)
    if (next !== null) this.#folded[partition] = Math.max(this.#folded[partition] ?? 0, next)
  }

  /** All members leave and join anew: whoever had something folded has dropped it. */
  #rebalance(kind: Kind): void {
    this.cluster.rebalance(kind)
    this.#turn++
    for (const group of this.#groups) {
      if (group.kind !== kind) continue
      for (const member of group.members) if (!this.#zombies.includes(member)) this.#keep(member.abandon())
      group.members = this.#membersOf(kind)
    }
  }

  #regroup(): void {
    const kinds: Kind[] = this.#together ? ['both'] : ['detail', 'rollup']
    this.#groups = kinds.map((kind) => ({ kind, members: this.#membersOf(kind) }))
  }

  #membersOf(kind: Kind): Member[] {
    const partitions = this.plan.logs.map((_, i) => i)
    return [0, 1].map((member) => new Member(this.cluster, kind, this.#version, this.plan.limits, new Set(partitions.filter((p) => (p + this.#turn) % 2 === member))))
  }

  #switch(): void {
    for (const { kind, members } of this.#groups) {
      for (const member of members) this.#keep(member.abandon())
      this.cluster.rebalance(kind)
    }
    this.#together = !this.#together
    this.#regroup()
  }

  #changeRules(): void {
    this.#stopCleanly()
    this.#version = 3 - this.#version
    this.facts.changeRules(this.#version, (branch, partition) => this.cluster.offsets[branch].get(partition)?.next ?? 0)
    this.#regroup()
  }

  /** As `#changeRules`, but nobody stops. */
  #changeRulesLive(): void {
    this.#stopCleanly()
    this.#version = 3 - this.#version
    this.facts.changeRules(this.#version, (branch, partition) => this.cluster.offsets[branch].get(partition)?.next ?? 0)
    for (const member of this.#groups.flatMap(({ members }) => members)) member.changeRules(this.#version)
  }

  /** The log's beginning moves. What a branch had not read by then is lost to it. */
  #truncate(partition: number, count: number): void {
    this.#stopCleanly()
    const begin = Math.min(this.cluster.end(partition), (this.cluster.begins[partition] ?? 0) + count)
    const positions = BRANCHES.map((branch) => this.cluster.offsets[branch].get(partition)?.next)
    if (!positions.includes(undefined)) {
      this.cluster.begins[partition] = begin
      for (const [i, branch] of BRANCHES.entries()) this.facts.lose(branch, partition, positions[i] ?? 0, begin)
    }
    this.#regroup()
  }

  /** Nothing is on its way, and all that was ever folded is committed. */
  #stopCleanly(): void {
    this.#zombies.length = 0
    this.#late.length = 0
    this.#catchUp((partition) => this.#folded[partition] ?? 0)
  }

  #catchUp(upTo: (partition: number) => number): void {
    for (let round = 0; round < 3; round++) {
      for (const member of this.#groups.flatMap(({ members }) => members)) {
        for (const partition of this.plan.logs.keys()) {
          const at = member.read(partition, 0)
          if (at !== null) this.#read(member, partition, Math.max(0, upTo(partition) - at))
        }
        member.commitAll()
      }
    }
  }

  /** No position lies past an event that its store does not hold. */
  checkCovered(branch: BranchName): void {
    const expected = this.facts.expected(branch, (partition) => this.cluster.offsets[branch].get(partition)?.next ?? 0, this.#limited())
    for (const [key, { count }] of expected.groups) {
      const held = branch === 'rollup' ? this.cluster.rows.get(key) : this.#heldOf(key)
      const isRight = branch === 'rollup' ? held === count : (held ?? 0) >= count
      if (!isRight) throw new Error(`${branch}: ${count} events of ${key} lie below the position, ${held} are stored`)
    }
  }

  #heldOf(key: string): number | undefined {
    const id = documentId(key)
    return refusalOf(this.plan)(id) === null ? this.cluster.documents.get(id)?.count : Infinity
  }

  #limited(): boolean {
    return this.plan.limits.maxGroupsPerJob < 100
  }
}

/** A store that refuses always refuses the same documents. */
function refusalOf({ refuseOneIn }: Plan): (id: string) => Refusal | null {
  return (id) => {
    const draw = refuseOneIn === 0 ? -1 : Number.parseInt(id.slice(0, 6), 16) % refuseOneIn
    return draw === 0 || draw === 1 ? { id, detail: 'the simulation refuses it', expired: draw === 1 } : null
  }
}

function plans(limits: fc.Arbitrary<Limits>): fc.Arbitrary<Plan> {
  const who = fc.nat(5)
  const actions: fc.Arbitrary<Action> = fc.oneof(
    { weight: 10, arbitrary: fc.record({ do: fc.constant('read' as const), who, partition: fc.nat(2), count: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'finish' as const), who }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('advance' as const, 'late' as const), who, steps: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('resend' as const, 'kill' as const, 'zombie' as const, 'stop' as const), who }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('switch' as const, 'rules' as const, 'live-rules' as const), who }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), who, partition: fc.nat(2), count: fc.integer({ min: 1, max: 25 }) }) },
  )
  return fc.record({ logs: logs(), actions: fc.array(actions, { maxLength: 80, size: 'max' }), limits, together: fc.boolean(), refuseOneIn: fc.constantFrom(0, 0, 5) })
}

function run(plan: Plan): World {
  const world = new World(plan)
  for (const action of plan.actions) world.act(action)
  world.drain()
  return world
}

/** The account of a branch, over all days and contributors. */
function accountOf({ ledger }: Cluster, branch: BranchName): Map<string, number> {
  const sums = new Map<string, number>()
  for (const [key, { counts }] of ledger) {
    if (!key.startsWith(`${branch}|`)) continue
    for (const [name, n] of counts) sums.set(name, (sums.get(name) ?? 0) + n)
  }
  return new Map([...sums].filter(([, n]) => n !== 0))
}

const all = (): number => Infinity

function checkDetail({ cluster, facts, plan }: World): void {
  const expected = facts.expected('detail', all, false)
  const refuses = refusalOf(plan)
  const account = new Map(expected.outcomes)
  const [stored, kept] = [new Map<string, unknown>(), new Map<string, unknown>()]
  for (const [key, group] of expected.groups) {
    const refusal = refuses(documentId(key))
    if (refusal !== null) {
      move(account, group.count, refusal.expired ? 'expired' : 'dead.refused_by_store')
      continue
    }
    const held = cluster.documents.get(documentId(key))
    stored.set(key, held === undefined ? undefined : { count: held.count, firstMs: held.firstMs, lastMs: held.lastMs, hosts: held.hosts })
    kept.set(key, group)
  }
  expect(stored).toEqual(kept)
  expect(cluster.documents.size).toBe(kept.size)
  expect(accountOf(cluster, 'detail')).toEqual(account)
}

function move(account: Map<string, number>, n: number, to: string): void {
  account.set('counted', (account.get('counted') ?? 0) - n)
  account.set(to, (account.get(to) ?? 0) + n)
  if (account.get('counted') === 0) account.delete('counted')
}

function checkRollup({ cluster, facts }: World): void {
  const expected = facts.expected('rollup', all, false)
  expect(cluster.rows).toEqual(new Map([...expected.groups].map(([key, { count }]) => [key, count])))
  expect(accountOf(cluster, 'rollup')).toEqual(expected.outcomes)
}

function checkLetters({ cluster, facts }: World): void {
  const dead = BRANCHES.flatMap((branch) => [...facts.expected(branch, all, false).dead])
  const decoded = [...cluster.letters.values()].filter(({ stage }) => stage === 'decode')
  expect(new Set(decoded.map(({ id }) => id))).toEqual(new Set(dead))
  const standFor = [...cluster.letters.values()].filter(({ stage }) => stage === 'store').reduce((sum, { events }) => sum + events, 0)
  // A letter that arrives late may say less than the newer one that it overwrites; the ledger is what is exact.
  expect(standFor).toBeLessThanOrEqual(accountOf(cluster, 'detail').get('dead.refused_by_store') ?? 0)
  for (const letter of decoded) expect(letter.body.toString()).not.toContain('hunter2')
}

const WIDE: Limits = { blockSize: 7, maxGroupsPerJob: 200, maxGroupsPerBlock: 4_000 }
const NARROW: Limits = { blockSize: 7, maxGroupsPerJob: 1, maxGroupsPerBlock: 2 }

describe('every event is counted exactly once', () => {
  test('in both stores, whatever is killed whenever; the ledger says where each one went', () => {
    fc.assert(
      fc.property(plans(fc.constant(WIDE)), (plan) => {
        const world = run(plan)
        checkDetail(world)
        checkRollup(world)
        checkLetters(world)
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: MOST_MS },
    )
  })

  test('also where a block holds more groups than are told apart', () => {
    fc.assert(
      fc.property(plans(fc.constant(NARROW)), (plan) => {
        const { cluster, facts } = run({ ...plan, refuseOneIn: 0 })
        for (const branch of BRANCHES) expect(accountOf(cluster, branch)).toEqual(facts.expected(branch, all, true).outcomes)
        const counts = [...cluster.documents.values()].reduce((sum, { count }) => sum + count, 0)
        expect(counts).toBe(accountOf(cluster, 'detail').get('counted') ?? 0)
        expect([...cluster.rows.values()].reduce((sum, n) => sum + n, 0)).toBe(accountOf(cluster, 'rollup').get('counted') ?? 0)
      }),
      { numRuns: RUNS / 2, interruptAfterTimeLimit: MOST_MS },
    )
  })
})
