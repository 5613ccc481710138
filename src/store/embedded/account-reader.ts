/** Reads the ledger and the dead letters, on a read connection of its own. */
import type { DeadLetter, DeadLetterReader } from '../dead-letter.ts'
import type { LedgerReader, LedgerTotal } from '../ledger.ts'
import type { BranchName } from '../position.ts'
import type { Database } from '../sqlite.ts'
import { parseCounts, plus } from './account.ts'

export function accountReader(db: Database): LedgerReader & DeadLetterReader {
  return {
    ledger: async (query) => db.snapshot(() => totals(db, query)),
    letters: async (query) => db.snapshot(() => newestLetters(db, query)),
  }
}

/** Every HTTP request is a contributor of its own: here they are one. */
function totals(db: Database, { from, to }: { from: string; to: string }): LedgerTotal[] {
  const rows = db
    .prepare('SELECT branch, contributor, day, counts FROM ledger WHERE day BETWEEN ? AND ? ORDER BY day, branch, contributor')
    .all<LedgerRow>(from, to)
  const lines = new Map<string, LedgerTotal>()
  for (const { branch, contributor, day, counts } of rows) {
    const name = contributor.startsWith('http/') ? 'http' : contributor
    const key = `${day}|${branch}|${name}`
    lines.set(key, { branch, contributor: name, day, counts: plus(lines.get(key)?.counts ?? {}, parseCounts(counts)) })
  }
  return [...lines.values()]
}

function newestLetters(db: Database, { limit, reason }: { limit: number; reason?: string }): DeadLetter[] {
  const rows =
    reason === undefined
      ? db.prepare('SELECT letter, body FROM letter ORDER BY time_ms DESC, id DESC LIMIT ?').all<LetterRow>(limit)
      : db.prepare('SELECT letter, body FROM letter WHERE reason = ? ORDER BY time_ms DESC, id DESC LIMIT ?').all<LetterRow>(reason, limit)
  return rows.map(letterOf)
}

interface LedgerRow {
  readonly branch: BranchName
  readonly contributor: string
  readonly day: string
  readonly counts: string
}

interface LetterRow {
  readonly letter: string
  readonly body: Uint8Array
}

function letterOf(row: LetterRow): DeadLetter {
  const letter = JSON.parse(row.letter) as Omit<DeadLetter, 'body'> // written by writeLetter only
  return { ...letter, body: Buffer.from(row.body) }
}
