/**
 * Processes skipped ranges later, beside whatever runs, through the stream's own stages. The picture:
 *
 *   marks -> plan -> for each piece: records of the source topic -> fold -> BackfillStore: counted, and skipped no longer
 *
 * The live groups are neither joined nor moved. A piece is read as the live branch would have read it: the same offsets, incarnation and filters.
 *
 * Delivery: kill it at any moment and start it again; what was committed is not read again, and what was not is counted once. What the log does not have any
 * more stays skipped.
 */
import type { Settings } from '../config/schema.ts'
import { recentIds } from '../detail/recent-ids.ts'
import { TracefoldError } from '../errors.ts'
import type { KafkaClient } from '../kafka/client.ts'
import { PartitionReader } from '../kafka/partition-reader.ts'
import type { Metrics } from '../metrics.ts'
import { RulesInForce, type StreamRules } from '../rules/rules.ts'
import { partitionKey } from '../source/source.ts'
import type { BranchName, Resume } from '../store/position.ts'
import { idOf, placeOf, type Backfill, type SkippedRange } from '../store/skipped.ts'
import { BranchFolding } from '../stream/branch-folding.ts'
import { planBackfill, type BackfillQuery, type Marks, type Piece } from './backfill-plan.ts'
import { BackfillStore, type BackfillStoreOptions } from './backfill-store.ts'

/** Only where what is to be read belongs to a transaction that is being settled. */
const READ_WAIT_MS = 500
/** Offsets folded between two looks at whether a commit is due: one answer of the log may hold more than a commit should. */
const STEP_OFFSETS = 100
/** Offsets read for a commit at most: what a kill costs. */
const COMMIT_OFFSETS = 50_000

export interface BackfillOptions {
  readonly settings: Settings
  readonly store: Omit<BackfillStoreOptions, 'blockSize' | 'transactionTimeoutMs'>
  readonly kafka: KafkaClient
  readonly rules: StreamRules
  readonly metrics: Metrics
  readonly now: () => number
  readonly signal: AbortSignal
  /** Told after each commit. */
  readonly onProgress?: (backfill: Backfill) => void
}

export interface PieceReport {
  readonly branch: BranchName
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  /** Offsets that the log did not have any more: they stay skipped. */
  readonly gone: number
}

/** Rejects with `bad_request` before anything is done where a part of it was counted. */
export async function backfill(options: BackfillOptions, marks: Marks, queries: readonly BackfillQuery[]): Promise<PieceReport[]> {
  const reports: PieceReport[] = []
  for (const { branch, contributor } of contributorsOf(queries.flatMap((query) => planBackfill(marks, query)))) {
    const { blockSize, kafka } = options.settings
    const store = new BackfillStore(
      { ...options.store, blockSize, transactionTimeoutMs: kafka.transactionTimeoutMs },
      branch,
      placeOf(contributor).partition,
    )
    try {
      const fenced = marksOfOne(await store.open(), branch, contributor)
      for (const piece of queries.filter((query) => concerns(query, fenced)).flatMap((query) => planBackfill(fenced, query)))
        reports.push(await runPiece(options, store, piece))
    } finally {
      await store.close()
    }
  }
  return reports
}

/** What is fenced as one. It is planned again behind the fence: a backfill may have committed just now whose mark could not be read before. */
function contributorsOf(pieces: readonly Piece[]): Pick<SkippedRange, 'branch' | 'contributor'>[] {
  return [...new Map(pieces.map(({ skipped: { branch, contributor } }) => [`${branch}|${contributor}`, { branch, contributor }])).values()]
}

function marksOfOne({ skipped, backfills }: Marks, branch: BranchName, contributor: string): Marks {
  const isIts = (mark: SkippedRange): boolean => mark.branch === branch && mark.contributor === contributor
  return { skipped: skipped.filter(isIts), backfills: backfills.filter(isIts) }
}

function concerns(query: BackfillQuery, { skipped }: Marks): boolean {
  if (query.kind === 'all') return skipped.some(({ branch }) => query.branches.includes(branch))
  return skipped.some((range) =>
    query.kind === 'skipped' ? idOf(range) === query.id : range.branch === query.branch && range.contributor === query.contributor,
  )
}

async function runPiece(options: BackfillOptions, store: BackfillStore, piece: Piece): Promise<PieceReport> {
  const { branch, contributor, day } = piece.skipped
  const { partition } = placeOf(contributor)
  const reader = new PartitionReader(options.kafka, partition.topic, partition.partition)
  try {
    const { begin, end } = await reader.bounds()
    if (piece.to > end)
      throw new TracefoldError('bad_request', `${partitionKey(partition)} ends at ${end}: it is not the log that was skipped`)
    const fresh = (from: number): Backfill => ({
      branch,
      contributor,
      from,
      to: piece.to,
      day,
      next: from,
      block: from,
      rules: options.rules.digest,
    })
    const state = piece.begun ?? fresh(piece.from)
    const at = Math.min(piece.to, Math.max(begin, state.next))
    if (piece.begun !== null && at > state.next) await store.cut(state, options.signal)
    const begun = at > state.next ? fresh(at) : state
    if (begun.next < begun.to) await read(options, store, reader, begun, begin)
    return { branch, topic: partition.topic, partition: partition.partition, from: piece.from, to: piece.to, gone: at - state.next }
  } finally {
    await reader.close()
  }
}

async function read(
  options: BackfillOptions,
  store: BackfillStore,
  reader: PartitionReader,
  begun: Backfill,
  logBegin: number,
): Promise<void> {
  const { partition, incarnation } = placeOf(begun.contributor)
  const { signal } = options
  const canRebuild = begun.rules === options.rules.digest && begun.block >= logBegin
  const resume: Resume = { incarnation, from: canRebuild ? begun.block : begun.next, next: begun.next, lost: null }
  const folding = foldingFor(options, begun.branch)
  folding.open(partition, begun.branch === 'detail' ? { detail: resume, rollup: null } : { detail: null, rollup: resume })
  store.begin(begun, resume.from)
  let committed = resume.from
  for (let at = resume.from; at < begun.to;) {
    const { records, next } = await reader.read(at, { maxWaitMs: READ_WAIT_MS })
    for (const stop = Math.min(next, begun.to); at < stop;) {
      if (signal.aborted) throw new TracefoldError('aborted', 'a stop ended the backfill; what it has done is done')
      const upTo = Math.min(stop, at + STEP_OFFSETS)
      const from = at
      folding.fold({
        partition,
        fetchedFrom: from,
        records: records.filter(({ offset }) => offset >= from && offset < upTo),
        next: upTo,
        end: null,
      })
      at = upTo
      if (at < begun.to && at - committed < COMMIT_OFFSETS && folding.fullBy() === null) continue
      committed = at
      const { unit, reached } = folding.take()
      const state = await store.commit(unit, signal)
      folding.acknowledge(unit, reached)
      options.onProgress?.(state)
    }
  }
  folding.drop(partition)
}

function foldingFor({ settings, rules, metrics, now }: BackfillOptions, branch: BranchName) {
  const flushMs = { caughtUp: 0, behind: 0 } // nothing waits here
  return new BranchFolding(
    { branches: [branch], settings, rules: new RulesInForce(rules), metrics, now, intake: { settings, now, metrics: null }, flushMs },
    recentIds(),
  )
}
