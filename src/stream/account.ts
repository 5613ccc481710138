/**
 * A branch's account of one partition: what became of every event, absolutely for each block, and the dead letters that wait to be written.
 * A block belongs whole to the day of its first record, so that a replay of the block gives the same entry.
 */
import type { Item } from './item.ts'
import type { DeadLetter } from '../store/dead-letter.ts'
import type { LedgerCounts, LedgerEntry } from '../store/ledger.ts'
import type { BranchName, LostRange } from '../store/position.ts'

interface BlockAccount {
  readonly day: string
  readonly block: number
  readonly counts: Record<string, number>
  /** What of the counts is committed: by a predecessor, or by us. */
  committed: Record<string, number>
}

/** Events of a block that were counted, until the store refused them. */
export interface Move {
  readonly block: number
  readonly n: number
  readonly to: string
}

export interface AccountSnapshot {
  readonly contributor: string
  readonly letters: readonly DeadLetter[]
  /** Pure: the blocks' counts, with what was refused moved out of `counted`. */
  entries(moves: readonly Move[]): LedgerEntry[]
}

export class PartitionAccount {
  readonly contributor: string
  readonly #branch: BranchName
  #blocks: BlockAccount[] = []
  #letters: DeadLetter[] = []
  #letterBytes = 0

  constructor(branch: BranchName, contributor: string) {
    this.#branch = branch
    this.contributor = contributor
  }

  addLost(range: LostRange, day: string): void {
    const n = range.to - range.from
    this.#blocks.push({ day, block: range.from, counts: { consumed: n, [range.reason]: n }, committed: {} })
  }

  /** `isNew`: not read before the last commit, so that it is still to be counted, and its letter to be written. */
  add(item: Item, isNew = true): void {
    let last = this.#blocks.at(-1)
    if (last === undefined || last.block !== item.block) {
      last = { day: item.day, block: item.block, counts: { consumed: 0 }, committed: {} }
      this.#blocks.push(last)
    }
    const outcome =
      item.kind === 'ok' ? 'counted' : item.kind === 'drop' ? `filtered.${item.rule ?? item.reason}` : `dead.${item.letter.reason}`
    count(last.counts, outcome)
    if (!isNew) count(last.committed, outcome)
    if (item.kind !== 'dead' || !isNew) return
    this.#letters.push({ ...item.letter, branches: [this.#branch] })
    this.#letterBytes += costOf(item.letter)
  }

  /** Bytes of letters that wait for a commit, roughly. */
  waitingBytes(): number {
    return this.#letterBytes
  }

  /** The account as it stands, for a commit at `next`. */
  snapshot(next: number): AccountSnapshot {
    const { contributor } = this
    const branch = this.#branch
    const blocks = this.#blocks.map((entry) => ({ ...entry, counts: { ...entry.counts } }))
    return {
      contributor,
      letters: [...this.#letters],
      entries: (moves) =>
        blocks.map(({ day, block, counts }) => ({
          branch,
          contributor,
          day,
          block,
          next,
          counts: moved(
            counts,
            moves.filter((move) => move.block === block),
          ),
        })),
    }
  }

  /** These of its entries are committed. Returns by how much their counts are more than what was committed before. */
  settle(entries: readonly LedgerEntry[]): LedgerCounts {
    const fresh: Record<string, number> = {}
    for (const { block, day, counts } of entries) {
      const account = this.#blocks.find((one) => one.block === block && one.day === day)
      if (account === undefined) continue
      for (const [name, n] of Object.entries(counts)) fresh[name] = (fresh[name] ?? 0) + n - (account.committed[name] ?? 0)
      account.committed = { ...counts }
    }
    return fresh
  }

  /** What lies below `next` is acknowledged. Counts of the open block are kept, since they are absolute; a letter is written once. */
  acknowledge(next: number, openBlock: number): void {
    this.#blocks = this.#blocks.filter((entry) => entry.block >= openBlock)
    this.#letters = this.#letters.filter((letter) => letter.offset >= next)
    this.#letterBytes = this.#letters.reduce((sum, letter) => sum + costOf(letter), 0)
  }
}

/** What a letter costs beside its body, in bytes, roughly. */
const LETTER_BYTES = 500

function count(counts: Record<string, number>, outcome: string): void {
  counts['consumed'] = (counts['consumed'] ?? 0) + 1
  counts[outcome] = (counts[outcome] ?? 0) + 1
}

function costOf(letter: DeadLetter): number {
  return LETTER_BYTES + letter.body.length
}

function moved(counts: Readonly<Record<string, number>>, moves: readonly Move[]): Record<string, number> {
  const result = { ...counts }
  for (const { n, to } of moves) {
    result['counted'] = (result['counted'] ?? 0) - n
    result[to] = (result[to] ?? 0) + n
  }
  return result
}
