/**
 * The verdict: what the stores say beside what the oracle says. For each branch and group: produced = counted + dead letters + filtered + expired, no
 * group above the oracle; the ledger says the same and is in balance; and each record that could not be processed is one dead letter.
 */
import { countsInDruid, countsInElasticsearch, totalOf } from '../support/oracle.ts'
import { waitUntil } from '../support/wait.ts'
import { everyCluster } from '../../src/cluster/neighbours.ts'
import { branchesOf, type DeadLetter } from '../../src/store/dead-letter.ts'
import { BRANCHES, type BranchName } from '../../src/store/position.ts'
import type { Bed } from './bed.ts'
import { groupsInRollupTopic, ledgerOf, letters, type LedgerSum } from './counts.ts'
import type { Expectation, Groups } from './expected.ts'
import type { Outcome } from './fault.ts'

const DRUID_MS = 180_000

export interface JudgeOptions {
  /** Compare by job alone: where a change of rules may have moved groups. */
  readonly byJob?: boolean
  /** The detail branch may count events twice: its ledger is not compared then, and nothing is conceded to the rollup branch. */
  readonly detailMayDouble?: boolean
}

interface Difference {
  readonly lost: number
  readonly doubled: number
}

export async function judge(bed: Bed, { byJob = false, detailMayDouble = false }: JudgeOptions): Promise<Outcome> {
  const expected = { detail: bed.expected.of('detail'), rollup: bed.expected.of('rollup') }
  const found = { detail: await countsInElasticsearch(bed.installation.neighbours), rollup: await rollupGroups(bed, expected.rollup) }
  const written = (await Promise.all(everyCluster(bed.installation.neighbours).map(letters))).flat()
  const refused = refusedBy(written)
  const problems = letterProblems(written, expected)
  const differences: string[] = []
  let [lost, doubled] = [0, 0]
  for (const branch of BRANCHES) {
    const refusedHere = branch === 'detail' ? refused : NONE
    const isCoarse = byJob || refusedHere.size > 0 // a letter tells its job, not its group
    const difference = compare(coarse(expected[branch].groups, isCoarse), coarse(withRefused(found[branch], refusedHere), isCoarse))
    lost += difference.lost
    doubled += difference.doubled
    if (detailMayDouble && branch === 'rollup' && difference.doubled > 0)
      problems.push('the rollup branch has no bound within which it may count twice')
    if (difference.lost + difference.doubled > 0) differences.push(`${branch}: lost ${difference.lost}, doubled ${difference.doubled}`)
  }
  problems.push(...(await ledgerProblems(bed, expected, totalOf(refused), detailMayDouble ? ['rollup'] : BRANCHES)))
  return {
    events: bed.expected.records(),
    lost,
    doubled,
    expired: expected.detail.expired + expected.rollup.expired,
    lagZeroMs: 0,
    peakMiB: 0,
    problems,
    differences,
  }
}

async function rollupGroups({ hasDruid, installation: { neighbours } }: Bed, { counted }: Expectation): Promise<Groups> {
  if (!hasDruid) return sumOf(await Promise.all(everyCluster(neighbours).map(groupsInRollupTopic)))
  await waitUntil('all rows in Druid', async () => totalOf(await countsInDruid(neighbours)) >= counted, DRUID_MS).catch(() => {}) // what is missing shows below
  return countsInDruid(neighbours).catch(() => new Map())
}

function sumOf(parts: readonly Groups[]): Groups {
  const sum: Groups = new Map()
  for (const part of parts) for (const [key, n] of part) sum.set(key, (sum.get(key) ?? 0) + n)
  return sum
}

const NONE: Groups = new Map()

/** Events of documents that Elasticsearch refused, by job; the key is as a group's. */
function refusedBy(written: readonly DeadLetter[]): Groups {
  const refused: Groups = new Map()
  for (const { stage, job, events } of written) if (stage === 'store') refused.set(`${job} `, (refused.get(`${job} `) ?? 0) + events)
  return refused
}

function withRefused(found: Groups, refused: Groups): Groups {
  return sumOf([found, refused])
}

function coarse(groups: Groups, byJob: boolean): Groups {
  if (!byJob) return groups
  const jobs: Groups = new Map()
  for (const [key, n] of groups) {
    const job = key.slice(0, key.lastIndexOf(' '))
    jobs.set(job, (jobs.get(job) ?? 0) + n)
  }
  return jobs
}

export function compare(expected: Groups, found: Groups): Difference {
  let [lost, doubled] = [0, 0]
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const difference = (found.get(key) ?? 0) - (expected.get(key) ?? 0)
    if (difference < 0) lost -= difference
    else doubled += difference
  }
  return { lost, doubled }
}

/** Each branch has a letter for each record that it counted dead, and no other. */
function letterProblems(written: readonly DeadLetter[], expected: Readonly<Record<BranchName, Expectation>>): string[] {
  return BRANCHES.flatMap((branch) => {
    const found = new Set(written.filter((letter) => letter.stage === 'decode' && branchesOf(letter).includes(branch)).map(({ id }) => id))
      .size
    const due = expected[branch].dead
    return found === due ? [] : [`${branch}: ${found} dead letters of records that cannot be decoded; expected ${due}`]
  })
}

async function ledgerProblems(
  bed: Bed,
  expected: Readonly<Record<BranchName, Expectation>>,
  refused: number,
  branches: readonly BranchName[],
): Promise<string[]> {
  const { elasticsearch, names } = bed.installation.neighbours
  await elasticsearch.indices.refresh({ index: `${names.ledgerIndex}*`, ignore_unavailable: true })
  const ledger = await ledgerOf(bed.plain)
  const problems = ledger.balanced ? [] : ['the ledger is not in balance']
  for (const branch of branches) {
    const { groups: _, ...sums } = expected[branch]
    const moved = branch === 'detail' ? refused : 0
    const due: LedgerSum = { ...sums, counted: sums.counted - moved, dead: sums.dead + moved, skipped: 0 }
    const found = ledger.branches[branch]
    for (const [name, n] of Object.entries(due)) {
      const said = found[name as keyof LedgerSum] // a key of it
      if (said !== n) problems.push(`ledger of ${branch}: ${name} ${said}, expected ${n}`)
    }
  }
  return problems
}
