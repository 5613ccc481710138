/** Setting the position of a stopped branch: what is refused, and what is committed in its stead. */
import { beforeEach, describe, expect, test } from 'vitest'
import { decodeCommitted, encodeMetadata } from '../../../src/kafka/commit-metadata.ts'
import { clientIdOf } from '../../../src/config/names.ts'
import { progressAt } from '../../../src/cluster/commit-resume.ts'
import type { ResetQuery } from '../../../src/offsets/desk.ts'
import { reset } from '../../../src/offsets/reset.ts'
import type { BranchName, Resume } from '../../../src/store/position.ts'
import { epochOf, resumeAt, type Committed } from '../../../src/store/resume.ts'
import { aProgress } from '../../support/builders.ts'
import { NAMES, OnePartition, P, SETTINGS } from './one-partition.ts'

const DIGEST = 'rules-in-force'
const EPOCH = '1000-rules-in'

let log: OnePartition
let commits: { readonly branch: BranchName; readonly resume: Resume }[]

beforeEach(() => {
  log = new OnePartition()
  commits = []
  log.committed.set(NAMES.detailGroup, aProgress({ partition: P, from: 1_000, next: 1_500, rules: DIGEST, epoch: EPOCH }))
  log.committed.set(NAMES.rollupGroup, aProgress({ partition: P, from: 1_000, next: 1_500, rules: DIGEST }))
  log.evidence = { incarnation: 0, next: 1_500 }
})

function run(query: ResetQuery, over: Partial<typeof SETTINGS> = {}) {
  const commit = async (branch: BranchName, _: unknown, resume: Resume): Promise<void> => void commits.push({ branch, resume })
  return reset({ settings: { ...SETTINGS, ...over }, neighbours: log, documents: log.documents, digest: DIGEST, commit }, query)
}

/** What the store reads back of what was committed. */
function readBack(): Committed {
  const { resume } = commits[0] as (typeof commits)[number]
  return decodeCommitted(resume.next, encodeMetadata(progressAt(P, resume, DIGEST))) as Committed
}

describe('a group that runs is not touched', () => {
  test('its own', async () => {
    log.states.set(NAMES.detailGroup, 'Stable')
    await expect(run({ branches: ['detail'], to: 'latest' })).rejects.toThrow(/-detail runs .*offsets skip/)
    expect(commits).toEqual([])
  })

  test("the rollup branch's, where together it moves the detail branch's position, too", async () => {
    log.states.set(NAMES.rollupGroup, 'Stable')
    log.members.set(NAMES.rollupGroup, [SETTINGS.name, clientIdOf({ name: SETTINGS.name, branches: 'together' })])
    await expect(run({ branches: ['detail'], to: 'latest' })).rejects.toThrow(/-rollup runs/) // whatever the settings of the command
    expect(commits).toEqual([])
  })

  test('apart, the other branch may run', async () => {
    log.states.set(NAMES.rollupGroup, 'Stable')
    log.members.set(NAMES.rollupGroup, [clientIdOf({ name: SETTINGS.name, branches: 'apart' })])
    expect(await run({ branches: ['detail'], to: 'latest' })).toMatchObject([
      { from: 1_500, to: 5_000, lost: { from: 1_500, to: 5_000, reason: 'skipped' } },
    ])
  })
})

describe('where it goes on', () => {
  test("as recorded: in its open block and epoch, so that the block is not counted as another contributor's again", async () => {
    await run({ branches: ['detail'], to: 'recorded' })
    expect(commits[0]?.resume).toMatchObject({ from: 1_000, next: 1_500, epoch: EPOCH })
    const committed = readBack()
    expect(epochOf(resumeAt(committed, log.bounds, DIGEST), committed, DIGEST)).toBe(EPOCH)
  })

  test('ahead: in an epoch of its own, which the next start goes on with', async () => {
    await run({ branches: ['detail'], to: 2_000 })
    expect(commits[0]?.resume).toMatchObject({ from: 2_000, lost: { from: 1_500, to: 2_000, reason: 'skipped' }, epoch: '2000-rules-in' })
    const committed = readBack()
    expect(epochOf(resumeAt(committed, log.bounds, DIGEST), committed, DIGEST)).toBe('2000-rules-in')
  })

  test('without a committed offset: where the ledger ends', async () => {
    log.committed.clear()
    log.evidence = { incarnation: 2, next: 1_800 }
    expect(await run({ branches: ['detail'], to: 'recorded' })).toMatchObject([{ from: null, to: 1_800, lost: null }])
    expect(commits[0]?.resume).toMatchObject({ incarnation: 2, epoch: '1800-rules-in' })
  })
})

test('what expired meanwhile is lost from where the ledger ends', async () => {
  log.bounds = { begin: 2_000, end: 5_000 }
  log.evidence = { incarnation: 0, next: 1_600 }
  expect(await run({ branches: ['detail'], to: 'recorded' })).toMatchObject([
    { to: 2_000, lost: { from: 1_600, to: 2_000, reason: 'expired' } },
  ])
})

test('an offset that was set back with other tools: no further back than the ledger, and ahead of that as ever', async () => {
  log.committed.set(NAMES.detailGroup, { offset: 40 })
  await expect(run({ branches: ['detail'], to: 40 })).rejects.toThrow(/count twice/)
  expect(await run({ branches: ['detail'], to: 'recorded' })).toMatchObject([{ from: 40, to: 1_500, lost: null }])
  expect(await run({ branches: ['detail'], to: 'latest' })).toMatchObject([{ from: 40, to: 5_000, lost: { from: 1_500, to: 5_000 } }])
})

describe('is refused, and nothing is set', () => {
  test.each([
    ['before what is accounted', { branches: ['detail'], to: 1_499 }, /up to offset 1500.*count twice/],
    ["the log's beginning, where it was counted", { branches: ['detail'], to: 'earliest' }, /count twice/],
    ["past the log's end", { branches: ['detail'], to: 5_001 }, /ends at 5000/],
    ['a partition that is not there', { branches: ['detail'], partition: 7, to: 'latest' }, /no partition 7/],
    ['a topic that is not read', { branches: ['detail'], topic: 'other', to: 'latest' }, /other is not read here/],
  ] as const)('%s', async (_, query, words) => {
    await expect(run(query)).rejects.toThrow(words)
    expect(commits).toEqual([])
  })
})
