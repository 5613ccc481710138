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

/** A store that takes nothing for so long, with too much waiting, is away. Longer than a slow flush. */
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

export class ToleranceWatch {
  readonly #options: ToleranceOptions
  /** Since when each partition's lag is too much, and the stream's last commit then. */
  readonly #since = new Map<string, { readonly atMs: number; readonly lastCommitMs: number | null }>()

  constructor(options: ToleranceOptions) {
    this.#options = options
  }

  /** Looks once at the streams of this process. Resolves with the number of requests made. */
  async look(streams: readonly StreamReport[]): Promise<number> {
    let requests = 0
    for (const stream of streams) {
      for (const branch of stream.branches) {
        const { skipAfterLagRecords, skipAfterLagMinutes } = this.#options.limits[branch]
        if (skipAfterLagRecords !== null || skipAfterLagMinutes !== null) requests += await this.#lookAt(branch, stream)
      }
    }
    return requests
  }

  async #lookAt(branch: BranchName, { partitions, lastCommitMs }: StreamReport): Promise<number> {
    const { book, control, limits, log, neighbours, now } = this.#options
    const ours = new Set(partitions.map(partitionKey))
    const found = (await findPositions(this.#options, [branch])).filter(({ partition }) => ours.has(partitionKey(partition)))
    const places = found.map(({ partition, where, bounds }) => ({ partition, incarnation: where.incarnation, offset: Math.max(where.next, book.toOf(branch, partition, where.incarnation) ?? 0), bounds }))
    const times = await recordTimes(neighbours.kafka, places)
    let requests = 0
    for (const [i, { partition, incarnation, offset, bounds }] of places.entries()) {
      const timeMs = times[i] ?? null
      const isTooFar = isTooFarBehind(limits[branch], bounds.end - offset, timeMs === null ? null : now() - timeMs)
      if (!this.#isForLong(`${branch} ${partitionKey(partition)}`, isTooFar, lastCommitMs)) continue
      await putSkip(control, { branch, ...partition, incarnation, to: bounds.end, atMs: now(), by: 'lag' })
      log.error({ branch, partition: partitionKey(partition), from: offset, to: bounds.end }, 'the store takes nothing and the lag is more than the settings put up with: this range is skipped, and can be backfilled')
      requests++
    }
    return requests
  }

  /** A burst that came just now is no outage: the lag must have been too much all the while, without a commit. */
  #isForLong(key: string, isTooFar: boolean, lastCommitMs: number | null): boolean {
    const nowMs = this.#options.now()
    const known = this.#since.get(key)
    const goesOn = isTooFar && known !== undefined && known.lastCommitMs === lastCommitMs
    if (!isTooFar) this.#since.delete(key)
    else if (!goesOn) this.#since.set(key, { atMs: nowMs, lastCommitMs })
    if (!goesOn || nowMs - known.atMs < AWAY_MS) return false
    this.#since.delete(key)
    return true
  }
}
