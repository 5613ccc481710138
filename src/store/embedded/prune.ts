/**
 * Retention: whole days are deleted when their time has come, and before it when the database is too large. Then the day that has used up
 * most of its own retention goes first, so that a flood of detail does not cost a year of rollups.
 *
 * It works in steps of one short transaction each, between which commits and readers have their turn. A repeat, or an end in the
 * middle, is harmless: the next run goes on. What is stored once (texts, names) goes with the last day that uses it.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { DAY_MS } from '../../lib/durations.ts'
import type { Database } from '../sqlite.ts'
import { deleteDocuments, deleteLedger, deleteLetters, deleteRollups, forgetHttpKeys, type Step } from './deletions.ts'
import { startOf, type Retention } from './retention.ts'

/** Pages of 4 KiB given back to the disk in one step. */
const STEP_PAGES = 2_000
/** Free pages are given back past this share of the file; fewer are soon used again. */
const FREE_SHARE = 0.25
/** An idempotency key of `POST /api/v1/events` is remembered for so long. */
const HTTP_KEY_DAYS = 7

interface Kind {
  readonly days: keyof Omit<Retention, 'maxBytes'>
  readonly oldest: string
  readonly step: Step
}

const KINDS: readonly Kind[] = [
  { days: 'detailDays', oldest: 'SELECT min(window_ms) AS ms FROM document', step: deleteDocuments },
  { days: 'rollupDays', oldest: `SELECT min(start_ms) AS ms FROM rollup WHERE tier = ${DAY_MS}`, step: deleteRollups },
  { days: 'letterDays', oldest: 'SELECT min(time_ms) AS ms FROM letter', step: deleteLetters },
]

export interface PruneOptions {
  readonly retention: Retention
  readonly nowMs: number
  /** Runs one step as a transaction. Throws `aborted` once the store is closed: then pruning ends. */
  readonly inTransaction: <T>(step: () => T) => T
}

export interface PruneReport {
  /** Rows deleted, of all kinds. */
  readonly rows: number
  /** Days deleted before their time because the database was too large. */
  readonly daysForSize: number
  /** What is in use now. Above `maxBytes` where today alone is more than that. */
  readonly usedBytes: number
}

export async function prune(db: Database, { retention, nowMs, inTransaction }: PruneOptions): Promise<PruneReport> {
  let rows = 0
  const repeat = async (step: Step, cutoffMs: number) => {
    for (let n = inTransaction(() => step(db, cutoffMs)); n > 0; n = inTransaction(() => step(db, cutoffMs))) {
      rows += n
      await turn()
    }
  }
  for (const kind of KINDS) await repeat(kind.step, startOf(retention[kind.days], nowMs))
  await repeat(forgetHttpKeys, startOf(HTTP_KEY_DAYS, nowMs))
  await repeat(deleteLedger, startOf(retention.rollupDays, nowMs))
  const nextDay = () => inTransaction(() => dayForSize(db, retention, nowMs))
  let daysForSize = 0
  for (let next = nextDay(); next !== null; next = nextDay()) {
    await repeat(next.kind.step, next.cutoffMs)
    daysForSize++
  }
  while (inTransaction(() => giveBack(db))) await turn()
  return { rows, daysForSize, usedBytes: inTransaction(() => usedBytes(db)) }
}

function dayForSize(db: Database, retention: Retention, nowMs: number): { kind: Kind; cutoffMs: number } | null {
  if (usedBytes(db) <= retention.maxBytes) return null
  const candidates = KINDS.flatMap((kind) => {
    const ms = db.prepare(kind.oldest).get<{ ms: number | null }>()?.ms ?? null
    const today = startOf(0, nowMs)
    return ms === null || ms >= today ? [] : [{ kind, cutoffMs: startOf(-1, ms), used: (today - startOf(0, ms)) / retention[kind.days] }]
  })
  return candidates.toSorted((a, b) => b.used - a.used)[0] ?? null
}

/** Bytes of pages in use; free pages are taken again before the file grows. */
function usedBytes(db: Database): number {
  return (pragma(db, 'page_count') - pragma(db, 'freelist_count')) * pragma(db, 'page_size')
}

/** False where there is nothing worth giving back. */
function giveBack(db: Database): boolean {
  if (pragma(db, 'freelist_count') <= FREE_SHARE * pragma(db, 'page_count')) return false
  db.exec(`PRAGMA incremental_vacuum(${STEP_PAGES})`)
  return true
}

function pragma(db: Database, name: 'page_count' | 'freelist_count' | 'page_size'): number {
  return db.prepare(`SELECT ${name} AS n FROM pragma_${name}`).get<{ n: number }>()?.n ?? 0
}
