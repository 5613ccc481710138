/**
 * What the start of one Kafka cluster's streams still waits for, in `/readyz` and in the log. In: work to be tried until it succeeds. Out: its result.
 *
 * What must hold: the start is said to be through when nothing is waited for any more, and each wait is said in its own words meanwhile.
 */
import { messageOf, TracefoldError } from '../errors.ts'
import type { HealthRegistry } from '../health.ts'
import { retry } from '../lib/retry.ts'
import type { Logger } from '../log.ts'

export interface StartReportOptions {
  /** Its name in `/readyz`. */
  readonly check: string
  readonly cluster: string | null
  readonly health: HealthRegistry
  readonly log: Logger
  readonly signal: AbortSignal
}

export class StartReport {
  readonly #options: StartReportOptions
  /** By what is waited for: why, in words. */
  readonly #waits = new Map<string, string>()

  constructor(options: StartReportOptions) {
    this.#options = options
  }

  begin(what: string): void {
    this.#waits.set(what, `waiting for ${what}`)
    this.#show()
  }

  end(what: string): void {
    this.#waits.delete(what)
    this.#show()
  }

  /** Tries until it resolves: what is away or not set up may come. Rejects with `aborted` where the signal aborts, with any other error at once. */
  async until<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.begin(what)
    const found = await this.retried(work, (reason) => {
      this.#waits.set(what, reason)
      this.#show()
    })
    this.end(what)
    return found
  }

  /** As `until`, but of something that the start does not wait for. */
  retried<T>(work: () => Promise<T>, told: (reason: string) => void = () => {}): Promise<T> {
    const { cluster, log, signal } = this.#options
    return retry(work, {
      signal,
      isRetriable: mayCome,
      onRetry: (error, _attempt, waitMs) => {
        const reason = messageOf(error)
        told(reason)
        log.warn({ waitMs, cluster }, `not set up yet, it is tried again: ${reason}`)
      },
    })
  }

  #show(): void {
    const { check, health } = this.#options
    const reasons = [...this.#waits.values()]
    health.set(check, reasons.length === 0, reasons.length === 0 ? 'started' : reasons.join('; '))
  }
}

function mayCome(error: unknown): boolean {
  return error instanceof TracefoldError && error.retriable
}
