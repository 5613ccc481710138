/**
 * Rollup rows in, counts in the database out; always inside the caller's transaction, which makes a repeat impossible. Each row is added
 * to its minute, its hour and its day, so that a reader of a long range takes few rows.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../lib/durations.ts'
import type { RollupRow } from '../rollup-store.ts'
import type { Database } from '../sqlite.ts'
import { Interner } from './interner.ts'

/** Lengths of the intervals that counts are kept for, longest first. */
export const TIERS = [DAY_MS, HOUR_MS, MINUTE_MS] as const

/** The newest event's message stays. Only minutes have one: a reader finds it by the time of the newest event. */
const ADD = `
INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET count = count + excluded.count, first_ms = min(first_ms, excluded.first_ms),
  message = CASE WHEN excluded.last_ms >= last_ms THEN excluded.message ELSE message END, last_ms = max(last_ms, excluded.last_ms)`
const ADD_HOST = 'INSERT OR IGNORE INTO rollup_host VALUES (?, ?, ?, ?, ?)'

export class Rollups {
  readonly #db: Database
  readonly #jobs: Interner
  readonly #series: Interner
  readonly #messages: Interner
  readonly #hosts: Interner

  constructor(db: Database) {
    this.#db = db
    this.#jobs = new Interner(db, 'job', 10_000)
    this.#series = new Interner(db, 'series', 50_000)
    this.#messages = new Interner(db, 'message', 10_000)
    this.#hosts = new Interner(db, 'host', 50_000)
  }

  add(rows: readonly RollupRow[]): void {
    for (const row of rows) this.#addOne(row)
  }

  forget(): void {
    for (const interner of [this.#jobs, this.#series, this.#messages, this.#hosts]) interner.forget()
  }

  #addOne(row: RollupRow): void {
    const job = this.#jobs.seqOf(row.job, row.windowMs)
    const series = this.#series.seqOf(seriesText(row), row.windowMs)
    const message = this.#messages.seqOf(row.sampleMessage, row.windowMs)
    const add = this.#db.prepare(ADD)
    for (const tier of TIERS) {
      add.run(tier, startOfTier(row.windowMs, tier), job, series, row.count, row.firstMs, row.lastMs, tier === MINUTE_MS ? message : null)
    }
    for (const host of row.hosts) this.#addHost(row.windowMs, job, series, this.#hosts.seqOf(host, row.windowMs))
  }

  /** From the minute up: a host that the shorter interval knows, the longer ones know. */
  #addHost(windowMs: number, job: number, series: number, host: number): void {
    const add = this.#db.prepare(ADD_HOST)
    for (let i = TIERS.length - 1; i >= 0; i--) {
      const tier = TIERS[i] ?? MINUTE_MS
      if (add.run(tier, startOfTier(windowMs, tier), job, series, host) === 0) return
    }
  }
}

export function startOfTier(timeMs: number, tier: number): number {
  return timeMs - (timeMs % tier)
}

/** All dimensions of a row but its time. The names are those of the port, and of the generated columns in schema.ts. */
export type Series = Omit<RollupRow, 'windowMs' | 'count' | 'hosts' | 'firstMs' | 'lastMs' | 'sampleMessage'>

function seriesText(row: RollupRow): string {
  const {
    job,
    environment,
    serviceVersion,
    exceptionClass,
    rootCauseClass,
    fingerprint,
    fingerprintPrevious,
    fpSite,
    category,
    severity,
    rule,
    logger,
    level,
    culprit,
    title,
  } = row
  const series: Series = {
    job,
    environment,
    serviceVersion,
    exceptionClass,
    rootCauseClass,
    fingerprint,
    fingerprintPrevious,
    fpSite,
    category,
    severity,
    rule,
    logger,
    level,
    culprit,
    title,
  }
  return JSON.stringify(series)
}
