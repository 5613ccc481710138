/**
 * Source: the bundled sample logs as if they happened now, so that the first page is never empty. One partition, `sample/start-<time>/0`; an offset is a
 * record's number. First two hours of history at once, then live
 * at the pace that the history had, so that nothing seems to have begun with the start; or the end.
 *
 * Delivery: a record is a function of the start time and its number, so that a seek anywhere gives the same records again. Every start is another partition.
 */
import { HOUR_MS } from '../lib/durations.ts'
import { pause } from '../lib/retry.ts'
import type { Wait } from './file-pieces.ts'
import { Pump } from './pump.ts'
import { historyLength, loadSamples, sampleRecord, type SamplePlan, type Samples } from './sample-records.ts'
import type { Batch, Bounds, Partition, Source, SourceHandler, SourceRecord } from './source.ts'

const BATCH_RECORDS = 200
/** The bundle once for each hour: the hour that the page shows, and the one before it, so that a change is one. */
const HISTORY_HOURS = 2
const NO_HEADERS = Object.freeze({})
/** Live records are given out in small batches, this often. */
const LIVE_MS = 1_000

export interface SampleOptions {
  /** Folder of the bundle. */
  readonly from: string
  readonly now: () => number
  /** False: only the history, then it has ended. */
  readonly live: boolean
  /** Records a second, when live; the history's if not given. */
  readonly rate?: number
  /** Rejects when the signal aborts. */
  readonly wait?: Wait
}

export function createSampleSource(options: SampleOptions): Source {
  return new SampleLogs(options)
}

interface Started {
  readonly samples: Samples
  readonly plan: SamplePlan
  readonly partition: Partition
  readonly pump: Pump
}

class SampleLogs implements Source {
  readonly #options: SampleOptions
  #started: Started | null = null

  constructor(options: SampleOptions) {
    this.#options = options
  }

  async start(handler: SourceHandler): Promise<void> {
    const { from, now, rate } = this.#options
    const samples = await loadSamples(from)
    const spreadMs = HISTORY_HOURS * HOUR_MS
    const past = { startMs: now(), spreadMs, count: HISTORY_HOURS * samples.templates.length }
    const plan: SamplePlan = { ...past, rate: rate ?? (historyLength(samples, past) * 1_000) / spreadMs }
    const partition: Partition = { cluster: 'sample', topic: `start-${plan.startMs}`, partition: 0 }
    const pump = new Pump(
      (offset, signal) => this.#read(offset, signal, started),
      handler,
      () => handler.onRemoved(partition),
    )
    const started: Started = { samples, plan, partition, pump }
    this.#started = started
    handler.onAssigned([partition])
  }

  seek(_p: Partition, offset: number): void {
    this.#started?.pump.seek(offset)
  }

  pause(): void {
    this.#started?.pump.pause()
  }

  resume(): void {
    this.#started?.pump.resume()
  }

  async bounds(): Promise<Bounds> {
    return { begin: 0, end: this.#started === null ? 0 : this.#due(this.#started) }
  }

  committed(_p: Partition, next: number): void {
    this.#started?.pump.committed(next)
  }

  ended(): boolean | null {
    return this.#options.live ? null : (this.#started?.pump.finished ?? false)
  }

  async stop(): Promise<void> {
    await this.#started?.pump.stop()
  }

  /** Records whose time has come. */
  #due({ samples, plan }: Started): number {
    const history = historyLength(samples, plan)
    if (!this.#options.live) return history
    return history + Math.max(0, Math.floor(((this.#options.now() - plan.startMs) * (plan.rate ?? 0)) / 1_000))
  }

  async *#read(from: number, signal: AbortSignal, started: Started): AsyncGenerator<Batch> {
    const { live, wait = pause } = this.#options
    for (let position = from; ;) {
      const end = this.#due(started)
      while (position < end) {
        const next = Math.min(position + BATCH_RECORDS, end)
        yield { partition: started.partition, fetchedFrom: position, records: records(started, position, next), next, end }
        position = next
      }
      if (!live) return
      await wait(LIVE_MS, signal)
    }
  }
}

function records({ samples, plan }: Started, from: number, to: number): SourceRecord[] {
  const made: SourceRecord[] = []
  for (let i = from; i < to; i++) {
    const { key, value } = sampleRecord(samples, plan, i)
    made.push({ offset: i, timestampMs: null, key, value, headers: NO_HEADERS })
  }
  return made
}
