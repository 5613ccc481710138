/**
 * The built program as a process of its own, for tests that kill it. Settings go in as a file; the address is read from what it prints. It is ended
 * with the test, by process id.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { packageFolder } from '../../src/package-root.ts'
import { waitUntil } from './wait.ts'

/** Built, wherever this file runs from: as source in a test, or built itself. */
const CLI = join(packageFolder('patterns'), '..', 'dist', 'src', 'cli', 'cli.js')

/** A busy machine takes its time. */
const START_MS = 60_000

export interface Running {
  readonly pid: number
  /** Address of the API, with a slash at its end. */
  readonly url: string
  /** Everything printed so far, both streams. */
  output(): string
  /** Resolves with the exit code, or null where a signal ended it. */
  readonly exited: Promise<number | null>
  kill(signal: NodeJS.Signals): Promise<number | null>
}

export interface StartOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Program and arguments that run ours, by replacing themselves with it. */
  readonly launcher?: readonly string[]
}

/** Starts `tracefold run`, and resolves once it listens. Rejects with its output if it ends before. */
export async function startTracefold(
  settings: Record<string, unknown>,
  { args = [], env = {}, launcher = [] }: StartOptions = {},
): Promise<Running> {
  const child = launch(['--config', settingsFile(settings), 'run', ...args], env, launcher)
  const url = await waitUntil(
    'the program to listen',
    () => {
      if (child.process.exitCode !== null) return 'ended'
      return /Tracefold runs: (\S+)/.exec(child.output())?.[1] ?? null
    },
    START_MS,
  ).catch((cause: unknown) => {
    child.process.kill('SIGKILL')
    throw new Error(`tracefold does not listen after ${START_MS} ms:\n${child.output()}`, { cause })
  })
  if (url === 'ended') throw new Error(`tracefold ended at once:\n${child.output()}`)
  return {
    pid: child.process.pid ?? 0,
    url,
    output: child.output,
    exited: child.exited,
    kill: (signal) => {
      child.process.kill(signal)
      return child.exited
    },
  }
}

/** Runs a command of the built program to its end. */
export async function runTracefold(
  settings: Record<string, unknown>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; output: string }> {
  const child = launch(['--config', settingsFile(settings), ...args], env)
  const code = await child.exited
  return { code, output: child.output() }
}

/** Starts a command of the built program, for a test that kills it. */
export function launchTracefold(
  settings: Record<string, unknown>,
  args: readonly string[],
): { process: ChildProcess; output: () => string; exited: Promise<number | null> } {
  return launch(['--config', settingsFile(settings), ...args], {})
}

function launch(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  launcher: readonly string[] = [],
): { process: ChildProcess; output: () => string; exited: Promise<number | null> } {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TRACEFOLD_')))
  const [program = process.execPath, ...rest] = [...launcher, process.execPath, CLI, ...args]
  const child = spawn(program, rest, { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  void exited.then(() => process.off('exit', end))
  return { process: child, output: () => text, exited }
}

function settingsFile(settings: Record<string, unknown>): string {
  const file = join(mkdtempSync(join(tmpdir(), 'tracefold-test-')), 'tracefold.yaml')
  writeFileSync(file, stringify(settings))
  return file
}
