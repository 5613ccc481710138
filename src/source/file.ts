/**
 * Source: log files, read once or followed as they grow. Each file is a partition `file/<identity>/0`; an offset is a line number, from 0.
 *
 * Identity goes with the content, not with the name (see `file-identity.ts`): a file read before is not counted again, a rename is followed. When a path comes to
 * lead to another file, the old one is read to its end and the new one is added as a partition. A truncated file is through; what is in it now is a new
 * partition, or the same one at its beginning. (What was written and truncated away between two looks, 250 ms apart, is lost: `copytruncate` loses by design.)
 *
 *   found --onAdded--> being read --all delivered--> through --all committed--> onRemoved
 *
 * Without `follow` a few files are read at a time and `ended` becomes true; an unterminated last line counts. With `follow` nothing ends, paths and patterns
 * are looked at again and again, and packed files are read once. Delivery: a failure leaves lines unread and uncommitted; a restart reads them.
 */
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { TracefoldError } from '../errors.ts'
import { pause } from '../lib/retry.ts'
import { headOf, identity, logName } from './file-identity.ts'
import { checkPaths, expand } from './file-paths.ts'
import { countLines, isPacked, piecesFollowed, piecesOnce, type OpenFile, type Wait } from './file-pieces.ts'
import { Pump } from './pump.ts'
import { LOOK_MS, recordBatches } from './record-batches.ts'
import type { Batch, Bounds, Partition, Source, SourceHandler } from './source.ts'

/** Files read at a time, where they end: bounds memory and open handles. */
const READ_AT_ONCE = 32
/** Followed files; each holds a handle. */
const MAX_FOLLOWED = 1_000
/** Looks (10 s) after which a path that leads nowhere lets go of its file. A rotation is through long before. */
const LOOKS_UNTIL_GONE = 40

export interface FileSourceOptions {
  /** Paths, or patterns with `*`. */
  readonly paths: readonly string[]
  readonly follow: boolean
  readonly maxRecordBytes: number
  /** A word that makes every file a new one, so that it is counted again; empty otherwise. */
  readonly again?: string
  /** Rejects when the signal aborts. */
  readonly wait?: Wait
}

export interface FileProgress {
  /** One file's name, or how many there are. */
  readonly name: string
  readonly bytesRead: number
  readonly bytesTotal: number
  readonly records: number
  /** Files that could not be read, or not whole: `<path>: <why>`. */
  readonly problems: readonly string[]
  /** Paths of files that were read to their end by a run before this one, and have nothing new. */
  readonly readBefore: readonly string[]
  /** Paths of files that hold nothing. */
  readonly empty: readonly string[]
}

export interface FileSource extends Source {
  progress(): FileProgress
}

export function createFileSource(options: FileSourceOptions): FileSource {
  return new Files(options)
}

interface Tracked extends OpenFile {
  readonly partition: Partition
  readonly inode: bigint
  readonly pump: Pump
  size: number
  records: number
  /** Where the first reading began, and whether any gave a record: null, and false, before it. */
  begin: number | null
  hasNew: boolean
}

class Files implements FileSource {
  readonly #options: FileSourceOptions
  readonly #wait: Wait
  readonly #stopping = new AbortController()
  #handler: SourceHandler | null = null
  /** Announced and not removed, by identity. */
  readonly #files = new Map<string, Tracked>()
  /** Where each path led when it was last looked at, and since how many looks it leads nowhere. */
  readonly #paths = new Map<string, { file: Tracked; missing: number }>()
  /** Not announced yet, where files end. */
  #waiting: { path: string; size: number }[] = []
  #found = 0
  readonly #past = { bytes: 0, records: 0 }
  readonly #readBefore = new Set<string>()
  readonly #empty = new Set<string>()
  readonly #problems = new Map<string, string>()
  #work: Promise<unknown> = Promise.resolve()

  constructor(options: FileSourceOptions) {
    this.#options = options
    this.#wait = options.wait ?? pause
  }

