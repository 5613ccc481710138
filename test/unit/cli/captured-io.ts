/** Streams that keep what is written to them, for commands that run inside a test. */
import { Readable, Writable } from 'node:stream'
import type { Io } from '../../../src/cli/io.ts'

export interface CapturedIo extends Io {
  out(): string
  err(): string
}

export const NOW = Date.parse('2026-03-10T12:00:00.000Z')

export function capturedIo(options: { stdin?: Iterable<Buffer | string>; env?: NodeJS.ProcessEnv; columns?: number } = {}): CapturedIo {
  const out: string[] = []
  const err: string[] = []
  return {
    stdin: Readable.from(
      [...(options.stdin ?? [])].map((part) => Buffer.from(part)),
      { objectMode: false },
    ),
    stdout: keeping(out),
    stderr: keeping(err),
    columns: options.columns ?? null,
    env: options.env ?? {},
    nowMs: () => NOW,
    out: () => out.join(''),
    err: () => err.join(''),
  }
}

function keeping(parts: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk.toString())
      done()
    },
  })
}
