/**
 * Why alert rules do not see, as far as this process knows.
 *
 * In: the shards that are ours and not open, the last turn, and how far each shard is evaluated, whoever owns it. Out: the reason in words; null: all see.
 * Pure. Also a turn that takes too long, or a shard that nobody takes up, is found: what stands still says nothing by itself.
 */
import type { Round } from './evaluator.ts'
import type { ClosedShard } from './own-shards.ts'
import type { AlertSettings } from './service-options.ts'

/** A turn may be so much later than it is due. */
const TURN_PATIENCE_MS = 60_000
/** Evaluation may be so much further back than the stream may be without being called blind. */
const SHARD_PATIENCE_MS = 300_000

export interface Known {
  readonly nowMs: number
  readonly closed: readonly ClosedShard[]
  /** Of ours. */
  readonly openShards: number
  /** Of the last turn; null: there was none. */
  readonly last: Pick<Round, 'atMs' | 'blind'> | null
  /** Of every shard, up to when complete minutes are evaluated; null: never. */
  readonly untilMs: readonly (number | null)[]
}

export function blindness(known: Known, settings: Pick<AlertSettings, 'intervalMs' | 'delayMs' | 'maxLagMs'>): string | null {
  const { closed, untilMs, nowMs } = known
  if (closed.length > 0) return closed.map(wordsOf).join('; ')
  return ownTrouble(known, settings.intervalMs) ?? silentShard(untilMs, nowMs - settings.delayMs - settings.maxLagMs - SHARD_PATIENCE_MS)
}

function wordsOf({ shard, why }: ClosedShard): string {
  return why === null ? `shard ${shard} of the alerts is not open yet` : `shard ${shard} of the alerts cannot be opened: ${why}`
}

function ownTrouble({ nowMs, last, openShards, untilMs }: Known, intervalMs: number): string | null {
  if (openShards === 0 && untilMs.length > 0) return null // all shards are others'
  if (last === null) return 'nothing is evaluated yet'
  return nowMs - last.atMs > 3 * intervalMs + TURN_PATIENCE_MS ? `nothing is evaluated since ${iso(last.atMs)}` : last.blind
}

function silentShard(untilMs: readonly (number | null)[], staleMs: number): string | null {
  const shard = untilMs.findIndex((ms) => ms === null || ms <= staleMs)
  const until = untilMs[shard]
  if (until === undefined) return null
  return until === null
    ? `shard ${shard} of the alerts was never evaluated`
    : `shard ${shard} of the alerts is evaluated until ${iso(until)} only`
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
