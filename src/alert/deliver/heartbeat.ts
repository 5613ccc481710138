/**
 * A dead man's switch: an address that is called every so often while alerts are evaluated as they should be. Whoever listens there raises the alarm when the
 * calls stop, so that silence of ours is noticed, whatever its reason.
 *
 * Not called while `isHealthy` says no. A call that fails is told to `warn`, once for each row of failures, and the next one is made when it is due.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isTracefoldError } from '../../errors.ts'
import type { HttpClient } from './http.ts'

export interface HeartbeatOptions {
  readonly name: string
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly everyMs: number
  readonly http: HttpClient
  readonly warn: (message: string) => void
}

export class Heartbeat {
  readonly name: string
  readonly #options: HeartbeatOptions
  #failing = false

  constructor(options: HeartbeatOptions) {
    this.name = options.name
    this.#options = options
  }

  /** Until the signal aborts. */
  async run(isHealthy: () => boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (isHealthy()) await this.#beat(signal)
      await sleep(this.#options.everyMs, undefined, { signal }).catch(() => {})
    }
    await this.#options.http.close()
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { name, url, method, http, warn } = this.#options
    try {
      http.expectSuccess(await http.call({ url, method }, signal))
      this.#failing = false
    } catch (error) {
      if (!isTracefoldError(error)) throw error
      if (!this.#failing && !signal.aborted) warn(`heartbeat ${name} did not get through: ${error.message}`)
      this.#failing = true
    }
  }
}
