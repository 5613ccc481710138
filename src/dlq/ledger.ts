/**
 * The ledger as people read it. In cluster mode the moves of replays and backfills stand in lines of their own, since the lines of the streams belong to these,
 * and each epoch of a partition has its own; here they are one line: what was dead, or skipped, and is counted now, is counted.
 */
import { addCounts, type LedgerCounts, type LedgerTotal } from '../store/ledger.ts'
import { withoutEpoch } from '../store/position.ts'

const MARK = '~replay'
/** Behind the contributor of the stream's own line. No name of Kafka's holds a tilde. */
const ANY_MARK = /~(replay|backfill-\d+|unskipped-\d+)$/

/** The line that holds the moves of `contributor`. */
export function replayLine(contributor: string): string {
  return contributor + MARK
}

export function isReplayLine(contributor: string): boolean {
  return contributor.endsWith(MARK)
}

export function foldReplays(totals: readonly LedgerTotal[]): LedgerTotal[] {
  const lines = new Map<string, LedgerTotal>()
  for (const total of totals) {
    const contributor = withoutEpoch(total.contributor.replace(ANY_MARK, ''))
    const key = `${total.branch}|${contributor}|${total.day}`
    const line = lines.get(key)
    lines.set(key, {
      ...total,
      contributor,
      counts: line === undefined ? total.counts : withoutNothing(addCounts([line.counts, total.counts])),
    })
  }
  return [...lines.values()]
}

function withoutNothing(counts: LedgerCounts): LedgerCounts {
  return Object.fromEntries(Object.entries(counts).filter(([name, n]) => n !== 0 || name === 'consumed'))
}
