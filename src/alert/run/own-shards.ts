/**
 * The shards that this process owns: opened as they become ours, given up as they are taken away or lost.
 *
 *   ours ──open──> evaluated ──taken away──> stopped        lost (fenced, or its state could not be kept) ──> opened again, while it is still ours
 *
 * A shard that cannot be opened is tried again at a later turn, no sooner than its back-off says. One that takes long to open holds up no other for more than a moment.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isTracefoldError, type TracefoldError } from '../../errors.ts'
import { backoffMs } from '../../lib/retry.ts'
import type { Shard } from './shard.ts'
import type { OpenShard } from './state-log.ts'

/** What a lost or taken shard may still do: its successor has fenced it. */
const TAKEN_DEADLINE_MS = 1_000
/** How long a turn waits for shards to open. */
const OPEN_PATIENCE_MS = 1_000

export interface OwnShardsOptions {
  readonly open: (shard: number) => Promise<OpenShard>
  readonly make: (shard: number, log: OpenShard) => Shard
  readonly onOpened: (shard: Shard) => void
  readonly onClosed: (shard: number) => void
  /** Told of a fault of the program. */
  readonly onFailed: (error: unknown) => void
  readonly onTrouble: (shard: number, error: TracefoldError) => void
  readonly now: () => number
}

interface Failing {
  readonly times: number
  readonly againMs: number
  readonly why: string
}

/** Ours, and evaluated by nobody until it is open. */
export interface ClosedShard {
  readonly shard: number
  /** Why it could not be opened; null: that is not known yet. */
  readonly why: string | null
}

export class OwnShards {
  readonly #options: OwnShardsOptions
  readonly #open = new Map<number, Shard>()
  readonly #failing = new Map<number, Failing>()
  readonly #opening = new Map<number, Promise<void>>()
  /** Those that are being stopped. */
  readonly #leaving = new Map<number, Promise<void>>()
  #owned: readonly number[] = []

  constructor(options: OwnShardsOptions) {
    this.#options = options
  }

  /** The whole set, from now on; acted upon by `adjust`. */
  own(shards: readonly number[]): void {
    this.#owned = shards
    this.#failing.clear()
  }

  list(): readonly Shard[] {
    return [...this.#open.values()]
  }

  closed(): readonly ClosedShard[] {
    return this.#owned.flatMap((shard) => (this.#open.has(shard) ? [] : [{ shard, why: this.#failing.get(shard)?.why ?? null }]))
  }

  isOurs(shard: number): boolean {
    return this.#open.has(shard)
  }

  async adjust(): Promise<void> {
    for (const [number, shard] of this.#open) if (shard.hasEnded || !this.#owned.includes(number)) this.#leave(shard, TAKEN_DEADLINE_MS)
    for (const number of this.#owned) if (this.#isDue(number)) this.#opening.set(number, this.#begin(number))
    if (this.#opening.size > 0)
      await Promise.race([Promise.all(this.#opening.values()), sleep(OPEN_PATIENCE_MS, undefined, { ref: false })])
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#owned = []
    for (const shard of this.#open.values()) this.#leave(shard, deadlineMs)
    await Promise.all(this.#leaving.values())
  }

  #isDue(number: number): boolean {
    return !this.#open.has(number) && !this.#opening.has(number) && (this.#failing.get(number)?.againMs ?? 0) <= this.#options.now()
  }

  #begin(number: number): Promise<void> {
    return this.#openOne(number)
      .catch(this.#options.onFailed)
      .finally(() => this.#opening.delete(number))
  }

  async #openOne(number: number): Promise<void> {
    await this.#leaving.get(number)
    let log: OpenShard | null = null
    try {
      log = await this.#options.open(number)
      if (!this.#owned.includes(number)) return await log.close() // taken away meanwhile
      const shard = this.#options.make(number, log)
      this.#open.set(number, shard)
      this.#failing.delete(number)
      this.#options.onOpened(shard)
    } catch (error) {
      await log?.close()
      if (!isTracefoldError(error)) throw error
      const times = (this.#failing.get(number)?.times ?? 0) + 1
      this.#failing.set(number, { times, againMs: this.#options.now() + backoffMs(times), why: error.message })
      this.#options.onTrouble(number, error)
    }
  }

  #leave(shard: Shard, deadlineMs: number): void {
    this.#open.delete(shard.shard)
    this.#options.onClosed(shard.shard)
    const leaving = shard.stop(deadlineMs).finally(() => this.#leaving.delete(shard.shard))
    this.#leaving.set(shard.shard, leaving)
  }
}
