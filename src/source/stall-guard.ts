/** Says of a group's consumer that stands still what is to be known: in `/readyz`, in the log, to the metrics. In: what the watch is shown. Out: what to do. */
import type { Logger } from 'pino'
import { TracefoldError } from '../errors.ts'
import type { HealthRegistry } from '../health.ts'
import type { Bounds } from './source.ts'
import { StallWatch, type Sight } from './stall-watch.ts'

/** How often a consumer that stands still is made anew before the process ends. */
const RESTARTS = 3

export interface StallGuardOptions {
  readonly groupId: string
  /** How long more may be due and nothing come; without it, nobody watches. */
  readonly stallMs?: number
  /** Told of each consumer that is made anew because it stood still. */
  readonly onStalled?: () => void
  readonly health: HealthRegistry
  readonly log: Logger
}

export interface Remedy {
  readonly kind: 'restart' | 'give_up'
  readonly error: TracefoldError
}

export class StallGuard {
  readonly #options: StallGuardOptions
  readonly #watch: StallWatch

  constructor(options: StallGuardOptions) {
    this.#options = options
    this.#watch = new StallWatch({ stallMs: options.stallMs ?? Infinity, restarts: RESTARTS })
  }

  /** Null where nothing is to be done. */
  look(nowMs: number, sights: readonly Sight[]): Remedy | null {
    const { groupId, health, log, onStalled } = this.#options
    const check = `progress ${groupId}`
    const verdict = this.#watch.look(nowMs, sights)
    if (verdict.kind === 'recovered') {
      health.set(check, true, 'reads on')
      log.info({ group: groupId }, 'the consumer reads on')
    }
    if (verdict.kind === 'fine' || verdict.kind === 'recovered') return null
    const { kind, key, stillMs, times } = verdict
    const then =
      kind === 'restart' ? `the consumer is made anew (${times} of ${RESTARTS})` : `a new consumer was made ${times} times in vain`
    const words = `nothing came from ${key} for ${(stillMs / 1_000).toFixed(1)} s although there is more; ${then}`
    health.set(check, false, words)
    log.error({ group: groupId }, words)
    if (kind === 'restart') onStalled?.()
    return { kind, error: new TracefoldError('stalled', `group ${groupId}: ${words}`) }
  }
}

/** `bounds`: only where nothing has come since the last look. */
export function sightOf(
  key: string,
  { expected, isPaused }: { readonly expected: number | null; readonly isPaused: boolean },
  bounds: Bounds | undefined,
): Sight {
  if (expected === null || isPaused || bounds === undefined) return { key, position: expected, state: 'held' }
  return { key, position: expected, state: bounds.end > expected ? 'due' : 'end' }
}
