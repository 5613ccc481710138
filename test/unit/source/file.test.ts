/** Files as they are in life: rotated, truncated, packed, renamed, missing, half written. */
import { appendFile, copyFile, link, mkdtemp, open as openFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFileSource, type FileSource } from '../../../src/source/file.ts'
import { Listener, settle } from '../../contract/source.ts'
import { waitUntil } from '../../support/wait.ts'

const wait = async (_ms: number, signal: AbortSignal): Promise<void> => {
  await turn()
  signal.throwIfAborted()
}

let folder = ''
const open: FileSource[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracefold-file-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((source) => source.stop()))
  await rm(folder, { recursive: true })
})

const at = (name: string): string => join(folder, name)

function make(names: readonly string[], options: { follow?: boolean; again?: string; maxRecordBytes?: number } = {}): FileSource {
  const source = createFileSource({ paths: names.map(at), follow: false, maxRecordBytes: 10_000, wait, ...options })
  open.push(source)
  return source
}

async function listen(source: FileSource, opensAt: number | null = 0): Promise<Listener> {
  const listener = new Listener(source, opensAt)
  await source.start(listener)
  return listener
}

async function readAll(names: readonly string[], options: { again?: string; maxRecordBytes?: number } = {}): Promise<Listener> {
  const source = make(names, options)
  const listener = await listen(source)
  listener.onEach = ({ partition, next }) => source.committed(partition, next)
  await waitUntil('the end', () => source.ended() === true)
  return listener
}

const identities = (listener: Listener): string[] => [...new Set(listener.batches.map(({ partition }) => partition.topic))]
const identityOf = async (name: string, again?: string): Promise<string> =>
  identities(await readAll([name], again === undefined ? {} : { again }))[0] ?? ''

describe('the identity of a file', () => {
  it('is the same on every run, when the file has grown, and under any other name', async () => {
    await writeFile(at('app.log'), '{"n":1}\n')
    const before = await identityOf('app.log')
    expect(before).toMatch(/^[0-9a-f]{16}$/)
    await appendFile(at('app.log'), '{"n":2}\n'.repeat(1_000))
    expect(await identityOf('app.log')).toBe(before)
    await rename(at('app.log'), at('app.log.1'))
    expect(await identityOf('app.log.1')).toBe(before)
    await rename(at('app.log.1'), at('kept.txt'))
    expect(await identityOf('kept.txt')).toBe(before)
    await symlink(at('kept.txt'), at('current.log'))
    expect(await identityOf('current.log')).toBe(before)
    await link(at('kept.txt'), at('hard.log'))
    expect(await identityOf('hard.log')).toBe(before)
  })

  it('is another one for another beginning, another file, and for reading again on purpose', async () => {
    await writeFile(at('app.log'), '{"n":1}\n')
    const before = await identityOf('app.log')
    expect(await identityOf('app.log', 'run 2')).not.toBe(before)
    await copyFile(at('app.log'), at('app.log.2'))
    expect(await identityOf('app.log.2')).not.toBe(before)
    await writeFile(at('app.log'), '{"n":9}\n')
    expect(await identityOf('app.log')).not.toBe(before)
  })
})

