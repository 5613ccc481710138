/**
 * What every source keeps to, whatever it reads. An adapter says how to make one with records in it; the suite plays the stream.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { partitionKey, type Batch, type Partition, type Source, type SourceHandler, type SourceRecord } from '../../src/source/source.ts'
import { waitUntil } from '../support/wait.ts'

export interface SourceAdapter {
  readonly source: Source
  /** Called after the start: what has to happen so that there is something to read. */
  feed(): void
  /** Records in all, over all partitions. At least three batches in one of them. */
  readonly records: number
  release(): Promise<void>
}

/** Plays the stream: opens each partition at its beginning unless told otherwise, and notes what comes. */
export class Listener implements SourceHandler {
  readonly source: Source
  readonly partitions = new Map<string, Partition>()
  readonly batches: Batch[] = []
  readonly removed: string[] = []
  readonly failures: unknown[] = []
  assignments = 0
  onEach: (batch: Batch) => void = () => undefined
  #opensAt: number | null

  constructor(source: Source, opensAt: number | null = 0) {
    this.source = source
    this.#opensAt = opensAt
  }

  onAssigned(partitions: readonly Partition[]): void {
    this.assignments++
    this.partitions.clear()
    for (const p of partitions) this.onAdded(p)
  }

  onAdded(p: Partition): void {
    this.partitions.set(partitionKey(p), p)
    const at = this.#opensAt
    if (at === null) return
    queueMicrotask(() => {
      this.source.seek(p, at)
      this.source.resume(p)
    })
  }

  onRemoved(p: Partition): void {
    this.removed.push(partitionKey(p))
    this.partitions.delete(partitionKey(p))
  }

  onReopen(p: Partition): void {
    throw new Error(`not expected: ${partitionKey(p)} is to be opened again`)
  }

  onBatch(batch: Batch): void {
    this.batches.push(batch)
    this.onEach(batch)
  }

  onFailed(error: unknown): void {
    this.failures.push(error)
  }

  get records(): SourceRecord[] {
    return this.batches.flatMap((batch) => batch.records)
  }

  get texts(): string[] {
    return this.records.map(({ value }) => value?.toString('utf8') ?? '')
  }

  commitAll(): void {
    for (const { partition, next } of this.batches) this.source.committed(partition, next)
  }
}

