/**
 * Loss tolerance: where the settings prefer fresh data to all data, a branch that lags too far behind while its store takes nothing skips to the log's end. By
 * the same request as an operator's, so that the range is recorded and can be backfilled.
 *
 * What must hold: a branch that commits is never skipped, however far behind it is, and whichever process commits: all the while this one must have a commit
 * under way, and the group's position must stand still. So a stream that was stopped or stands still for another reason, and a process that slept, ask for
 * nothing. What was asked for counts as done: there is no second request before the lag behind the first one is too large again. It takes effect when the
 * store takes what the process has in hand.
 */
import type { ControlLog } from '../control/control-log.ts'
import { MINUTE_MS } from '../lib/durations.ts'
import type { Logger } from '../log.ts'
import { partitionKey } from '../source/source.ts'
import type { BranchName } from '../store/position.ts'
import type { StreamReport } from '../stream.ts'
import { findPositions, recordTimes, type FoundPosition, type PositionsOptions } from './cluster-positions.ts'
import { putSkip, type SkipBook } from './skip-book.ts'

/** A store that takes nothing for so long, with too much waiting, is away. Longer than a slow flush. */
const AWAY_MS = 60_000
/** Past that between two looks nobody knows what happened: the process slept, or Kafka did not answer. Three looks of live.ts. */
const UNSEEN_MS = 30_000

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
  return skipAfterLagMinutes !== null && ageMs !== null && records > 0 && ageMs > skipAfterLagMinutes * MINUTE_MS
}

/** A partition whose lag is too much, with a commit under way. */
interface Held {
  readonly sinceMs: number
  readonly seenMs: number
  /** The committed position, which must not move. */
  readonly incarnation: number
  readonly next: number
}

export class ToleranceWatch {
  readonly #options: ToleranceOptions
  readonly #since = new Map<string, Held>()

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

  async #lookAt(branch: BranchName, { partitions, committingSinceMs }: StreamReport): Promise<number> {
    const { book, control, limits, log, now } = this.#options
    const ours = new Set(partitions.map(partitionKey))
    const found = (await findPositions(this.#options, [branch])).filter(({ partition }) => ours.has(partitionKey(partition)))
    const places = found.map(({ partition, where, bounds }) => ({
      partition,
      where,
      offset: Math.max(where.next, book.toOf(branch, partition, where.incarnation) ?? 0),
      bounds,
    }))
    const times = limits[branch].skipAfterLagMinutes === null ? [] : await recordTimes(this.#options.neighbours.kafka, places)
    let requests = 0
    for (const [i, { partition, where, offset, bounds }] of places.entries()) {
      const timeMs = times[i] ?? null
      const isTooFar = isTooFarBehind(limits[branch], bounds.end - offset, timeMs === null ? null : now() - timeMs)
      if (!this.#isAway(`${branch} ${partitionKey(partition)}`, isTooFar ? committingSinceMs : null, where)) continue
      await putSkip(control, { branch, ...partition, incarnation: where.incarnation, to: bounds.end, atMs: now(), by: 'lag' })
      log.error(
        { branch, partition: partitionKey(partition), from: offset, to: bounds.end },
        'the store takes nothing and the lag is more than the settings put up with: a skip of this range is asked for: what of it is not written by then can be backfilled',
      )
      requests++
    }
    return requests
  }

  /** A burst that came just now is no outage: at each look of a minute the lag must have been too much, with a commit under way and the position where it was. */
  #isAway(key: string, committingSinceMs: number | null, { incarnation, next }: FoundPosition['where']): boolean {
    const nowMs = this.#options.now()
    const held = this.#since.get(key)
    this.#since.delete(key)
    if (committingSinceMs === null) return false
    const goesOn = held !== undefined && held.incarnation === incarnation && held.next === next && nowMs - held.seenMs <= UNSEEN_MS
    const sinceMs = goesOn ? held.sinceMs : nowMs
    if (nowMs - Math.max(sinceMs, committingSinceMs) >= AWAY_MS) return true
    this.#since.set(key, { sinceMs, seenMs: nowMs, incarnation, next })
    return false
  }
}
