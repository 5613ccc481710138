/**
 * What this process has counted since it began: for each branch, what its store has taken, by what became of it. For people; the ledger is the account.
 *
 * In: terms of the ledger's entries as they are committed, and, from another place, how many events the intake gave for them. So
 * `consumed` is no sum of the others: where they do not come out, something is lost or doubled.
 */
import type { LedgerCounts } from '../store/ledger.ts'
import type { BranchName } from '../store/position.ts'

export interface Tally {
  /** Events that were read, and offsets that were lost. */
  readonly consumed: number
  readonly counted: number
  readonly filtered: number
  /** Also those of documents that the store refused. */
  readonly dead: number
  /** Of the dead, by reason. */
  readonly deadBy: Readonly<Record<string, number>>
  /** Offsets that the log did not have any more and events past retention, and offsets that were skipped. */
  readonly expired: number
  readonly skipped: number
  /** Event times of the first and last event, or null without any. */
  readonly firstMs: number | null
  readonly lastMs: number | null
}

export interface BranchTally extends Tally {
  readonly branch: BranchName
}

/** Events that were read, and the times of those that are to be counted. */
export interface Read {
  readonly consumed: number
  readonly firstMs: number
  readonly lastMs: number
}

export const NOTHING: Tally = {
  consumed: 0,
  counted: 0,
  filtered: 0,
  dead: 0,
  deadBy: {},
  expired: 0,
  skipped: 0,
  firstMs: null,
  lastMs: null,
}
export const NO_READ: Read = { consumed: 0, firstMs: Infinity, lastMs: -Infinity }

export const REFUSED = 'dead.refused_by_store'

class TallyKeeper {
  #read = NO_READ
  readonly #terms = { counted: 0, filtered: 0, dead: 0, expired: 0, skipped: 0 }
  readonly #deadBy: Record<string, number> = {}
  #refused = 0

  add(read: Read, terms: LedgerCounts): void {
    this.#read = joined(this.#read, read)
    for (const [name, n] of Object.entries(terms)) {
      const [term, reason] = name.split('.', 2)
      if (isTerm(term, this.#terms)) this.#terms[term] += n
      if (term === 'dead' && reason !== undefined) this.#deadBy[reason] = (this.#deadBy[reason] ?? 0) + n
    }
    this.#refused += terms[REFUSED] ?? 0
  }

  get refused(): number {
    return this.#refused
  }

  tally(): Tally {
    const { consumed, firstMs, lastMs } = this.#read
    const hasTimes = firstMs <= lastMs
    return { consumed, ...this.#terms, deadBy: { ...this.#deadBy }, firstMs: hasTimes ? firstMs : null, lastMs: hasTimes ? lastMs : null }
  }
}

/** One for each branch of this process, over all its streams. */
export class Tallies {
  readonly #keepers = new Map<BranchName, TallyKeeper>()

  /** What a unit that was committed came to. */
  add(branch: BranchName, read: Read, terms: LedgerCounts): void {
    this.#of(branch).add(read, terms)
  }

  begin(branch: BranchName): void {
    this.#of(branch)
  }

  byBranch(): BranchTally[] {
    return [...this.#keepers].map(([branch, keeper]) => ({ branch, ...keeper.tally() }))
  }

  /** Each event once, as the rollup branch knows it (the detail branch, where that is alone); what the detail branch's store refused is dead, too. */
  tally(): Tally {
    const [detail, rollup] = [this.#keepers.get('detail'), this.#keepers.get('rollup')]
    if (rollup === undefined) return detail?.tally() ?? NOTHING
    const all = rollup.tally()
    const refused = Math.min(all.counted, Math.max(0, detail?.refused ?? 0))
    if (refused === 0) return all
    return { ...all, counted: all.counted - refused, dead: all.dead + refused, deadBy: { ...all.deadBy, refused_by_store: refused } }
  }

  #of(branch: BranchName): TallyKeeper {
    const keeper = this.#keepers.get(branch) ?? new TallyKeeper()
    this.#keepers.set(branch, keeper)
    return keeper
  }
}

export function joined(a: Read, b: Read): Read {
  return { consumed: a.consumed + b.consumed, firstMs: Math.min(a.firstMs, b.firstMs), lastMs: Math.max(a.lastMs, b.lastMs) }
}

function isTerm<Terms extends object>(name: string | undefined, terms: Terms): name is keyof Terms & string {
  return name !== undefined && name in terms
}
