/** Old data of the embedded store is deleted now and then, never twice at once. Delivery: what fails is tried again the next time. */
import { isTracefoldError } from '../errors.ts'
import type { Logger } from '../log.ts'

const PRUNE_MS = 60_000

export class Pruning {
  readonly #log: Logger
  #timer: NodeJS.Timeout | undefined
  #last: Promise<void> | null = null

  constructor(log: Logger) {
    this.#log = log
  }

  start(prune: () => Promise<void>): void {
    this.#timer = setInterval(() => this.#attempt(prune), PRUNE_MS).unref()
  }

  /** Begins no more. One that is under way ends when the store is closed. */
  stop(): void {
    clearInterval(this.#timer)
  }

  async ended(): Promise<void> {
    await this.#last
  }

  #attempt(prune: () => Promise<void>): void {
    this.#last ??= prune()
      .catch((error: unknown) => {
        if (!isTracefoldError(error, 'aborted')) this.#log.warn({ err: error }, 'old data could not be deleted; it is tried again')
      })
      .finally(() => (this.#last = null))
  }
}
