/**
 * Source: several sources as one. Partitions are told apart by their cluster and topic; each goes to the source that announced it. Ended when all have
 * that end.
 * Delivery: none of its own. A failure of one is a failure of all.
 */
import { TracefoldError } from '../errors.ts'
import { partitionKey, type Bounds, type Partition, type Source, type SourceHandler } from './source.ts'

export function unionSource(sources: readonly Source[]): Source {
  return new Union(sources)
}

class Union implements Source {
  readonly #sources: readonly Source[]
  readonly #owners = new Map<string, { source: Source; partition: Partition }>()

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  /** One assignment for all: those that start first wait for the last. If one does not start, none has. */
  async start(handler: SourceHandler): Promise<void> {
    let started = false
    const late: (() => void)[] = []
    const orLater = (call: () => void): void => void (started ? call() : late.push(call))
    try {
      for (const source of this.#sources) await source.start(this.#handlerFor(source, handler, orLater, () => started))
    } catch (error) {
      await this.stop()
      throw error
    }
    started = true
    this.#announce(handler)
    for (const call of late) call()
  }

  seek(p: Partition, offset: number): void {
    this.#owner(p)?.seek(p, offset)
  }

  pause(p: Partition): void {
    this.#owner(p)?.pause(p)
  }

  resume(p: Partition): void {
    this.#owner(p)?.resume(p)
  }

  async bounds(p: Partition): Promise<Bounds> {
    const owner = this.#owner(p)
    if (owner === undefined) throw new TracefoldError('partition_lost', `${partitionKey(p)} is no partition of any source`)
    return owner.bounds(p)
  }

  committed(p: Partition, next: number): void {
    this.#owner(p)?.committed(p, next)
  }

  nameOf(p: Partition): string | null {
    return this.#owner(p)?.nameOf?.(p) ?? null
  }

  ended(): boolean | null {
    const ends = this.#sources.map((source) => source.ended()).filter((ended) => ended !== null)
    return ends.length === 0 ? null : ends.every(Boolean)
  }

  async stop(): Promise<void> {
    const stops = await Promise.allSettled(this.#sources.map((source) => source.stop()))
    for (const stop of stops) if (stop.status === 'rejected') throw stop.reason
  }

  #owner(p: Partition): Source | undefined {
    return this.#owners.get(partitionKey(p))?.source
  }

  #announce(handler: SourceHandler): void {
    handler.onAssigned([...this.#owners.values()].map(({ partition }) => partition))
  }

  #handlerFor(source: Source, handler: SourceHandler, orLater: (call: () => void) => void, hasStarted: () => boolean): SourceHandler {
    const own = (p: Partition): void => void this.#owners.set(partitionKey(p), { source, partition: p })
    return {
      onAssigned: (partitions) => {
        for (const [key, owner] of this.#owners) if (owner.source === source) this.#owners.delete(key)
        partitions.forEach(own)
        if (hasStarted()) this.#announce(handler)
      },
      onAdded: (p) => {
        own(p)
        if (hasStarted()) handler.onAdded(p)
      },
      onRemoved: (p) => {
        this.#owners.delete(partitionKey(p))
        orLater(() => handler.onRemoved(p))
      },
      onReopen: (p) => handler.onReopen(p),
      onBatch: (batch) => handler.onBatch(batch),
      onEnd: (p, end) => handler.onEnd?.(p, end),
      onFailed: (error) => orLater(() => handler.onFailed(error)),
    }
  }
}
