/**
 * The world of exactly-once.test.ts: groups of processes over the simulated log and cluster, and what may happen to them. In: actions. Invariant: whatever
 * happens, no position lies past an event that its store does not hold.
 */
import { documentId } from '../../src/detail/document.ts'
import type { Refusal } from '../../src/store/detail-store.ts'
import { BRANCHES, type BranchName } from '../../src/store/position.ts'
import { Cluster, type Kind, type Sending } from './exactly-once-cluster.ts'
import type { LogRecord } from './exactly-once-log.ts'
import { Member, type Limits } from './exactly-once-member.ts'
import { FactTable } from './exactly-once-oracle.ts'

/** What a deploy changes the block size to, and back. */
const OTHER_BLOCK_SIZE = 4

export type Action =
  | { readonly do: 'read'; readonly who: number; readonly partition: number; readonly count: number }
  | { readonly do: 'flush' | 'finish' | 'resend' | 'kill' | 'zombie' | 'stop'; readonly who: number }
  | { readonly do: 'advance' | 'late'; readonly who: number; readonly steps: number }
  | { readonly do: 'switch' | 'rules' | 'live-rules' | 'deploy'; readonly who: number }
  | { readonly do: 'truncate'; readonly who: number; readonly partition: number; readonly count: number }

export interface Plan {
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

export class World {
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
  #limits: Limits

  constructor(plan: Plan) {
    this.plan = plan
    this.#limits = plan.limits
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
    else if (action.do === 'deploy') this.#deploy()
    else this.#leave(member, action.do)
  }

  /** Reads and commits everything, lets everything late arrive, and lets the zombies have their last word. */
  drain(): void {
    this.#catchUp((partition) => this.cluster.end(partition))
    for (const zombie of this.#zombies) zombie.commitAll()
    for (const sending of this.#late) while (!sending.done) sending.next()
  }

  #leave(
    member: Member,
    how: Exclude<
      Action['do'],
      'read' | 'flush' | 'advance' | 'finish' | 'late' | 'resend' | 'truncate' | 'rules' | 'live-rules' | 'switch' | 'deploy'
    >,
  ): void {
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
    return [0, 1].map(
      (member) =>
        new Member(this.cluster, kind, this.#version, this.#limits, new Set(partitions.filter((p) => (p + this.#turn) % 2 === member))),
    )
  }

  #switch(): void {
    this.#killAll()
    this.#together = !this.#together
    this.#regroup()
  }

  #killAll(): void {
    for (const { kind, members } of this.#groups) {
      for (const member of members) this.#keep(member.abandon())
      this.cluster.rebalance(kind)
    }
  }

  /** Everybody is killed, with whatever is flushed or on its way, and successors with other rules and another block size begin. */
  #deploy(): void {
    for (const zombie of this.#zombies.splice(0)) {
      zombie.flush()
      this.#keep(zombie.abandon())
    }
    this.#killAll()
    this.#otherRules()
    this.#regroup()
    for (const member of this.#groups.flatMap(({ members }) => members))
      for (const partition of this.plan.logs.keys()) member.read(partition, 0) // fences whoever is late
    this.facts.changeRules(this.#version, (branch, partition) => this.cluster.offsets[branch].get(partition)?.next ?? 0)
  }

  #otherRules(): void {
    this.#version = 3 - this.#version
    this.#limits = {
      ...this.#limits,
      blockSize: this.#limits.blockSize === this.plan.limits.blockSize ? OTHER_BLOCK_SIZE : this.plan.limits.blockSize,
    }
  }

  #changeRules(): void {
    this.#stopCleanly()
    this.#otherRules()
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
export function refusalOf({ refuseOneIn }: Plan): (id: string) => Refusal | null {
  return (id) => {
    const draw = refuseOneIn === 0 ? -1 : Number.parseInt(id.slice(0, 6), 16) % refuseOneIn
    return draw === 0 || draw === 1 ? { id, detail: 'the simulation refuses it', expired: draw === 1 } : null
  }
}
