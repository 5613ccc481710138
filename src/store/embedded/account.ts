/**
 * Positions, ledger and dead letters: written inside the caller's transaction, with the data they speak of.
 *
 * A repeat: positions are set, letters have an id, detail entries merge by block law (same block: the larger `consumed` wins whole; newer
 * block: added; older: nothing). Rollup entries are additions, for which only the transaction makes a repeat impossible.
 */
import type { Partition } from '../../source/source.ts'
import type { DeadLetter } from '../dead-letter.ts'
import type { LedgerCounts, LedgerEntry } from '../ledger.ts'
import type { BranchName, Progress, Resume } from '../position.ts'
import type { Database } from '../sqlite.ts'

/** A committed transaction never replays, so the next block opens where the last commit ended. */
export function readPosition(db: Database, branch: BranchName, { cluster, topic, partition }: Partition): Resume {
  const row = db
    .prepare('SELECT incarnation, next FROM position WHERE branch = ? AND cluster = ? AND topic = ? AND partition = ?')
    .get<{ incarnation: number; next: number }>(branch, cluster, topic, partition)
  return { incarnation: row?.incarnation ?? 0, from: row?.next ?? 0, next: row?.next ?? 0, lost: null }
}

export function writePosition(db: Database, branch: BranchName, progress: Progress, nowMs: number): void {
  const { partition: p, incarnation, next, from, rules } = progress
  db.prepare('INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    branch,
    p.cluster,
    p.topic,
    p.partition,
    incarnation,
    next,
    from,
    rules,
    nowMs,
  )
}

/** False where it is called that already. */
export function isNewName(db: Database, { topic }: Partition, path: string): boolean {
  return db.prepare('SELECT path FROM log_name WHERE topic = ?').get<{ path: string }>(topic)?.path !== path
}

export function writeName(db: Database, { topic }: Partition, path: string): void {
  db.prepare('INSERT OR REPLACE INTO log_name VALUES (?, ?)').run(topic, path)
}

interface LedgerRow {
  readonly counts: string
  readonly block: number | null
  readonly block_counts: string | null
}

export function mergeLedgerEntry(db: Database, entry: LedgerEntry): void {
  const row = readLedger(db, entry)
  const before = parseCounts(row?.counts)
  const newer = row === undefined || row.block === null || entry.block > row.block
  if (newer) return writeLedger(db, entry, plus(before, entry.counts), entry.block, entry.counts)
  const mark = parseCounts(row.block_counts)
  const says = (counts: LedgerCounts) => counts['consumed'] ?? 0
  if (entry.block < (row.block ?? 0) || says(entry.counts) <= says(mark)) return
  writeLedger(db, entry, plus(plus(before, mark, -1), entry.counts), entry.block, entry.counts)
}

export function addLedgerEntry(db: Database, entry: LedgerEntry): void {
  writeLedger(db, entry, plus(parseCounts(readLedger(db, entry)?.counts), entry.counts), null, null)
}

function readLedger(db: Database, { day, branch, contributor }: LedgerEntry): LedgerRow | undefined {
  return db
    .prepare('SELECT counts, block, block_counts FROM ledger WHERE day = ? AND branch = ? AND contributor = ?')
    .get(day, branch, contributor)
}

function writeLedger(
  db: Database,
  { day, branch, contributor }: LedgerEntry,
  counts: LedgerCounts,
  block: number | null,
  blockCounts: LedgerCounts | null,
): void {
  db.prepare('INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?)').run(
    day,
    branch,
    contributor,
    JSON.stringify(counts),
    block,
    blockCounts === null ? null : JSON.stringify(blockCounts),
  )
}

export function parseCounts(text: string | null | undefined): LedgerCounts {
  return text === null || text === undefined ? {} : (JSON.parse(text) as LedgerCounts) // written by writeLedger only
}

/** Names that come to nothing are left out. */
export function plus(counts: LedgerCounts, more: LedgerCounts, sign = 1): LedgerCounts {
  const sum: Record<string, number> = { ...counts }
  for (const [name, n] of Object.entries(more)) {
    sum[name] = (sum[name] ?? 0) + sign * n
    if (sum[name] === 0) delete sum[name]
  }
  return sum
}

export function writeLetter(db: Database, { body, ...letter }: DeadLetter): void {
  db.prepare('INSERT OR REPLACE INTO letter VALUES (?, ?, ?, ?, ?)').run(
    letter.id,
    letter.timeMs,
    letter.reason,
    JSON.stringify(letter),
    body,
  )
}
