/**
 * What delivery asks of each alert before it tells: is it to be told at all?
 *
 *   all      nothing but the end of what was told before: a silence, a mute window of its rule, a muted group
 *   repeats  its beginning and end only: somebody has acknowledged this episode
 *   none     it is told
 *
 * Pure: all that somebody decided comes in.
 */
import type { Subject } from './alert.ts'
import type { SuppressionOf } from './deliver/group.ts'
import type { AlertState } from './episode.ts'
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

/** Why nobody is told of an alert: a silence, a mute window of its rule, a muted group. Null: it is told. */
export type WhyQuiet = 'silence' | 'mute' | 'group' | null

/** What is asked about: an alert as it is told, where it fires. */
export type Asked = Pick<AlertState, 'rule' | 'subject' | 'alert'>

/** To be made anew when something of it changes, but for the groups. */
export function quietBy({ rules, silences, groups }: Omit<Decided, 'acknowledged'>): (asked: Asked, nowMs: number) => WhyQuiet {
  const muteOf = new Map(rules.map(({ id, mute }) => [id, mute]))
  const isSilenced = silenceTest(silences)
  return ({ rule, subject, alert }, nowMs) => {
    if (alert !== null && isSilenced(alert, nowMs)) return 'silence'
    if (isMuted(muteOf.get(rule) ?? [], nowMs)) return 'mute'
    return isGroupMuted(groups, subject, nowMs) ? 'group' : null
  }
}

/** Likewise. */
export function suppressionBy({ acknowledged, ...decided }: Decided): SuppressionOf {
  const whyQuiet = quietBy(decided)
  const acknowledgedFrom = new Map(acknowledged.map(({ key, startsAtMs }) => [key, startsAtMs]))
  return (alert, nowMs) => {
    if (whyQuiet({ rule: alert.rule.id, subject: alert.subject, alert }, nowMs) !== null) return 'all'
    return acknowledgedFrom.get(alert.key) === alert.startsAtMs ? 'repeats' : 'none'
  }
}

function isGroupMuted(groups: GroupBook, { job, fingerprint }: Subject, nowMs: number): boolean {
  const record = job === null || fingerprint === null ? null : groups.get(job, fingerprint)
  return record !== null && isMutedAt(record, nowMs)
}