describe('files that end', () => {
  it("records carry the log's name as key, and their line as offset", async () => {
    await writeFile(at('rt-orders.log.3'), '\n{"n":1}\r\n{"n":2}')
    const listener = await readAll(['rt-orders.log.3'])
    expect(listener.records.map(({ offset, key, value }) => [offset, String(key), String(value)])).toEqual([
      [1, 'rt-orders', '{"n":1}'],
      [2, 'rt-orders', '{"n":2}'],
    ])
  })

  it('a resume at the end delivers nothing and ends, also behind blank lines', async () => {
    await writeFile(at('app.log'), '{"n":1}\n{"n":2}\n\n')
    const source = make(['app.log'])
    const listener = await listen(source, 3)
    await waitUntil('the end', () => source.ended() === true)
    expect(listener.batches).toEqual([])
    await waitUntil('the removal', () => listener.removed.length === 1)
  })

  it('the position reaches the end also where the last lines are no records', async () => {
    await writeFile(at('app.json'), '[\n{"n":1}\n, {"n":2}\n\n]\n\n')
    const listener = await readAll(['app.json'])
    expect(listener.texts).toEqual(['{"n":1}', '{"n":2}'])
    expect(listener.batches.at(-1)?.next).toBe(6)
  })

  it('packed files are read unpacked', async () => {
    await writeFile(at('app.log.1.gz'), Buffer.concat([gzipSync('{"n":1}\n{"n'), gzipSync('":2}\n')]))
    expect((await readAll(['app.log.1.gz'])).texts).toEqual(['{"n":1}', '{"n":2}'])
  })

  it('a packed file that was cut is read as far as it goes, and says so', async () => {
    const packed = gzipSync(Array.from({ length: 20_000 }, (_, i) => `{"n":${i},"r":${Math.sin(i)}}\n`).join(''))
    await writeFile(at('app.log.gz'), packed.subarray(0, packed.length / 2))
    const source = make(['app.log.gz'])
    const listener = await listen(source)
    await waitUntil('the end', () => source.ended() === true)
    expect(listener.records.length).toBeGreaterThan(1_000)
    expect(source.progress().problems[0]).toMatch(/app\.log\.gz: not whole/)
    expect(listener.failures).toEqual([])
  })

  it('more files than are read at a time are all read', async () => {
    await Promise.all(Array.from({ length: 70 }, (_, i) => writeFile(at(`job${i}.log`), `{"n":${i}}\n`)))
    const source = make(['job*.log'])
    const listener = await listen(source)
    expect(listener.partitions.size).toBeLessThan(70)
    const early: unknown[] = []
    listener.onEach = ({ partition, next }) => {
      source.committed(partition, next)
      // Asked again between the removal of the first ones and the coming of others.
      setImmediate(() => listener.records.length < 70 && early.push(source.ended()))
    }
    await waitUntil('the end', () => source.ended() === true && listener.partitions.size === 0)
    expect(new Set(listener.texts).size).toBe(70)
    expect(new Set(early)).toEqual(new Set([false]))
    expect(source.progress()).toMatchObject({ name: '70 files', records: 70, problems: [] })
  })

  it('an empty file, or the same file twice, adds nothing', async () => {
    await writeFile(at('a.log'), '{"n":1}\n')
    await writeFile(at('empty.log'), '')
    expect((await readAll(['a.log', '*.log', 'empty.log'])).texts).toEqual(['{"n":1}'])
  })

  it('a file that is not there is a mistake of the command line', async () => {
    await expect(listen(make(['nowhere.log']))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('nowhere.log') as string,
    })
    await expect(listen(make(['*.nowhere']))).rejects.toMatchObject({ code: 'usage' })
    await expect(listen(make(['.']))).rejects.toMatchObject({ code: 'usage' })
  })

  it('progress goes from nothing to all bytes', async () => {
    await writeFile(at('app.log'), '{"n":1}\n'.repeat(100))
    const source = make(['app.log'])
    const listener = await listen(source)
    expect(source.progress()).toEqual({
      name: 'app.log',
      bytesRead: 0,
      bytesTotal: 800,
      records: 0,
      problems: [],
      readBefore: [],
      empty: [],
    })
    await waitUntil('the end', () => source.ended() === true)
    listener.commitAll()
    await waitUntil('the removal', () => listener.removed.length === 1)
    expect(source.progress()).toEqual({
      name: 'app.log',
      bytesRead: 800,
      bytesTotal: 800,
      records: 100,
      problems: [],
      readBefore: [],
      empty: [],
    })
  })
})

