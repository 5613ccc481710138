/**
 * Exactly once, whatever is killed whenever: the product's folding over a simulated log and cluster, through random schedules of batches,
 * flushes that fail at any step or arrive late, kills, processes that do not know that they lost their partitions, rebalances, both
 * ways to run the branches, other rules and expired offsets. At the end everything is read to its end and compared with the oracle.
 *
 * What stays outside the promise: other rules, or a log whose beginning passes the open block, while something lies flushed and not
 * committed. So a change of either waits until all that was flushed is committed, and nothing is on its way. But for a deploy by kill: after it
 * the detail branch may have counted such events twice, and nothing less.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentId } from '../../src/detail/document.ts'
import { BRANCHES, type BranchName } from '../../src/store/position.ts'
import type { Cluster } from './exactly-once-cluster.ts'
import { logs } from './exactly-once-log.ts'
import type { Limits } from './exactly-once-member.ts'
import { refusalOf, World, type Action, type Plan } from './exactly-once-world.ts'

const RUNS = 120
/** On a busy machine fewer runs are made. */
const MOST_MS = 12_000

function plans(limits: fc.Arbitrary<Limits>, deploys = false): fc.Arbitrary<Plan> {
  const who = fc.nat(5)
  const actions: fc.Arbitrary<Action> = fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({ do: fc.constant('read' as const), who, partition: fc.nat(2), count: fc.integer({ min: 1, max: 12 }) }),
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'finish' as const), who }) },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constantFrom('advance' as const, 'late' as const), who, steps: fc.integer({ min: 1, max: 6 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('resend' as const, 'kill' as const, 'zombie' as const, 'stop' as const), who }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('switch' as const, 'rules' as const, 'live-rules' as const), who }) },
    { weight: deploys ? 3 : 0, arbitrary: fc.record({ do: fc.constant('deploy' as const), who }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('truncate' as const), who, partition: fc.nat(2), count: fc.integer({ min: 1, max: 25 }) }),
    },
  )
  return fc.record({
    logs: logs(),
    actions: fc.array(actions, { maxLength: 80, size: 'max' }),
    limits,
    together: fc.boolean(),
    refuseOneIn: fc.constantFrom(0, 0, 5),
  })
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

/** Of a deploy by kill: no group, and no outcome, has less than it should. What was flushed before and not committed may be there twice. */
function checkNothingLost({ cluster, facts }: World): void {
  const expected = facts.expected('detail', all, false)
  for (const [key, { count }] of expected.groups) expect(cluster.documents.get(documentId(key))?.count ?? 0).toBeGreaterThanOrEqual(count)
  const account = accountOf(cluster, 'detail')
  for (const [outcome, n] of expected.outcomes) expect(account.get(outcome) ?? 0).toBeGreaterThanOrEqual(n)
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

  test('a kill together with other rules and another block size loses nothing', () => {
    fc.assert(
      fc.property(plans(fc.constant(WIDE), true), (plan) => {
        const world = run({ ...plan, refuseOneIn: 0 })
        checkNothingLost(world)
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
