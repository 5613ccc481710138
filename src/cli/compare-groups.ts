/**
 * In: for each event of a sample, the group by the old rules and by the new ones. Out: what the new rules change: which groups merge, split,
 * move (other key, same events), or do several of these at once. Pure; holds an entry for each group, whatever the number of events.
 */

export interface GroupOfEvent {
  readonly key: string
  readonly title: string
  readonly culprit: string | null
  /** Of the group's first event. */
  readonly why: string
}

export interface GroupSummary extends GroupOfEvent {
  readonly events: number
  /** Line of the sample that holds the group's first event. */
  readonly line: number
}

/** `moved`: one group with another key; it would look new. `mixed`: groups that share events on both sides. */
export type ChangeKind = 'merged' | 'split' | 'mixed' | 'moved'

export interface Change {
  readonly kind: ChangeKind
  readonly events: number
  readonly before: readonly GroupSummary[]
  readonly after: readonly GroupSummary[]
}

export interface Comparison {
  readonly events: number
  readonly groupsBefore: number
  readonly groupsAfter: number
  /** Groups that have the same key and the same events. */
  readonly unchanged: number
  /** Most events first. */
  readonly changes: readonly Change[]
}

interface GroupTally {
  readonly group: GroupOfEvent
  readonly line: number
  events: number
  /** Groups of the other side that share events with this one. */
  readonly others: Set<GroupTally>
}

export class GroupComparison {
  readonly #before = new Map<string, GroupTally>()
  readonly #after = new Map<string, GroupTally>()
  #events = 0

  add(line: number, before: GroupOfEvent, after: GroupOfEvent): void {
    this.#events++
    const old = tallied(this.#before, before, line)
    const new_ = tallied(this.#after, after, line)
    old.others.add(new_)
    new_.others.add(old)
  }

  result(): Comparison {
    const changes: Change[] = []
    const seen = new Set<GroupTally>()
    let unchanged = 0
    for (const tally of this.#before.values()) {
      if (seen.has(tally)) continue
      const change = changeOf(this.#connectedTo(tally, seen))
      if (change === null) unchanged++
      else changes.push(change)
    }
    changes.sort((a, b) => b.events - a.events || a.before[0]!.line - b.before[0]!.line)
    return { events: this.#events, groupsBefore: this.#before.size, groupsAfter: this.#after.size, unchanged, changes }
  }

  /** All groups that hang together by events, on both sides. */
  #connectedTo(first: GroupTally, seen: Set<GroupTally>): { before: GroupTally[]; after: GroupTally[] } {
    const before: GroupTally[] = []
    const after: GroupTally[] = []
    const open = [first]
    seen.add(first)
    for (let tally = open.pop(); tally !== undefined; tally = open.pop()) {
      const isBefore = this.#before.get(tally.group.key) === tally
      ;(isBefore ? before : after).push(tally)
      for (const other of tally.others) {
        if (seen.has(other)) continue
        seen.add(other)
        open.push(other)
      }
    }
    return { before, after }
  }
}

function tallied(groups: Map<string, GroupTally>, group: GroupOfEvent, line: number): GroupTally {
  let tally = groups.get(group.key)
  if (tally === undefined) {
    tally = { group, line, events: 0, others: new Set() }
    groups.set(group.key, tally)
  }
  tally.events++
  return tally
}

function changeOf({ before, after }: { before: readonly GroupTally[]; after: readonly GroupTally[] }): Change | null {
  const kind = kindOf(before, after)
  if (kind === null) return null
  return { kind, events: before.reduce((sum, { events }) => sum + events, 0), before: summariesOf(before), after: summariesOf(after) }
}

function kindOf(before: readonly GroupTally[], after: readonly GroupTally[]): ChangeKind | null {
  if (before.length > 1) return after.length > 1 ? 'mixed' : 'merged'
  if (after.length > 1) return 'split'
  return before[0]!.group.key === after[0]!.group.key ? null : 'moved'
}

function summariesOf(tallies: readonly GroupTally[]): GroupSummary[] {
  return tallies.map(({ group, events, line }) => ({ ...group, events, line })).sort((a, b) => b.events - a.events || a.line - b.line)
}
