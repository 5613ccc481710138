/**
 * A backfill's lines in the ledger. Its events stand in a line of their own, and what is skipped no longer is taken away in another; whoever reads the ledger
 * sees one line (dlq/ledger.ts): what was skipped and is counted now, is counted. Pure.
 */
import type { LedgerEntry } from '../store/ledger.ts'
import { blockOf } from '../store/position.ts'
import type { Backfill } from '../store/skipped.ts'

/** The contributor that a backfill counts as, in documents, rows and ledger. */
export function backfillLine({ contributor, from }: Pick<Backfill, 'contributor' | 'from'>): string {
  return `${contributor}~backfill-${from}`
}

export function unskippedLine({ contributor, from }: Pick<Backfill, 'contributor' | 'from'>): string {
  return `${contributor}~unskipped-${from}`
}

/** Takes the offsets [from, to) out of what is skipped. `block` names the entry, so that a repeat of it changes nothing. */
export function unskippedEntry(backfill: Backfill, from: number, to: number): LedgerEntry {
  const n = to - from
  return {
    branch: backfill.branch,
    contributor: unskippedLine(backfill),
    day: backfill.day,
    block: from,
    next: to,
    counts: { consumed: -n, skipped: -n },
  }
}

/**
 * The blocks of [from, to), as they were opened: at multiples of the size, and at `openedAt`. Only a block that is closed is taken out of what is skipped in the
 * detail branch: its ledger merges by blocks, and of two entries of one block the one that has consumed more wins.
 */
export function blocksIn(from: number, to: number, openedAt: number, blockSize: number): { from: number; to: number }[] {
  const blocks: { from: number; to: number }[] = []
  for (let at = from; at < to;) {
    const regular = blockOf(at, 0, blockSize) + blockSize
    const end = Math.min(to, regular, at < openedAt ? openedAt : Infinity)
    blocks.push({ from: at, to: end })
    at = end
  }
  return blocks
}
