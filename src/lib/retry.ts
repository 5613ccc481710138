/**
 * Retrying with exponential back-off and full jitter, for ever or until a signal aborts. Full jitter (a uniform draw up to the
 * ceiling) spreads many clients best: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { TracefoldError } from '../errors.ts'

export const FIRST_CEILING_MS = 100
export const LAST_CEILING_MS = 10_000

/** Milliseconds to wait before try number `attempt` (0-based count of failures so far). */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** Math.min(attempt, 20))
  return Math.ceil(ceiling * random())
}

/** Resolves after `ms`; rejects with `aborted` as soon as the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch (cause) {
    throw new TracefoldError('aborted', 'the wait was ended by a stop or a new assignment', { cause })
  }
}

/** The work's outcome, or `aborted` as soon as the signal aborts: then the work is left to end by itself. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new TracefoldError('aborted', 'a stop or a new assignment ended the wait'))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
    work.catch(() => {}) // told already, or left behind
  }
}

export interface RetryOptions {
  readonly signal: AbortSignal
  /** Whether another try may help. Anything else is thrown on. */
  readonly isRetriable: (error: unknown) => boolean
  /** Called before each wait. */
  readonly onRetry?: (error: unknown, attempt: number, waitMs: number) => void
}

/** Calls `work` until it resolves. Rejects with its error if that is not retriable, with `aborted` if the signal aborts. */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    if (options.signal.aborted) throw new TracefoldError('aborted', 'a stop or a new assignment ended the work')
    try {
      return await work()
    } catch (error) {
      if (!options.isRetriable(error)) throw error
      const waitMs = backoffMs(attempt)
      options.onRetry?.(error, attempt, waitMs)
      await pause(waitMs, options.signal)
    }
  }
}
