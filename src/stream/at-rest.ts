/**
 * What a stream's loop is to do once it is at rest: nothing that was folded waits for a commit, and no commit is under way. In: what is asked for. Out: what is
 * due, once.
 *
 *   nothing due --turn------> a turn is due -----(at rest)--> other rules, or new blocks by the same; a commit says so --> what else is due
 *   nothing due --reopen----> openings are due --(at rest)--> each of the partitions is opened again ------------------> nothing due
 *
 * What must hold: as long as anything is due the source is paused, so that rest comes. A turn goes first: an opening by rules that are about to change would be
 * for nothing. A later turn takes the place of one that waits, but for its rules, where it brings none. A new assignment opens everything: no opening is due any more.
 */
import type { StreamRules } from '../rules/rules.ts'
import { partitionKey, type Partition } from '../source/source.ts'

/** Null rules: the same, in new blocks, for a document was refused. */
export interface Turn {
  readonly rules: StreamRules | null
}

export class AtRest {
  #turn: Turn | null = null
  readonly #openings = new Map<string, Partition>()

  turn(rules: StreamRules | null): void {
    this.#turn = { rules: rules ?? this.#turn?.rules ?? null }
  }

  reopen(partition: Partition): void {
    this.#openings.set(partitionKey(partition), partition)
  }

  /** Everything is opened anew. */
  forgetOpenings(): void {
    this.#openings.clear()
  }

  /** What is due first, as the reason of a commit that brings rest. */
  due(): 'rules' | 'reopen' | null {
    if (this.#turn !== null) return 'rules'
    return this.#openings.size > 0 ? 'reopen' : null
  }

  takeTurn(): Turn | null {
    const turn = this.#turn
    this.#turn = null
    return turn
  }

  takeOpenings(): Partition[] {
    const openings = [...this.#openings.values()]
    this.#openings.clear()
    return openings
  }
}
