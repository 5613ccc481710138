/** What somebody said of the errors in an answer: resolved, muted. Known for each error of a job, so only answers about one job have it. */
import type { GroupState } from '../alert/group-book.ts'
import type { TopBy, TopRow } from '../store/rollup-store.ts'
import type { ApiDeps } from './deps.ts'

/** By key. */
export type GroupStates = ReadonlyMap<string, GroupState>

export const NO_STATES: GroupStates = new Map()

export async function groupStatesOf(
  { alerts }: ApiDeps,
  { job, by }: { job: string | null; by: TopBy },
  rows: readonly TopRow[],
): Promise<GroupStates> {
  if (alerts === null || job === null || by !== 'fingerprint') return NO_STATES
  const found = await alerts.groups(rows.map(({ key }) => ({ job, fingerprint: key })))
  return new Map(rows.flatMap(({ key }, i) => (found[i]?.state === undefined ? [] : [[key, found[i].state]])))
}
