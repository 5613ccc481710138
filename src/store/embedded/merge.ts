/**
 * The merge law of detail-store.ts as pure functions: a document's state and an update in, what changes out.
 */
import { KEPT, type BoundedSets, type Contribution, type Hashed } from '../detail-store.ts'

export interface Mark {
  readonly block: number
  readonly n: number
}

/** The bounded sets of a document, each in order of hash. */
export type Kept = BoundedSets

export const NOTHING_KEPT: Kept = { hosts: [], messages: [], stacks: [], previous: [], operators: [] }

/** As it was stored; an earlier version knew fewer sets. */
export function parseKept(text: string): Kept {
  return { ...NOTHING_KEPT, ...(JSON.parse(text) as Partial<Kept>) } // written by documents.ts only
}

/** What a contribution adds to the count, or null where it says nothing new. */
export function gain(mark: Mark | undefined, part: Contribution): number | null {
  if (mark === undefined || part.block > mark.block) return part.n
  return part.block === mark.block && part.n > mark.n ? part.n - mark.n : null
}

export function mergeKept(kept: Kept, update: BoundedSets): Kept {
  return {
    hosts: smallest(kept.hosts, update.hosts, KEPT.hosts),
    messages: smallest(kept.messages, update.messages, KEPT.messages),
    stacks: smallest(kept.stacks, update.stacks, KEPT.stacks),
    previous: smallest(kept.previous, update.previous, KEPT.previous),
    operators: smallest(kept.operators, update.operators, KEPT.operators),
  }
}

/** The `max` members with the smallest hashes. The same array where nothing is added. */
function smallest(kept: readonly Hashed[], more: readonly Hashed[], max: number): readonly Hashed[] {
  const added = more.filter(({ hash }) => !kept.some((member) => member.hash === hash))
  if (added.length === 0) return kept
  const unique = new Map([...kept, ...added].map((member) => [member.hash, member]))
  return [...unique.values()].toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, max)
}