/** Long enough for anything that is under way in this process to come out. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await turn()
}

type Make = () => Promise<SourceAdapter>

export function describeSource(name: string, make: Make): void {
  describe(`the source port: ${name}`, () => {
    const started = startedIn(make)

    it('partitions start out paused', async () => {
      const { source, listener } = await started(null)
      for (const p of listener.partitions.values()) source.seek(p, 0)
      await settle()
      expect(listener.batches).toEqual([])
      expect(listener.assignments).toBe(1)
    })

    it('records come in order, each once, and batches join up', async () => {
      const { adapter, listener } = await started()
      await waitUntil('all records', () => listener.records.length >= adapter.records)
      await settle()
      expect(listener.records.length).toBe(adapter.records)
      for (const p of listener.partitions.values())
        expectJoined(listener.batches.filter(({ partition }) => partitionKey(partition) === partitionKey(p)))
      expect(listener.failures).toEqual([])
    })

    it('a paused partition delivers nothing, and goes on where it was', async () => {
      const { adapter, source, listener } = await started(0, pauseEach)
      await waitUntil('the first batches', () => listener.batches.length >= 1)
      await settle()
      const paused = new Set(listener.batches.map(({ partition }) => partitionKey(partition)))
      expect(listener.batches.length).toBe(paused.size)
      listener.onEach = () => undefined
      for (const { partition } of listener.batches.slice()) source.resume(partition)
      await waitUntil('the rest', () => listener.records.length === adapter.records)
    })

    it('the bounds end where the last batch ends', async () => {
      const { adapter, source, listener } = await started()
      await waitUntil('all records', () => listener.records.length === adapter.records)
      const last = listener.batches.at(-1)
      if (last === undefined) throw new Error('no batch')
      expect((await source.bounds(last.partition)).end).toBe(last.next)
    })

    it('nothing is delivered after a stop', async () => {
      const { source, listener } = await started()
      await waitUntil('a batch', () => listener.batches.length > 0)
      await source.stop()
      const count = listener.batches.length
      for (const p of listener.partitions.values()) source.resume(p)
      await settle()
      expect(listener.batches.length).toBe(count)
    })

    it('a commit below the end removes nothing', async () => {
      const { adapter, source, listener } = await started()
      await waitUntil('all records', () => listener.records.length === adapter.records)
      for (const { partition, fetchedFrom } of listener.batches) source.committed(partition, fetchedFrom)
      await settle()
      expect(listener.removed).toEqual([])
    })
  })
}

/** For what can be read more than once. */
export function describeSeeking(name: string, make: Make): void {
  describe(`a source that can go back: ${name}`, () => {
    const started = startedIn(make)

    it('after a seek the first record is the first at or after the offset', async () => {
      const { adapter, source, listener } = await started()
      await waitUntil('all records', () => listener.records.length === adapter.records)
      const longest = listener.batches.toSorted((a, b) => b.next - a.next)[0]
      if (longest === undefined) throw new Error('no batch')
      const offsets = listener.batches
        .filter(({ partition }) => partition === longest.partition)
        .flatMap(({ records }) => records.map(({ offset }) => offset))
      const from = offsets[Math.floor(offsets.length / 2)] ?? 0
      listener.batches.length = 0
      source.seek(longest.partition, from)
      const expected = offsets.filter((offset) => offset >= from)
      await waitUntil('the second half', () => listener.records.length === expected.length)
      expect(listener.records.map(({ offset }) => offset)).toEqual(expected)
      expect(listener.batches[0]?.fetchedFrom).toBe(from)
    })

    it('what was fetched before a seek is not delivered after it', async () => {
      const { source, listener } = await started(0, pauseEach)
      await waitUntil('the first batch', () => listener.batches.length > 0)
      await settle()
      const [first] = listener.batches.splice(0)
      if (first === undefined) throw new Error('no batch')
      source.seek(first.partition, 0)
      source.resume(first.partition)
      await waitUntil('a batch after the seek', () => listener.batches.length > 0)
      expect(listener.batches[0]).toMatchObject({ fetchedFrom: 0, next: first.next })
    })
  })
}

/** For what comes to an end. */
export function describeEnding(name: string, make: Make): void {
  describe(`a source that ends: ${name}`, () => {
    const started = startedIn(make)

    it('the end is there when all was delivered, and removes what is committed', async () => {
      const { adapter, source, listener } = await started()
      const early: unknown[] = []
      listener.onEach = () => early.push(source.ended())
      await waitUntil('the end', () => source.ended() === true)
      expect(listener.records.length).toBe(adapter.records)
      expect(new Set(early)).toEqual(new Set([false]))
      await settle()
      expect(listener.removed).toEqual([])
      listener.commitAll()
      await waitUntil('the removal', () => listener.partitions.size === 0)
    })
  })
}

type OnEach = (batch: Batch, source: Source) => void
type Start = (opensAt?: number | null, onEach?: OnEach) => Promise<{ adapter: SourceAdapter; source: Source; listener: Listener }>

/** Makes and starts one, and sees to it that it is stopped after the test. */
function startedIn(make: Make): Start {
  const made: SourceAdapter[] = []
  afterEach(async () => {
    for (const adapter of made.splice(0)) {
      await adapter.source.stop()
      await adapter.release()
    }
  })
  return async (opensAt = 0, onEach = () => undefined) => {
    const adapter = await make()
    made.push(adapter)
    const listener = new Listener(adapter.source, opensAt)
    listener.onEach = (batch) => onEach(batch, adapter.source)
    await adapter.source.start(listener)
    adapter.feed()
    await waitUntil('a partition', () => listener.partitions.size > 0)
    return { adapter, source: adapter.source, listener }
  }
}

const pauseEach: OnEach = ({ partition }, source) => source.pause(partition)

function expectJoined(batches: readonly Batch[]): void {
  let position = 0
  for (const { fetchedFrom, records, next } of batches) {
    expect(fetchedFrom).toBe(position)
    for (const { offset } of records) {
      expect(offset).toBeGreaterThanOrEqual(position)
      position = offset + 1
    }
    expect(next).toBeGreaterThanOrEqual(position)
    position = next
  }
}
