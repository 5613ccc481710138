/**
 * Loss tolerance: where the settings prefer fresh data to all data, a branch that lags too far behind while its store takes nothing skips to the log's end. By
 * the same request as an operator's, so that the range is recorded and can be backfilled.
 *
 * What must hold: a branch that commits is never skipped, however far behind it is. What was asked for counts as done: there is no second request before
 * the lag behind the first one is too large again. It takes effect when the store takes what the process has in hand.
 */
import type { ControlLog } from '../control/control-log.ts'
import type { Logger } from '../log.ts'
import { partitionKey } from '../source/source.ts'
import type { BranchName } from '../store/position.ts'
import type { StreamReport } from '../stream.ts'
import { findPositions, recordTimes, type PositionsOptions } from './cluster-positions.ts'
import { putSkip, type SkipBook } from './skip-book.ts'

/** A store that has taken nothing for so long, with records waiting, is away. Longer than a slow flush. */
const AWAY_MS = 60_000

export interface LagLimits {
  readonly skipAfterLagRecords: number | null
  readonly skipAfterLagMinutes: number | null
}

export interface ToleranceOptions extends PositionsOptions {
  readonly limits: Readonly<Record<BranchName, LagLimits>>
  readonly control: ControlLog
  readonly book: SkipBook
  readonly log: Logger
  readonly now: () => number
}

/** Whether a lag is more than what is put up with. */
export function isTooFarBehind({ skipAfterLagRecords, skipAfterLagMinutes }: LagLimits, records: number, ageMs: number | null): boolean {
  if (skipAfterLagRecords !== null && records > skipAfterLagRecords) return true
  return skipAfterLagMinutes !== null && ageMs !== null && records > 0 && ageMs > skipAfterLagMinutes * 60_000
}

/** Looks once at the streams of this process. `sinceMs`: when they were started. Resolves with the number of requests made. */
export async function skipWhatIsTooMuch(options: ToleranceOptions, streams: readonly StreamReport[], sinceMs: number): Promise<number> {
  let requests = 0
  for (const stream of streams) {
    if (options.now() - (stream.lastCommitMs ?? sinceMs) < AWAY_MS) continue
    for (const branch of stream.branches) {
      const { skipAfterLagRecords, skipAfterLagMinutes } = options.limits[branch]
      if (skipAfterLagRecords !== null || skipAfterLagMinutes !== null) requests += await look(options, branch, new Set(stream.partitions.map(partitionKey)))
    }
  }
  return requests
}

async function look(options: ToleranceOptions, branch: BranchName, ours: ReadonlySet<string>): Promise<number> {
  const { book, control, limits, log, neighbours, now } = options
  const found = (await findPositions(options, [branch])).filter(({ partition }) => ours.has(partitionKey(partition)))
  const places = found.map(({ partition, where, bounds }) => ({ partition, incarnation: where.incarnation, offset: Math.max(where.next, book.toOf(branch, partition, where.incarnation) ?? 0), bounds }))
  const times = await recordTimes(neighbours.kafka, places)
  let requests = 0
  for (const [i, { partition, incarnation, offset, bounds }] of places.entries()) {
    const timeMs = times[i] ?? null
    if (!isTooFarBehind(limits[branch], bounds.end - offset, timeMs === null ? null : now() - timeMs)) continue
    await putSkip(control, { branch, ...partition, incarnation, to: bounds.end, atMs: now(), by: 'lag' })
    log.error({ branch, partition: partitionKey(partition), from: offset, to: bounds.end }, 'the store takes nothing and the lag is more than the settings put up with: this range is skipped, and can be backfilled')
    requests++
  }
  return requests
}
