/**
 * Drives one partition: turns "seek, resume, pause" into a loop that pulls batches and pushes them to the handler.
 *
 *   opened paused --seek--> has a place --resume--> reading <--pause / resume--> holding
 *                 any seek: the reading under way is aborted, the next begins at the new offset
 *                 stop:     the same, and nothing begins again
 *   reading --no more batches--> finished --all committed--> through
 *
 * Invariant: nothing is delivered while paused, nor after a seek from before it; a batch fetched meanwhile is held, at most one. Between two batches
 * the event loop gets its turn. A failure of the reading is told to the handler once, and nothing more is read; nothing is lost, since it was not committed.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Batch, SourceHandler } from './source.ts'

/** Reads a partition from an offset. Ends by returning where nothing more will come; throws or returns soon after the signal aborts. */
export type Read = (from: number, signal: AbortSignal) => AsyncIterable<Batch>

export class Pump {
  readonly #read: Read
  readonly #handler: SourceHandler
  readonly #onThrough: () => void
  #reading: AbortController | null = null
  #work: Promise<void> = Promise.resolve()
  #paused = true
  #wake: (() => void) | null = null
  #stopped = false
  #committed = 0
  #isThrough = false
  /** `next` of the last batch delivered since the last seek, or null. */
  deliveredTo: number | null = null
  /** True once a reading came to its end. */
  finished = false

  /** `onThrough` is called once, on a turn of its own. */
  constructor(read: Read, handler: SourceHandler, onThrough: () => void) {
    this.#read = read
    this.#handler = handler
    this.#onThrough = onThrough
  }

  seek(offset: number): void {
    this.#abort()
    if (this.#stopped) return
    const reading = new AbortController()
    this.#reading = reading
    this.deliveredTo = null
    this.finished = false
    const before = this.#work
    this.#work = before.then(() => this.#run(offset, reading.signal))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#wake?.()
  }

  committed(next: number): void {
    this.#committed = Math.max(this.#committed, next)
    queueMicrotask(() => this.#checkThrough())
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#abort()
    await this.#work
  }

  #abort(): void {
    this.#reading?.abort()
    this.#wake?.()
  }

  async #run(offset: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#mayGoOn(signal)
      if (signal.aborted) return
      for await (const batch of this.#read(offset, signal)) {
        await this.#mayGoOn(signal)
        if (signal.aborted) return
        if (batch.next > offset) this.deliveredTo = batch.next // else it only says where the end is
        this.#handler.onBatch(batch)
      }
      if (signal.aborted) return
      this.finished = true
      this.#checkThrough()
    } catch (error) {
      // What was given up may fail as it likes.
      if (!signal.aborted) this.#handler.onFailed(error)
    }
  }

  #checkThrough(): void {
    const isCommitted = this.deliveredTo === null || this.#committed >= this.deliveredTo
    if (!this.finished || !isCommitted || this.#isThrough || this.#stopped) return
    this.#isThrough = true
    this.#onThrough()
  }

  /** The event loop's turn, and then as long as it is paused. */
  async #mayGoOn(signal: AbortSignal): Promise<void> {
    await turn()
    while (this.#paused && !signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#wake = null
  }
}
