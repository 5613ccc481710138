/**
 * An open file in, its bytes out: once to its end, unpacked, or followed as it grows. Reads by position, so that one handle serves any number of readings
 * and goes on reading a file that was renamed or deleted. An unterminated last line of a followed file is never given out as a record before its
 * line end comes, or the file is through: it would be counted half.
 */
import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { headOf } from './file-identity.ts'
import { LOOK_MS, QUIET_LOOKS, type Piece } from './record-batches.ts'

const CHUNK_BYTES = 524_288
const LF = 10

export interface OpenFile {
  readonly path: string
  readonly handle: FileHandle
  readonly head: Buffer
  /** Bytes of the file that were read, packed ones where it is packed. */
  bytesRead: number
  /** The last reading was cut by its own size: more is there. */
  isBehind: boolean
  /** Every path that led here leads to another file now: read to the end, then it is through. */
  replaced: boolean
  /** Its content was taken away: what is there now is another file's. */
  truncated: boolean
  /** What kept it from being read whole. */
  problem: string | null
}

export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

export function isPacked(path: string): boolean {
  return path.endsWith('.gz')
}

/** The file as it is now. */
export function piecesOnce(file: OpenFile): AsyncIterable<Buffer> {
  return isPacked(file.path) ? unpacked(file) : plain(file)
}

/** The file as it grows, until it is replaced and quiet, or truncated. `wait` rejects when the signal aborts. */
export async function* piecesFollowed(file: OpenFile, wait: Wait, signal: AbortSignal): AsyncGenerator<Piece> {
  let position = 0
  let looks = 0
  while (!file.replaced || looks < QUIET_LOOKS) {
    for await (const chunk of plain(file, position)) {
      // After the reading, so that what was read is known to belong to what came before.
      file.truncated = looks > 0 && !(await hasSameHead(file))
      if (file.truncated) return
      position += chunk.length
      looks = 0
      yield chunk
    }
    file.isBehind = false
    yield looks < QUIET_LOOKS ? 'caught-up' : 'quiet'
    await wait(LOOK_MS, signal)
    looks++
    file.truncated = (await file.handle.stat()).size < position
    if (file.truncated) return
  }
}

/**
 * Lines of the file now. An unterminated last one counts also where it may still grow: a run that took the file for whole, or for gone, has counted it, and a
 * file that ends before what was counted would be taken for another.
 */
export async function countLines(file: OpenFile): Promise<number> {
  let lines = 0
  let last: number | undefined = LF
  for await (const chunk of piecesOnce({ ...file })) {
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) lines++
    last = chunk.at(-1)
  }
  return last === LF ? lines : lines + 1
}

async function* plain(file: OpenFile, from = 0): AsyncGenerator<Buffer> {
  for (let position = from; ;) {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
    const { bytesRead } = await file.handle.read(buffer, 0, CHUNK_BYTES, position)
    if (bytesRead === 0) return
    position += bytesRead
    file.bytesRead = position
    file.isBehind = bytesRead === CHUNK_BYTES
    yield buffer.subarray(0, bytesRead)
  }
}

/** A packed file that is cut or damaged is read as far as it goes. */
async function* unpacked(file: OpenFile): AsyncGenerator<Buffer> {
  const packed = file.handle.createReadStream({ start: 0, autoClose: false, highWaterMark: CHUNK_BYTES })
  // The loop below sees the same error.
  const bytes = pipeline(packed, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined)
  try {
    for await (const chunk of bytes) {
      file.bytesRead = packed.bytesRead
      yield chunk
    }
  } catch (error) {
    if (!isDamage(error)) throw error
    file.problem = `not whole: ${error.message}`
  }
}

/** What zlib says, or that it stopped before the file's end. */
function isDamage(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE'
}

async function hasSameHead(file: OpenFile): Promise<boolean> {
  const head = await headOf(file.handle, true)
  return head !== null && head.equals(file.head)
}
