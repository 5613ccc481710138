/**
 * Setting the position of a branch that is stopped: after its offsets have expired, or to move it ahead. In: a target. Out: the position that is committed, as
 * the branch itself commits it, with the skipped range in the ledger.
 *
 * What must hold: a position is never set before what was counted, for that would be counted twice. A group that runs is not touched.
 *
 * Delivery: one commit for each branch and partition; what is set is set, and asking again does nothing.
 */
import type { Admin } from 'kafkajs'
import type { Settings } from '../config/schema.ts'
import { movesBothBranches } from '../config/names.ts'
import { TracefoldError } from '../errors.ts'
import { kafkaError } from '../kafka/client.ts'
import { partitionKey, type Bounds } from '../source/source.ts'
import type { BranchName, Resume } from '../store/position.ts'
import { epochOf, lostBehind, resumeAt, resumeByHand, resumeWithout, skippedTo } from '../store/resume.ts'
import { evidenceIn, findPositions, groupOf, type FoundPosition, type PositionsOptions } from './cluster-positions.ts'
import type { ResetAnswer, ResetQuery, ResetTarget } from './desk.ts'

export interface ResetOptions extends PositionsOptions {
  readonly settings: Pick<Settings, 'kafka'>
  /** Of the rules in force. */
  readonly digest: string
  /** Commits a resume as the branch's own store does. */
  readonly commit: (branch: BranchName, partition: FoundPosition['partition'], resume: Resume) => Promise<void>
}

/** Rejects with `bad_request` before anything is done where the group runs, or something would be counted twice. */
export async function reset(options: ResetOptions, query: ResetQuery): Promise<ResetAnswer[]> {
  await assertStopped(options, query.branches)
  const found = (await findPositions(options, query.branches, query.topic)).filter(
    ({ partition: p }) => query.partition === undefined || p.partition === query.partition,
  )
  if (found.length === 0)
    throw new TracefoldError(
      'bad_request',
      `there is no partition ${query.partition} in ${query.topic ?? options.settings.kafka.topics.join(', ')}`,
    )
  const planned = await Promise.all(found.map(async (one) => ({ ...one, resume: await resumeFor(options, one, query.to) })))
  for (const { branch, partition, resume } of planned) await options.commit(branch, partition, resume)
  return planned.map(({ branch, partition, position, resume }) => ({
    branch,
    topic: partition.topic,
    partition: partition.partition,
    from: position.kind === 'at' ? position.committed.next : position.kind === 'foreign' ? position.offset : null,
    to: resume.next,
    lost: resume.lost,
  }))
}

async function resumeFor(options: ResetOptions, { branch, partition, position, bounds }: FoundPosition, to: ResetTarget): Promise<Resume> {
  const evidence = await evidenceIn(options, branch)(partition)
  const recorded =
    position.kind === 'at'
      ? lostBehind(resumeAt(position.committed, bounds, options.digest), evidence)
      : position.kind === 'foreign' && to !== 'recorded'
        ? resumeByHand(partition, position.offset, evidence, bounds, 'recover')
        : resumeWithout(partition, evidence, bounds, 'recover')
  const target = targetOf(to, recorded, bounds)
  assertNotBack(target, recorded, partitionKey(partition))
  if (target > bounds.end)
    throw new TracefoldError(
      'bad_request',
      `${partitionKey(partition)} ends at ${bounds.end}; expected an offset of at most that, got ${target}`,
    )
  const resume = skippedTo(recorded, target, evidence)
  const before = position.kind === 'at' ? position.committed : evidence
  return branch === 'detail' ? { ...resume, epoch: epochOf(resume, before, options.digest) } : resume
}

function targetOf(to: ResetTarget, { next }: Resume, { begin, end }: Bounds): number {
  return to === 'recorded' ? next : to === 'earliest' ? begin : to === 'latest' ? end : to
}

/** Whether the target lies before what the branch has accounted. Pure. */
export function assertNotBack(target: number, { next }: Pick<Resume, 'next'>, name: string): void {
  if (target >= next) return
  throw new TracefoldError(
    'bad_request',
    `${name} is accounted up to offset ${next}: to go back to ${target} would count twice. Nothing was set. What was skipped is counted by \`tracefold backfill\``,
  )
}

/** Together, members of the rollup branch's group move the positions of both; the detail branch's group has none. They say so, whatever our own settings are. */
async function assertStopped(options: ResetOptions, branches: readonly BranchName[]): Promise<void> {
  const rollupGroup = groupOf(options, 'rollup')
  for (const group of new Set([...branches.map((branch) => groupOf(options, branch)), rollupGroup])) {
    const { state, members } = await membersOf(options.neighbours.admin, group)
    if (state === 'Empty' || state === 'Dead') continue
    if (group === rollupGroup && !branches.includes('rollup') && !members.some(({ clientId }) => movesBothBranches(clientId))) continue
    throw new TracefoldError(
      'bad_request',
      `group ${group} runs (${state}, ${members.length} members). Stop it, or move it while it runs by \`offsets skip\``,
    )
  }
}

async function membersOf(admin: Admin, group: string): Promise<{ state: string; members: readonly { clientId: string }[] }> {
  try {
    const { groups } = await admin.describeGroups([group])
    return groups[0] ?? { state: 'Dead', members: [] }
  } catch (error) {
    throw kafkaError(error, `asking for the members of group ${group}`)
  }
}
