/**
 * The ledger: the durable account of what became of every consumed event. For each branch, contributor and day (UTC, of the
 * record's timestamp):
 *
 *   consumed = counted + filtered (by rule) + dead + expired + skipped
 *
 * `counts` are absolute for their block, so that an entry merges like a document: same block, the larger `consumed` wins whole;
 * newer block, added; older block, nothing.
 */
import type { BranchName } from './position.ts'

/** `consumed` (always there), `counted`, `expired`, `skipped`, `filtered.<reason>`, `dead.<reason>`. */
export type LedgerCounts = Readonly<Record<string, number>>

export interface LedgerEntry {
  readonly branch: BranchName
  readonly contributor: string
  /** `YYYY-MM-DD` */
  readonly day: string
  readonly block: number
  /** Offset after the last one that `counts` speaks of: the position can be read back from it. */
  readonly next: number
  readonly counts: LedgerCounts
}

/** What a reader sees: counts summed over the blocks. */
export interface LedgerTotal {
  readonly branch: BranchName
  readonly contributor: string
  readonly day: string
  readonly counts: LedgerCounts
}

/** True where everything consumed is accounted for, and no outcome is less than nothing. */
export function isBalanced(counts: LedgerCounts): boolean {
  return imbalance(counts) === 0 && Object.values(counts).every((n) => n >= 0)
}

/** Counted + filtered + dead + expired + skipped - consumed: zero where the account is in balance. */
export function imbalance(counts: LedgerCounts): number {
  let total = 0
  for (const [name, n] of Object.entries(counts)) total += name === 'consumed' ? -n : n
  return total
}

export function addCounts(all: readonly LedgerCounts[]): LedgerCounts {
  const sum: Record<string, number> = {}
  for (const counts of all) for (const [name, n] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + n
  return sum
}

export interface LedgerReader {
  /** Days are inclusive, `YYYY-MM-DD`. */
  ledger(query: { from: string; to: string }): Promise<LedgerTotal[]>
}
