/** What a command touches of the world, so that it runs in a test as it does on a terminal. */
import type { Readable, Writable } from 'node:stream'
import type { Command } from 'commander'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/schema.ts'

export interface Io {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** Characters in a line of the terminal; null where the output is no terminal. */
  readonly columns: number | null
  readonly env: NodeJS.ProcessEnv
  readonly nowMs: () => number
}

export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    columns: process.stdout.isTTY ? process.stdout.columns : null,
    env: process.env,
    nowMs: Date.now,
  }
}

/** The file that the global `--config` names, or null. */
export function configFileOf(command: Command): string | null {
  return command.optsWithGlobals<{ config?: string }>().config ?? null
}

/** Settings for a command; `overrides` is what its own options say, nested as in the file. */
export function settingsFor(command: Command, io: Pick<Io, 'env'>, overrides: Readonly<Record<string, unknown>> = {}): Settings {
  return loadSettings({ file: configFileOf(command), env: io.env, overrides })
}

/** What a command prints with `--json`. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** What was opened for the work is closed behind it, however it ends. */
export async function closing(opened: { close(): Promise<void> }, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    await opened.close()
  }
}
