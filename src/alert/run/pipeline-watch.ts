/**
 * What evaluation must know of the pipeline: how far behind the stream is, and whether the rollups are written. From that follows how far counts are complete.
 *
 *   now - delay - what the stream is behind, to the minute
 */
import { MINUTE_MS } from '../condition.ts'

export interface PipelineState {
  /** How far behind the newest record the stream is, over all processes as far as is known; null where nobody knows. */
  readonly lagMs: number | null
  /** Nobody knows yet how far behind the stream is, but that there is more, which it reads. */
  readonly isBehind?: boolean
  /** Why rollups are not written, in words; null: they are. */
  readonly trouble: string | null
}

/** Resolves also where a neighbour is away: that is a trouble. */
export type LookAtPipeline = () => Promise<PipelineState>

/** Start of the first minute whose counts are not complete. */
export function completeUntil(nowMs: number, lagMs: number, delayMs: number): number {
  return Math.floor((nowMs - delayMs - lagMs) / MINUTE_MS) * MINUTE_MS
}
