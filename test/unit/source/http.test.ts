/** When a request is answered, with what, and when it is turned away. */
import { describe, expect, it } from 'vitest'
import { createHttpSource, type HttpSource } from '../../../src/source/http.ts'
import { partitionKey, type Partition } from '../../../src/source/source.ts'
import { Listener, settle } from '../../contract/source.ts'

const BODY = Buffer.from('{"n":1}\n{"n":2}\n')

/** A stream with a memory of positions, as a store has it. */
class Stream extends Listener {
  readonly positions = new Map<string, number>()
  commits = true

  constructor(source: HttpSource) {
    super(source, null)
    this.onEach = ({ partition, next }) => {
      if (this.commits) queueMicrotask(() => this.commit(partition, next))
    }
  }

  override onAdded(p: Partition): void {
    super.onAdded(p)
    queueMicrotask(() => {
      this.source.seek(p, this.positions.get(partitionKey(p)) ?? 0)
      this.source.resume(p)
    })
  }

  commit(p: Partition, next: number): void {
    this.positions.set(partitionKey(p), next)
    this.source.committed(p, next)
  }
}

async function started(options: { maxRequests?: number; maxBytes?: number } = {}): Promise<{ source: HttpSource; stream: Stream }> {
  const source = createHttpSource({ maxRecordBytes: 1_000, ...options })
  const stream = new Stream(source)
  await source.start(stream)
  return { source, stream }
}

describe('an answer', () => {
  it('comes when everything is committed, not before', async () => {
    const { source, stream } = await started()
    stream.commits = false
    let answered = false
    const answer = source.ingest(BODY, null).finally(() => (answered = true))
    await settle()
    expect([stream.records.length, answered]).toEqual([2, false])
    const partition = stream.batches[0]?.partition ?? { cluster: '', topic: '', partition: 0 }
    stream.commit(partition, 1)
    await settle()
    expect(answered).toBe(false)
    stream.commit(partition, 2)
    expect(await answer).toEqual({ records: 2, duplicate: false })
    expect(stream.removed).toEqual([partitionKey(partition)])
  })

  it('to a repeat with the same key says so, and nothing is delivered again', async () => {
    const { source, stream } = await started()
    expect(await source.ingest(BODY, 'k')).toEqual({ records: 2, duplicate: false })
    expect(await source.ingest(BODY, 'k')).toEqual({ records: 2, duplicate: true })
    expect(stream.records.length).toBe(2)
  })

  it('to a repeat of what was counted in part comes when the rest is', async () => {
    const { source, stream } = await started()
    await source.ingest(BODY, 'k')
    for (const key of stream.positions.keys()) stream.positions.set(key, 1)
    expect(await source.ingest(BODY, 'k')).toEqual({ records: 2, duplicate: false })
    expect(stream.texts).toEqual(['{"n":1}', '{"n":2}', '{"n":2}'])
  })

  it('to two at once with the same key counts once', async () => {
    const { source, stream } = await started()
    expect(await Promise.all([source.ingest(BODY, 'k'), source.ingest(BODY, 'k')])).toEqual([
      { records: 2, duplicate: false },
      { records: 2, duplicate: true },
    ])
    expect(stream.records.length).toBe(2)
  })

  it('without a key, or with the key of another body, is for new records', async () => {
    const { source, stream } = await started()
    await source.ingest(BODY, null)
    await source.ingest(BODY, null)
    await source.ingest(BODY, 'k')
    expect(await source.ingest(Buffer.from('{"n":3}'), 'k')).toEqual({ records: 1, duplicate: false })
    expect(stream.records.length).toBe(7)
  })
})

describe('a body', () => {
  const cases: readonly (readonly [name: string, body: string, texts: readonly string[]])[] = [
    ['of lines is a record for each', '{"n":1}\r\n\r\n{"n":2}', ['{"n":1}', '{"n":2}']],
    ['that is an array is one record', ' [{"n":1},\n{"n":2}]\n', [' [{"n":1},\n{"n":2}]\n']],
    ['that is one pretty-printed object is one record', '{\n  "n": 1\n}\n', ['{\n  "n": 1\n}']],
    [
      'of text that begins with a bracket is lines',
      '[2026-03-01 10:00:00] ERROR x\n[2026-03-01 10:00:01] ERROR y',
      ['[2026-03-01 10:00:00] ERROR x', '[2026-03-01 10:00:01] ERROR y'],
    ],
    ['with nothing in it is answered at once', ' \n\n', []],
  ]
  it.each(cases)('%s', async (_name, body, texts) => {
    const { source, stream } = await started()
    expect(await source.ingest(Buffer.from(body), null)).toEqual({ records: texts.length, duplicate: false })
    expect(stream.texts).toEqual(texts)
  })
})

describe('a request is turned away', () => {
  it('where too many are under way, until one is answered', async () => {
    const { source, stream } = await started({ maxRequests: 1 })
    stream.commits = false
    const first = source.ingest(BODY, null)
    await expect(source.ingest(BODY, null)).rejects.toMatchObject({ code: 'not_available', retriable: true })
    await settle()
    stream.commits = true
    for (const { partition, next } of stream.batches) stream.commit(partition, next)
    await first
    await source.ingest(BODY, null)
  })

  it('where too many bytes are under way; a large one alone is taken', async () => {
    const { source } = await started({ maxBytes: 10 })
    const first = source.ingest(BODY, null)
    await expect(source.ingest(BODY, null)).rejects.toMatchObject({ code: 'not_available' })
    await first
  })

  it('not for what was answered before', async () => {
    const { source } = await started({ maxBytes: 2 * BODY.length })
    await source.ingest(BODY, null)
    expect(await Promise.all([source.ingest(BODY, null), source.ingest(BODY, null)])).toHaveLength(2)
  })

  it('before the start and after a stop, and a stop turns away who waits', async () => {
    const idle = createHttpSource({ maxRecordBytes: 1_000 })
    await expect(idle.ingest(BODY, null)).rejects.toMatchObject({ code: 'not_available' })
    const { source, stream } = await started()
    stream.commits = false
    const waiting = source.ingest(BODY, 'k').catch((error: unknown) => error)
    await settle()
    await source.stop()
    expect(await waiting).toMatchObject({ code: 'not_available' })
    await expect(source.ingest(BODY, 'k')).rejects.toMatchObject({ code: 'not_available' })
  })
})
