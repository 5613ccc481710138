/**
 * Waits on a condition, for tests: the only thing that they may wait on.
 */
import { setTimeout as sleep } from 'node:timers/promises'

const ASK_AGAIN_MS = 50

/**
 * Asks until the condition gives something true and resolves to that. A condition that throws counts as not yet; the last error is
 * the cause when time is up. `what` completes the sentence "waited in vain for ...".
 */
export async function waitUntil<T>(what: string, condition: () => T | Promise<T>, timeoutMs = 30_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs
  let cause: unknown
  do {
    try {
      const value = await condition()
      if (value) return value
    } catch (error) {
      cause = error
    }
    await sleep(ASK_AGAIN_MS)
  } while (Date.now() < deadline)
  throw new Error(`waited in vain for ${what} (${timeoutMs} ms)`, { cause })
}
