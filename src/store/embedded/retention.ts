/** How long things are kept, and where that begins. Days are days of UTC, since whole days are deleted. */
import { DAY_MS } from '../../lib/durations.ts'

export interface Retention {
  readonly detailDays: number
  readonly rollupDays: number
  readonly letterDays: number
  /** Bytes used in the database, past which the oldest days go before their time. */
  readonly maxBytes: number
}

/** Start of the day that lies `days` before today. */
export function startOf(days: number, nowMs: number): number {
  return (Math.floor(nowMs / DAY_MS) - days) * DAY_MS
}
