/**
 * Source: a pipe, such as standard input. One partition, `stdin/<a fresh id for each run>/0`, since a pipe has no identity; an offset is a line number, from 0.
 *
 * While nothing comes for a moment, the last record is given out without waiting for the line that would show its end. `ended` becomes true when the
 * pipe was closed and everything in it delivered. Delivery: what was read from a pipe cannot be read again, so a kill loses what was
 * not committed (a second's worth), and a seek after reading began fails with `position_lost`. A repeat of the whole input is counted again.
 */
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { TracefoldError } from '../errors.ts'
import { pause } from '../lib/retry.ts'
import type { Wait } from './file-pieces.ts'
import { Pump } from './pump.ts'
import { LOOK_MS, QUIET_LOOKS, recordBatches, type Piece } from './record-batches.ts'
import type { Batch, Bounds, Partition, Source, SourceHandler } from './source.ts'

/** What stands in as the job where a record names none. */
const KEY = Buffer.from('stdin')

export interface StdinOptions {
  readonly maxRecordBytes: number
  /** Called once the pipe was closed and everything in it is committed. */
  readonly onThrough?: () => void
  /** Rejects when the signal aborts. */
  readonly wait?: Wait
}

/** `stream` yields bytes: no encoding is set. It is destroyed by `stop`. */
export function createStdinSource(stream: Readable, options: StdinOptions): Source {
  return new Pipe(stream, options)
}

class Pipe implements Source {
  readonly #stream: Readable
  readonly #options: StdinOptions
  readonly #partition: Partition = { cluster: 'stdin', topic: randomUUID(), partition: 0 }
  #pump: Pump | null = null
  #begun = false

  constructor(stream: Readable, options: StdinOptions) {
    this.#stream = stream
    this.#options = options
  }

  async start(handler: SourceHandler): Promise<void> {
    this.#pump = new Pump(
      (from, signal) => this.#read(from, signal),
      handler,
      () => {
        handler.onRemoved(this.#partition)
        this.#options.onThrough?.()
      },
    )
    handler.onAssigned([this.#partition])
  }

  seek(_p: Partition, offset: number): void {
    this.#pump?.seek(offset)
  }

  pause(): void {
    this.#pump?.pause()
  }

  resume(): void {
    this.#pump?.resume()
  }

  async bounds(): Promise<Bounds> {
    return { begin: 0, end: this.#pump?.deliveredTo ?? 0 }
  }

  committed(_p: Partition, next: number): void {
    this.#pump?.committed(next)
  }

  ended(): boolean {
    return this.#pump?.finished ?? false
  }

  async stop(): Promise<void> {
    const stopped = this.#pump?.stop()
    this.#stream.destroy()
    await stopped
  }

  async *#read(from: number, signal: AbortSignal): AsyncGenerator<Batch> {
    if (this.#begun) throw new TracefoldError('position_lost', `standard input cannot be read again from line ${from}`)
    this.#begun = true
    const pieces = piecesOf(this.#stream, this.#options.wait ?? pause, signal)
    yield* recordBatches(this.#partition, pieces, from, { maxRecordBytes: this.#options.maxRecordBytes, key: KEY }, signal)
  }
}

async function* piecesOf(stream: Readable, wait: Wait, signal: AbortSignal): AsyncGenerator<Piece> {
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]()
  for (;;) {
    const coming = chunks.next()
    for (let looks = 1; !(await isThere(coming, wait, signal)); looks++) yield looks < QUIET_LOOKS ? 'caught-up' : 'quiet'
    const { done, value } = await coming
    if (done === true) return
    yield value
  }
}

/** Whether `coming` is settled within one look. Rejects when the signal aborts. */
async function isThere(coming: Promise<unknown>, wait: Wait, signal: AbortSignal): Promise<boolean> {
  const done = new AbortController()
  const look = wait(LOOK_MS, AbortSignal.any([signal, done.signal])).then(() => false)
  const came = coming.then(
    () => true,
    () => true,
  )
  try {
    return await Promise.race([came, look])
  } finally {
    look.catch(() => undefined)
    done.abort()
  }
}
