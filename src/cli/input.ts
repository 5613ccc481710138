/**
 * What a command reads events from, as `tracefold run` reads it: a file, packed or not, or standard input; bytes in, records out, in order. A printed
 * trace belongs to the line before it, a pretty-printed object is one record. Holds no more than a chunk and a record.
 */
import { constants } from 'node:fs'
import { access, open } from 'node:fs/promises'
import { TracefoldError } from '../errors.ts'
import { logName } from '../source/file-identity.ts'
import { checkPaths } from '../source/file-paths.ts'
import { piecesOnce } from '../source/file-pieces.ts'
import { RecordAssembler, type AssemblerOptions } from '../source/record-assembler.ts'
import type { Io } from './io.ts'

/** A record of a log file always has bytes. */
const EMPTY = Buffer.alloc(0)

export interface Input {
  readonly bytes: AsyncIterable<Buffer>
  /** What stands in as the job where a record names none: the file's name; null for standard input. */
  readonly key: Buffer | null
}

export interface InputRecord {
  /** From 1: that of its first line. */
  readonly line: number
  readonly value: Buffer
}

/** Throws `usage` where the file cannot be read. Undefined: standard input. */
export async function inputOf(file: string | undefined, { stdin }: Pick<Io, 'stdin'>): Promise<Input> {
  if (file === undefined) return { bytes: stdin, key: null }
  await checkPaths([file], false)
  try {
    await access(file, constants.R_OK)
  } catch (cause) {
    throw new TracefoldError('usage', `Expected a readable file, got ${file}.`, { cause })
  }
  return { bytes: bytesOf(file), key: Buffer.from(logName(file)) }
}

/** An array for each chunk that completes at least one. */
export async function* recordsOf(bytes: AsyncIterable<Buffer>, options: AssemblerOptions): AsyncGenerator<InputRecord[]> {
  const assembler = new RecordAssembler(options)
  const drained = (): InputRecord[] =>
    assembler.drain(0).flatMap(({ records }) => records.map(({ offset, value }) => ({ line: offset + 1, value: value ?? EMPTY })))
  for await (const chunk of bytes) {
    assembler.push(chunk)
    const records = drained()
    if (records.length > 0) yield records
  }
  assembler.end()
  const rest = drained()
  if (rest.length > 0) yield rest
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path)
  const file = { path, handle, head: Buffer.alloc(0), bytesRead: 0, isBehind: false, replaced: false, truncated: false, problem: null }
  try {
    yield* piecesOnce(file)
    if (file.problem !== null) throw new TracefoldError('usage', `${path} is ${String(file.problem)}`)
  } finally {
    await handle.close()
  }
}