  async start(handler: SourceHandler): Promise<void> {
    const { paths, follow } = this.#options
    await checkPaths(paths, follow)
    const found = await expand(paths)
    this.#found = found.length
    this.#handler = handler
    this.#waiting = await Promise.all(found.map(async (path) => ({ path, size: (await stat(path)).size })))
    const first = await this.#openMore(follow ? MAX_FOLLOWED : READ_AT_ONCE)
    if (this.#files.size === 0 && this.#problems.size > 0)
      throw new TracefoldError('usage', `Nothing can be read. ${this.progress().problems.join('; ')}`)
    handler.onAssigned(first.map((file) => file.partition))
    if (follow) this.#work = this.#lookAgain()
  }

  seek(p: Partition, offset: number): void {
    const file = this.#files.get(p.topic)
    if (file === undefined) return
    file.begin ??= offset
    file.pump.seek(offset)
  }

  pause(p: Partition): void {
    this.#files.get(p.topic)?.pump.pause()
  }

  resume(p: Partition): void {
    this.#files.get(p.topic)?.pump.resume()
  }

  async bounds(p: Partition): Promise<Bounds> {
    const file = this.#files.get(p.topic)
    if (file === undefined) throw new TracefoldError('partition_lost', `${p.topic} is no file that is being read`)
    return { begin: 0, end: await countLines(file) }
  }

  committed(p: Partition, next: number): void {
    this.#files.get(p.topic)?.pump.committed(next)
  }

  nameOf(p: Partition): string | null {
    return this.#files.get(p.topic)?.path ?? null
  }

  ended(): boolean | null {
    if (this.#options.follow) return null
    if (this.#handler === null) return false
    return this.#waiting.length === 0 && [...this.#files.values()].every((file) => file.pump.finished)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#work
    const files = [...this.#files.values()]
    await Promise.all(files.map((file) => file.pump.stop()))
    await Promise.all(files.map((file) => file.handle.close()))
    this.#files.clear()
  }

  progress(): FileProgress {
    const files = [...this.#files.values()]
    const sum = (of: (file: Tracked) => number) => files.reduce((total, file) => total + of(file), 0)
    const unread = this.#waiting.reduce((total, file) => total + file.size, 0)
    const broken = files.flatMap((file) => (file.problem === null ? [] : [`${file.path}: ${file.problem}`]))
    return {
      name: this.#found === 1 ? basename(files[0]?.path ?? this.#options.paths[0] ?? '') : `${this.#found} files`,
      bytesRead: this.#past.bytes + sum((file) => file.bytesRead),
      bytesTotal: this.#past.bytes + unread + sum((file) => Math.max(file.size, file.bytesRead)),
      records: this.#past.records + sum((file) => file.records),
      problems: [...[...this.#problems].map(([path, why]) => `${path}: ${why}`), ...broken],
      readBefore: [...new Set([...this.#readBefore, ...files.filter(wasReadBefore).map(({ path }) => path)])],
      empty: [...this.#empty],
    }
  }

  #mayGrow(path: string): boolean {
    return this.#options.follow && !isPacked(path)
  }

  async #lookAgain(): Promise<void> {
    const { signal } = this.#stopping
    for (;;) {
      await this.#wait(LOOK_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      try {
        await this.#look()
      } catch (error) {
        return this.#handler?.onFailed(error)
      }
    }
  }

  /** Where do the paths lead now? */
  async #look(): Promise<void> {
    const present = await expand(this.#options.paths)
    this.#found = present.length
    this.#waiting = []
    for (const path of present) if (!(await this.#leadsWhereItDid(path))) this.#waiting.push({ path, size: 0 })
    for (const file of await this.#openMore(MAX_FOLLOWED)) this.#handler?.onAdded(file.partition)
    for (const { path } of this.#waiting) this.#problems.set(path, `not followed: more than ${MAX_FOLLOWED} files`)
    this.#letGoOfMissing(new Set(present))
    const led = new Set([...this.#paths.values()].map(({ file }) => file))
    for (const file of this.#files.values()) file.replaced = !led.has(file)
  }

  async #leadsWhereItDid(path: string): Promise<boolean> {
    const known = this.#paths.get(path)
    if (known === undefined) return false
    const now = await stat(path, { bigint: true }).catch(() => null)
    if (now === null) return true
    known.file.size = Number(now.size)
    return known.file.inode === now.ino
  }

  #letGoOfMissing(present: ReadonlySet<string>): void {
    for (const [path, known] of this.#paths) {
      known.missing = present.has(path) ? 0 : known.missing + 1
      if (known.missing > LOOKS_UNTIL_GONE) this.#paths.delete(path)
    }
  }

  /** Opens what waits, as long as fewer than `limit` are being read. */
  async #openMore(limit: number): Promise<Tracked[]> {
    const opened: Tracked[] = []
    while (this.#waiting[0] !== undefined && this.#files.size < limit) {
      const file = await this.#open(this.#waiting[0].path)
      this.#waiting.shift()
      if (file !== null) opened.push(file)
    }
    return opened
  }

  /** Null where it cannot be read, is empty, or is being read already. */
  async #open(path: string): Promise<Tracked | null> {
    const handle = await open(path, 'r').catch((error: Error) => void this.#problems.set(path, error.message))
    if (handle === undefined) return null
    this.#problems.delete(path)
    const head = await headOf(handle, this.#mayGrow(path))
    const { ino, size } = await handle.stat({ bigint: true })
    if (size > 0n) this.#empty.delete(path)
    else this.#empty.add(path)
    if (head !== null) {
      const topic = identity(ino, head, this.#options.again ?? '')
      const known = this.#files.get(topic)
      if (known === undefined) return this.#track(path, { handle, head, topic, ino, size: Number(size) })
      if (!known.truncated) this.#paths.set(path, { file: known, missing: 0 })
    }
    await handle.close()
    return null
  }

  #track(path: string, found: { handle: Tracked['handle']; head: Buffer; topic: string; ino: bigint; size: number }): Tracked {
    const handler = this.#handler
    if (handler === null) throw new Error('a file is tracked before start')
    const partition: Partition = { cluster: 'file', topic: found.topic, partition: 0 }
    const pump = new Pump(
      (from, signal) => this.#read(file, from, signal),
      handler,
      () => this.#remove(file),
    )
    const { handle, head, ino: inode, size } = found
    const file: Tracked = {
      path,
      handle,
      head,
      inode,
      size,
      partition,
      pump,
      bytesRead: 0,
      isBehind: false,
      records: 0,
      begin: null,
      hasNew: false,
      replaced: false,
      truncated: false,
      problem: null,
    }
    this.#files.set(found.topic, file)
    this.#paths.set(path, { file, missing: 0 })
    return file
  }

  async *#read(file: Tracked, from: number, signal: AbortSignal): AsyncGenerator<Batch> {
    const { maxRecordBytes } = this.#options
    const pieces = this.#mayGrow(file.path) ? piecesFollowed(file, this.#wait, signal) : piecesOnce(file)
    file.bytesRead = 0
    file.records = 0
    for await (const batch of recordBatches(
      file.partition,
      pieces,
      from,
      { maxRecordBytes, key: Buffer.from(logName(file.path)) },
      signal,
      () => file.isBehind,
    )) {
      file.records += batch.records.length
      file.hasNew ||= batch.records.length > 0
      yield batch
    }
  }

  /** What is in the same path later is found anew; a packed file is done with as long as it is there. */
  #remove(file: Tracked): void {
    this.#files.delete(file.partition.topic)
    if (!isPacked(file.path)) for (const [path, known] of this.#paths) if (known.file === file) this.#paths.delete(path)
    this.#past.bytes += file.bytesRead
    this.#past.records += file.records
    if (wasReadBefore(file)) this.#readBefore.add(file.path)
    if (file.problem !== null) this.#problems.set(file.path, file.problem)
    void file.handle.close()
    if (!this.#options.follow) this.#work = this.#work.then(() => this.#addMore())
    this.#handler?.onRemoved(file.partition)
  }

  async #addMore(): Promise<void> {
    try {
      for (const added of await this.#openMore(READ_AT_ONCE)) if (!this.#stopping.signal.aborted) this.#handler?.onAdded(added.partition)
    } catch (error) {
      this.#handler?.onFailed(error)
    }
  }
}

function wasReadBefore({ begin, hasNew, bytesRead, size }: Tracked): boolean {
  return begin !== null && begin > 0 && !hasNew && bytesRead >= size
}
