/**
 * A loop's pause between its turns, which ends at once when something has come since the turn began.
 *
 *   begin ──turn──> pause ──poked since `begin`, or so many ms later──> begin
 *
 * What comes in the middle of a turn is not lost: the next pause is none. One loop each.
 */
import { setTimeout as sleep } from 'node:timers/promises'

export class Wake {
  #isPoked = false
  #wake: () => void = () => {}

  /** Something came. */
  poke(): void {
    this.#isPoked = true
    this.#wake()
  }

  /** A turn begins, and sees all that came before. */
  begin(): void {
    this.#isPoked = false
  }

  async pause(ms: number): Promise<void> {
    if (this.#isPoked) return
    const timer = new AbortController()
    const woken = new Promise<void>((resolve) => (this.#wake = resolve))
    await Promise.race([woken, sleep(Math.max(0, ms), undefined, { signal: timer.signal }).catch(() => {})]) // aborted just below
    timer.abort()
  }
}
