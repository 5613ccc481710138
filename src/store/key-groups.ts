/**
 * Which keys stand for one error. While a change of fingerprint rules is under way, a row has its new key and beside it the one by the rules
 * before: it links the two. In: the links of a range of time. Out: the group that each key's events are shown in. Pure.
 *
 * - An old key's events are shown with the new key that most of its events went on under. Where the rules take a group apart, the smaller
 *   parts stand alone, and name the old key as their previous one.
 * - Several changes one after another lead on to the newest key. Where they lead in a circle, because rules were taken back, the
 *   newest link counts.
 * - Only the `MAX_LINKS` links with the most events are followed: past that an error may show as two, one under each key.
 */
import type { TopRow } from './rollup-store.ts'

/** As many as the most rows of one answer. */
export const MAX_LINKS = 1_000

export interface KeyLink {
  readonly fingerprint: string
  readonly previous: string
  readonly count: number
  readonly lastMs: number
}

export interface KeyGroups {
  /** Each old key, and the key that its events are shown under. */
  readonly moved: ReadonlyMap<string, string>
  groupOf(key: string): string
  /** The keys whose events are shown under this one, itself first. */
  keysOf(group: string): string[]
  /** The keys that its events had by the rules before. */
  previousOf(group: string): string[]
  /** Of these, the ones whose events are shown elsewhere: what it was taken apart from. */
  apartOf(group: string): string[]
}

export function keyGroups(links: readonly KeyLink[]): KeyGroups {
  const next = successors(links.filter(({ fingerprint, previous }) => fingerprint !== previous))
  const moved = new Map([...next.keys()].map((key) => [key, endOf(key, next)]))
  const groupOf = (key: string) => moved.get(key) ?? key
  const members = listsBy(moved)
  const previous = listsBy(links.map(({ fingerprint, previous: old }) => [old, groupOf(fingerprint)]))
  const previousOf = (group: string) =>
    [...new Set([...(members.get(group) ?? []), ...(previous.get(group) ?? [])])].filter((key) => key !== group).toSorted()
  return {
    moved,
    groupOf,
    keysOf: (group) => [group, ...(members.get(group) ?? [])],
    previousOf,
    apartOf: (group) => previousOf(group).filter((key) => groupOf(key) !== group),
  }
}

/** What is known of a key as it stands in the rows: its first event of the range (null: none), and whether it had any in the period before. */
export interface Past {
  readonly firstMs: number | null
  readonly wasBefore: boolean
}

/** Top rows by fingerprint with what lies behind the rules' change: a group that was taken apart from another did not begin with it. */
export function withPast(rows: readonly TopRow[], groups: KeyGroups, pasts: ReadonlyMap<string, Past>): TopRow[] {
  return rows.map((row) => {
    const past = groups.apartOf(row.key).flatMap((key) => pasts.get(key) ?? [])
    return {
      ...row,
      previousKeys: groups.previousOf(row.key),
      isNew: row.isNew && !past.some(({ wasBefore }) => wasBefore),
      firstMs: Math.min(row.firstMs, ...past.map(({ firstMs }) => firstMs ?? row.firstMs)),
    }
  })
}

/** Old key -> new key, one for each, without a circle. */
function successors(links: readonly KeyLink[]): Map<string, string> {
  const next = new Map<string, string>()
  for (const { previous, fingerprint } of mostEvents(links).toSorted((a, b) => b.lastMs - a.lastMs || compare(a, b))) {
    if (endOf(fingerprint, next) !== previous) next.set(previous, fingerprint)
  }
  return next
}

/** Of each old key the link with the most events. */
function mostEvents(links: readonly KeyLink[]): KeyLink[] {
  const best = new Map<string, KeyLink>()
  for (const link of links) {
    const known = best.get(link.previous)
    if (known === undefined || link.count > known.count || (link.count === known.count && compare(link, known) < 0))
      best.set(link.previous, link)
  }
  return [...best.values()]
}

/** An order that no order of arrival changes. */
function compare(a: KeyLink, b: KeyLink): number {
  if (a.previous !== b.previous) return a.previous < b.previous ? -1 : 1
  return a.fingerprint < b.fingerprint ? -1 : 1
}

function endOf(key: string, next: ReadonlyMap<string, string>): string {
  let at = key
  for (let onward = next.get(at); onward !== undefined; onward = next.get(at)) at = onward
  return at
}

/** From [member, list] to list -> members. */
function listsBy(pairs: Iterable<readonly [string, string]>): Map<string, string[]> {
  const lists = new Map<string, string[]>()
  for (const [member, list] of pairs) {
    const known = lists.get(list)
    if (known === undefined) lists.set(list, [member])
    else known.push(member)
  }
  return lists
}
