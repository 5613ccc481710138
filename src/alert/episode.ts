/**
 * The life of one alert: one rule, one subject. Pure: the same minutes give the same states in every process, and a state is plain JSON, so another process
 * can go on from it.
 *
 *              holds                 held for `pending`                 not held for `keepFiring`
 *   (nothing) ───────> pending ─────────────────────────> firing ──────────────────────────────────> resolved
 *        ^                │ does not hold                   ^ │                                        │  │
 *        ├────────────────┘                                 └─┘ holds, or has only just stopped        │  │ holds: pending or firing, a new episode
 *        └─────────────────────────────────────────────────────────────── after 15 minutes ────────────┘  └──>
 *
 * A step is a stretch of time and whether the condition held at its end: a minute of counts, or an instant of the pipeline's readings. Times are those of
 * the stretches, not of when somebody looked. A condition may lapse: what held until then ends at once, and says that its trouble may go on. A step over time that was stepped over before is harmless: an episode begins and ends once.
 */
import type { Alert, Ending, Peak, Subject } from './alert.ts'
import type { Lapse } from './conditions/sight.ts'

/** Resolved ones are shown so long. */
export const KEEP_RESOLVED_MS = 15 * 60_000

export interface AlertState {
  readonly key: string
  readonly rule: string
  readonly subject: Subject
  readonly phase: 'pending' | 'firing' | 'resolved'
  /** Start of the stretch since when it has held. */
  readonly sinceMs: number
  /** End of the last stretch in which it held. */
  readonly heldMs: number
  /** As it is told; null while it is pending. */
  readonly alert: Alert | null
  readonly lapse?: Lapse
}

export interface Timing {
  readonly pendingMs: number
  readonly keepFiringMs: number
}

export interface Stretch {
  readonly startMs: number
  readonly endMs: number
}

export type Identity = Pick<AlertState, 'key' | 'rule' | 'subject'>

/** An episode that fires: since when, and as it was told last; null where it begins. */
export interface Firing {
  readonly startsAtMs: number
  readonly told: Alert | null
  /** Since when the trouble is known to be; null: since what is found now. */
  readonly sinceMs: number | null
}

/** `alertOf` says what is found. */
export function stepHeld(
  state: AlertState | null,
  identity: Identity,
  { pendingMs }: Timing,
  { startMs, endMs }: Stretch,
  alertOf: (firing: Firing) => Alert,
  lapse?: Lapse,
): AlertState {
  if (state?.phase === 'firing' && state.alert !== null) {
    // The stretch in which it began to fire tells more now, where it was not complete when it was looked at before.
    const isFirst = startMs - state.sinceMs < pendingMs + (endMs - startMs)
    const alert = alertOf({ startsAtMs: state.alert.startsAtMs, told: state.alert, sinceMs: isFirst ? null : state.alert.sinceMs })
    const { lapse: _, ...rest } = state
    return {
      ...rest,
      ...lapsing(lapse),
      heldMs: Math.max(state.heldMs, endMs),
      alert: { ...alert, ...peakOf(state.alert, alert) },
    }
  }
  const sinceMs = state?.phase === 'pending' ? state.sinceMs : startMs
  const isFiring = startMs - sinceMs >= pendingMs
  return {
    ...identity,
    ...lapsing(lapse),
    phase: isFiring ? 'firing' : 'pending',
    sinceMs,
    heldMs: endMs,
    alert: isFiring ? alertOf({ startsAtMs: sinceMs + pendingMs, told: null, sinceMs: null }) : null,
  }
}

/** Null: nothing is left to remember. */
export function stepNotHeld(state: AlertState, { keepFiringMs }: Timing, { endMs }: Stretch): AlertState | null {
  if (state.phase === 'pending') return null
  if (state.phase === 'firing') {
    if (endMs <= state.heldMs) return state
    if (state.lapse !== undefined && state.heldMs >= state.lapse.atMs) return resolve(state, endMs, state.lapse.ending)
    return endMs - state.heldMs >= keepFiringMs ? resolve(state, endMs) : state
  }
  return endMs - (state.alert?.endsAtMs ?? endMs) >= KEEP_RESOLVED_MS ? null : state
}

/** Whether it holds cannot be told: what fires goes on, and nothing else is known. */
export function stepUnknown(state: AlertState, { endMs }: Pick<Stretch, 'endMs'>): AlertState {
  return state.phase === 'firing' ? { ...state, heldMs: Math.max(state.heldMs, endMs) } : state
}

export function resolve(state: AlertState, endsAtMs: number, ending?: Ending): AlertState {
  const how = ending === undefined ? {} : { ending }
  return { ...state, phase: 'resolved', alert: state.alert === null ? null : { ...state.alert, status: 'resolved', endsAtMs, ...how } }
}

function lapsing(lapse: Lapse | undefined): Pick<AlertState, 'lapse'> {
  return lapse === undefined ? {} : { lapse }
}

/** What was told before, where it had more events than what is told now. */
function peakOf(before: Alert, { count }: Alert): { readonly peak?: Peak } {
  const { usual, hosts, windowMs, why, annotations } = before
  const peak = before.peak ?? { count: before.count, usual, hosts, windowMs, why, annotations }
  return (peak.count ?? 0) > (count ?? 0) ? { peak } : {}
}