describe('files that are followed', () => {
  async function follow(...names: string[]): Promise<{ source: FileSource; listener: Listener }> {
    const source = make(names, { follow: true })
    const listener = await listen(source)
    listener.onEach = ({ partition, next }) => source.committed(partition, next)
    return { source, listener }
  }
  const until = (listener: Listener, count: number): Promise<boolean> =>
    waitUntil(`${count} records`, () => listener.records.length === count)

  it('as long as more is there it is said, also before the first record that was not read before, and then the end', async () => {
    const lines = 20_000
    await writeFile(at('app.log'), Array.from({ length: lines }, (_, n) => `${JSON.stringify({ n, pad: 'x'.repeat(80) })}\n`).join(''))
    const source = make(['app.log'], { follow: true })
    const listener = await listen(source, lines - 10)
    await waitUntil('the end', () => listener.batches.at(-1)?.end === lines)
    expect(listener.batches[0]).toMatchObject({ hasMore: true, records: [], next: lines - 10 })
    expect(listener.batches.at(-1)).not.toHaveProperty('hasMore')
    expect(listener.records).toHaveLength(10)
  })

  it('the end of a file is known where its bytes are a whole number of readings', async () => {
    const line = `${'x'.repeat(1_023)}\n`
    await writeFile(at('app.log'), line.repeat(512))
    const { listener } = await follow('app.log')
    await waitUntil('the end', () => listener.batches.at(-1)?.end === 512)
    expect(listener.batches[0]).toMatchObject({ hasMore: true })
  })

  it('what is appended is delivered, but a line only when it has its end', async () => {
    await writeFile(at('app.log'), '{"n":1}\n')
    const { listener } = await follow('app.log')
    await until(listener, 1)
    await appendFile(at('app.log'), '{"n":2}')
    await settle()
    expect(listener.records.length).toBe(1)
    await appendFile(at('app.log'), '\n')
    await until(listener, 2)
    expect(listener.records.map(({ offset }) => offset)).toEqual([0, 1])
  })

  it('a half line is not delivered by a stop', async () => {
    await writeFile(at('app.log'), '{"n":1}\n{"n":')
    const { source, listener } = await follow('app.log')
    await until(listener, 1)
    await source.stop()
    expect(listener.texts).toEqual(['{"n":1}'])
  })

  it('a trace at the end comes out when the file is quiet, and lines that join it later are no record', async () => {
    await writeFile(at('app.log'), 'ERROR c.J - boom\n\tat c.J.a(J.java:1)\n')
    const { listener } = await follow('app.log')
    await until(listener, 1)
    await appendFile(at('app.log'), '\tat c.J.b(J.java:2)\nERROR c.J - next\n')
    await until(listener, 2)
    expect(listener.records.map(({ offset }) => offset)).toEqual([0, 3])
  })

  it('after a rotation the old file is read to its end, the new one from its beginning', async () => {
    await writeFile(at('app.log'), '{"n":1}\n')
    const { listener } = await follow('app.log')
    await until(listener, 1)
    await appendFile(at('app.log'), '{"n":2}\n')
    await rename(at('app.log'), at('app.log.1'))
    await appendFile(at('app.log.1'), '{"n":3}\n{"n":4}')
    await writeFile(at('app.log'), '{"n":5}\n')
    await until(listener, 5)
    await waitUntil("the old one's removal", () => listener.removed.length === 1)
    expect(listener.texts.toSorted()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}', '{"n":5}'])
    expect(identities(listener).length).toBe(2)
    expect(listener.assignments).toBe(1)
  })

  it('a rotated file that a pattern still matches stays the same partition', async () => {
    await writeFile(at('app.log'), '{"n":1}\n')
    const { listener } = await follow('app.log*')
    await until(listener, 1)
    await rename(at('app.log'), at('app.log.1'))
    await writeFile(at('app.log'), '{"n":2}\n')
    await until(listener, 2)
    await appendFile(at('app.log.1'), '{"n":3}\n')
    await until(listener, 3)
    expect(identities(listener).length).toBe(2)
    expect(listener.removed).toEqual([])
  })

  it('a truncated file begins anew', async () => {
    await writeFile(at('app.log'), '{"n":1}\n{"n":2}\n')
    const { listener } = await follow('app.log')
    await until(listener, 2)
    await truncate(at('app.log'))
    await appendFile(at('app.log'), '{"n":3}\n')
    await until(listener, 3)
    expect(identities(listener).length).toBe(2)
    expect(listener.records.at(-1)?.offset).toBe(0)
  })

  it('content that was replaced by more of another is noticed', async () => {
    await writeFile(at('app.log'), '{"n":1}\n{"n":2}\n')
    const { listener } = await follow('app.log')
    await until(listener, 2)
    const inPlace = await openFile(at('app.log'), 'r+')
    await inPlace.write('{"n":3}\n{"n":4}\n{"n":5}\n', 0)
    await inPlace.close()
    await until(listener, 5)
    expect(listener.texts.slice(2)).toEqual(['{"n":3}', '{"n":4}', '{"n":5}'])
  })

  it('a deleted file is waited for', async () => {
    await writeFile(at('app.log'), '{"n":1}\n')
    const { listener } = await follow('app.log')
    await until(listener, 1)
    await rm(at('app.log'))
    await settle()
    await writeFile(at('app.log'), '{"n":2}\n')
    await until(listener, 2)
    expect(listener.failures).toEqual([])
  })

  it('a pattern finds files that come later', async () => {
    const { listener } = await follow('*.log')
    await settle()
    await writeFile(at('later.log'), '{"n":1}\n')
    await until(listener, 1)
    expect(listener.assignments).toBe(1)
  })

  it('a file that is empty at first is read when it is not', async () => {
    await writeFile(at('app.log'), '')
    const { listener } = await follow('app.log')
    await settle()
    await appendFile(at('app.log'), '{"n":1}\n')
    await until(listener, 1)
    expect(listener.texts).toEqual(['{"n":1}'])
  })
})
