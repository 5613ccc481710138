/**
 * What delivery asks of each alert before it tells: is it to be told at all?
 *
 *   all      nothing: a silence, a mute window of its rule, a muted group
 *   repeats  its beginning and end only: somebody has acknowledged this episode
 *   none     it is told
 *
 * Pure: all that somebody decided comes in.
 */
import type { Alert } from './alert.ts'
import type { HushOf } from './deliver/group.ts'
import { isMutedAt, type GroupBook } from './group-book.ts'
import { isMuted } from './mute.ts'
import type { Rule } from './rule.ts'
import { silenceTest, type Silence } from './silence.ts'

/** Somebody looks after one episode of an alert. */
export interface Acknowledgement {
  readonly version: 1
  readonly key: string
  readonly startsAtMs: number
  readonly who: string
  readonly atMs: number
  readonly comment: string | null
}

export interface Decided {
  readonly rules: readonly Rule[]
  readonly silences: readonly Silence[]
  readonly groups: GroupBook
  readonly acknowledged: readonly Acknowledgement[]
}

/** To be made anew when something of it changes, but for the groups. */
export function hushBy({ rules, silences, groups, acknowledged }: Decided): HushOf {
  const muteOf = new Map(rules.map(({ id, mute }) => [id, mute]))
  const isSilenced = silenceTest(silences)
  const acknowledgedFrom = new Map(acknowledged.map(({ key, startsAtMs }) => [key, startsAtMs]))
  return (alert, nowMs) => {
    if (isSilenced(alert, nowMs) || isMuted(muteOf.get(alert.rule.id) ?? [], nowMs) || isGroupMuted(groups, alert, nowMs)) return 'all'
    return acknowledgedFrom.get(alert.key) === alert.startsAtMs ? 'repeats' : 'none'
  }
}

function isGroupMuted(groups: GroupBook, { subject: { job, fingerprint } }: Alert, nowMs: number): boolean {
  const record = job === null || fingerprint === null ? null : groups.get(job, fingerprint)
  return record !== null && isMutedAt(record, nowMs)
}
