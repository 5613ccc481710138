/**
 * What evaluation must know of the pipeline: how far behind the stream is, whether the rollups are written, and how many records were consumed or died. From
 * that follows how far counts are complete.
 *
 *   now - delay - what the stream is behind (at most `maxWaitMs`, for alerts must come all the same), to the minute
 */
import { MINUTE_MS } from '../condition.ts'
import type { PipelineReading } from '../conditions/sight.ts'
import type { Tally } from '../../tally.ts'

/** For rules on dead letters: as long as they may look back. */
const KEPT_MINUTES = 1_440

export interface PipelineState {
  /** How far behind the newest record the stream is, over all processes as far as is known; null where nobody knows. */
  readonly lagMs: number | null
  /** Why rollups are not written, in words; null: they are. */
  readonly trouble: string | null
}

/** Resolves also where a neighbour is away: that is a trouble. */
export type LookAtPipeline = () => Promise<PipelineState>

export interface Waiting {
  readonly delayMs: number
  readonly maxWaitMs: number
}

/** Start of the first minute whose counts are not complete. */
export function completeUntil(nowMs: number, { lagMs }: PipelineState, { delayMs, maxWaitMs }: Waiting): number {
  return Math.floor((nowMs - delayMs - Math.min(lagMs ?? 0, maxWaitMs)) / MINUTE_MS) * MINUTE_MS
}

/** Sums of a process since its start, as records by minute. */
export class ConsumedMinutes {
  #minutes: { readonly windowMs: number; consumed: number; dead: number }[] = []
  #before: Pick<Tally, 'counted' | 'filtered' | 'dead'> = { counted: 0, filtered: 0, dead: 0 }

  note(nowMs: number, { counted, filtered, dead }: Pick<Tally, 'counted' | 'filtered' | 'dead'>): void {
    const windowMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
    let minute = this.#minutes.at(-1)
    if (minute?.windowMs !== windowMs) {
      minute = { windowMs, consumed: 0, dead: 0 }
      this.#minutes = [...this.#minutes, minute].slice(-KEPT_MINUTES)
    }
    const before = this.#before
    minute.dead += dead - before.dead
    minute.consumed += counted + filtered + dead - before.counted - before.filtered - before.dead
    this.#before = { counted, filtered, dead }
  }

  get minutes(): PipelineReading['minutes'] {
    return this.#minutes
  }
}
