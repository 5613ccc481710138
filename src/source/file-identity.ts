/**
 * Who a file is: a hash of its inode number and its first line (at most 1 KiB of it). A first line does not change while a file grows, and is there before the first
 * record is, so that a file has the same identity on every run, under every name that leads to it, and however it is renamed.
 *
 * The device number is left out: it changes with a restart of the machine or the container. A copy, also a compressed one, is another file. A file whose content was replaced, but not its first line, keeps its identity; the store sees from the bounds that it ends below the
 * committed position, and counts it from its beginning as another incarnation.
 */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'

const HEAD_BYTES = 1_024
const LF = 10
/** Where a name stops being the log's and becomes the rotation's: `app.log.1`, `app-2026-03-01.log`, `app.json.gz`. Some letter is left. */
const ROTATION = /(?<=[A-Za-z].*)[._-](?:\d|log\b|json\b|ndjson\b|jsonl\b|txt\b|out\b|err\b|gz\b|old\b|bak\b).*$/

/** The first line, or null while it may still grow. */
export async function headOf(handle: FileHandle, mayGrow: boolean): Promise<Buffer | null> {
  const buffer = Buffer.alloc(HEAD_BYTES)
  const { bytesRead } = await handle.read(buffer, 0, HEAD_BYTES, 0)
  const end = buffer.subarray(0, bytesRead).indexOf(LF)
  if (end !== -1) return buffer.subarray(0, end + 1)
  if (bytesRead === 0 || (mayGrow && bytesRead < HEAD_BYTES)) return null
  return buffer.subarray(0, bytesRead)
}

/** 16 hex digits, equal on every run, also where the only line gets its end in between. `salt` makes it another file. */
export function identity(inode: bigint, head: Buffer, salt: string): string {
  const end = head.length < HEAD_BYTES && head.at(-1) !== LF ? '\n' : ''
  return createHash('sha256').update(`${inode}\0${salt}\0`).update(head).update(end).digest('hex').slice(0, 16)
}

/** The log's name without folder, rotation and ending: what stands in as the job where a record names none. */
export function logName(path: string): string {
  const name = basename(path)
  return name.replace(ROTATION, '') || name
}
