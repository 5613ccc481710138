/**
 * What pruning deletes, kind by kind: a cutoff in, at most `STEP_ROWS` rows less in the database. Inside the caller's transaction. What hangs
 * on a row goes with it; what is stored once goes when no row of its last day is left.
 */
import { DAY_MS } from '../../lib/durations.ts'
import { contributorKey, type BranchName } from '../position.ts'
import type { Database } from '../sqlite.ts'
import { addLedgerEntry, parseCounts } from './account.ts'
import type { InternedTable } from './interner.ts'
import { TIERS } from './rollups.ts'

/** Rows deleted in one transaction: some 10 ms of work. */
const STEP_ROWS = 500
const STEP_KEYS = 100
/** The ledger's contributor that stands for all forgotten idempotency keys of HTTP. */
const FORGOTTEN_HTTP = 'http'

/** Deletes a few rows of what lies before `cutoffMs`; returns how many. Zero: there is nothing left. */
export type Step = (db: Database, cutoffMs: number) => number

export function deleteDocuments(db: Database, cutoffMs: number): number {
  const gone = db
    .prepare('DELETE FROM document WHERE seq IN (SELECT seq FROM document WHERE window_ms < ? ORDER BY window_ms LIMIT ?) RETURNING seq')
    .all<{ seq: number }>(cutoffMs, STEP_ROWS)
  for (const { seq } of gone) {
    db.prepare('DELETE FROM mark WHERE document = ?').run(seq)
    db.prepare('DELETE FROM sample WHERE document = ?').run(seq)
    db.prepare('DELETE FROM document_previous WHERE document = ?').run(seq)
  }
  if (gone.length > 0) return gone.length
  return deleteTexts(db, cutoffMs) + deleteInterned(db, ['identity', 'contributor'], cutoffMs)
}

function deleteTexts(db: Database, cutoffMs: number): number {
  const gone = db
    .prepare('DELETE FROM text WHERE seq IN (SELECT seq FROM text WHERE day < ? LIMIT ?) RETURNING seq')
    .all<{ seq: number }>(cutoffMs / DAY_MS, STEP_ROWS)
  for (const { seq } of gone) db.prepare('DELETE FROM text_index WHERE rowid = ?').run(seq)
  return gone.length
}

/** Minutes first, days last: the days tell what is left to delete, should it end in the middle. */
export function deleteRollups(db: Database, cutoffMs: number): number {
  for (const tier of TIERS.toReversed()) {
    const rows =
      deleteTier(db, 'rollup_host', 'start_ms, job, series, host', tier, cutoffMs) ||
      deleteTier(db, 'rollup', 'start_ms, job, series', tier, cutoffMs)
    if (rows > 0) return rows
  }
  return deleteInterned(db, ['series', 'message', 'host', 'job'], cutoffMs)
}

function deleteTier(db: Database, table: string, key: string, tier: number, cutoffMs: number): number {
  return db
    .prepare(`DELETE FROM ${table} WHERE tier = ? AND (${key}) IN (SELECT ${key} FROM ${table} WHERE tier = ? AND start_ms < ? LIMIT ?)`)
    .run(tier, tier, cutoffMs, STEP_ROWS)
}

function deleteInterned(db: Database, tables: readonly InternedTable[], cutoffMs: number): number {
  let rows = 0
  for (const table of tables) {
    rows += db
      .prepare(`DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} WHERE day < ? LIMIT ?)`)
      .run(cutoffMs / DAY_MS, STEP_ROWS)
  }
  return rows
}

export function deleteLetters(db: Database, cutoffMs: number): number {
  return db.prepare('DELETE FROM letter WHERE id IN (SELECT id FROM letter WHERE time_ms < ? LIMIT ?)').run(cutoffMs, STEP_ROWS)
}

export function deleteLedger(db: Database, cutoffMs: number): number {
  const day = new Date(cutoffMs).toISOString().slice(0, 10)
  return db
    .prepare('DELETE FROM ledger WHERE (day, branch, contributor) IN (SELECT day, branch, contributor FROM ledger WHERE day < ? LIMIT ?)')
    .run(day, STEP_ROWS)
}

interface HttpKey {
  readonly branch: BranchName
  readonly topic: string
  readonly partition: number
  readonly incarnation: number
}

/** Every request by HTTP is a contributor of its own. When its key is forgotten, its ledger entries are added to one that stands for all. */
export function forgetHttpKeys(db: Database, cutoffMs: number): number {
  const keys = db
    .prepare(
      `DELETE FROM position WHERE (branch, cluster, topic, partition) IN
         (SELECT branch, cluster, topic, partition FROM position WHERE cluster = 'http' AND written_ms < ? LIMIT ?)
       RETURNING branch, topic, partition, incarnation`,
    )
    .all<HttpKey>(cutoffMs, STEP_KEYS)
  for (const key of keys)
    foldLedger(db, key.branch, contributorKey({ cluster: 'http', topic: key.topic, partition: key.partition }, key.incarnation))
  return keys.length
}

function foldLedger(db: Database, branch: BranchName, contributor: string): void {
  const gone = db
    .prepare('DELETE FROM ledger WHERE contributor = ? AND branch = ? RETURNING day, counts')
    .all<{ day: string; counts: string }>(contributor, branch)
  for (const { day, counts } of gone)
    addLedgerEntry(db, { branch, contributor: FORGOTTEN_HTTP, day, block: 0, next: 0, counts: parseCounts(counts) })
}
