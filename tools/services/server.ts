/**
 * One server process on this machine: started, waited for, signalled and stopped by process id.
 *
 * In: a plan (how to start it, its ports, how to tell that it answers). Out: a process, and `server.json` in its folder, by which a
 * later run finds it again. Invariant: only a process that this file started is ever signalled. `server.json` holds the id and start
 * time of the leader of a process group of its own; signals go to that group.
 *
 *   stopped -> (ports free, prepare, spawn) starting -> (answers) running -> (signal to the group) stopped
 *
 * Starting what runs already, and stopping what is stopped, do nothing.
 */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from './lock.ts'
import { assertFree } from './ports.ts'
import { identify, inspect, type Process } from './process.ts'
import type { User } from './user.ts'

const ASK_AGAIN_MS = 100
/** Seen up to 54 s for Elasticsearch and 40 s for Druid on two busy cores. */
const START_TIMEOUT_MS = 180_000
/** After this a polite signal turns into SIGKILL. */
const STOP_TIMEOUT_MS = 30_000
const LOG_TAIL_LINES = 20

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Runs as this user; null or absent: as ourselves. */
  readonly user?: User | null
}

export interface Plan {
  readonly name: string
  /** Data, log and server.json. */
  readonly dir: string
  readonly ports: Readonly<Record<string, number>>
  /** Where the server writes its id, if what we spawn forks it and ends. */
  readonly pidFile?: string
  /** Writes what the server reads, and says how to start it. */
  prepare(): Promise<Command>
  /** Whether the server does its work, and is the one of this plan. */
  answers(): Promise<boolean>
}

interface Started {
  readonly leader: Process
  readonly pidFile: string | null
}

/** Starts the server unless it runs, and waits until it answers. `onSpawn` hears of a process that is new. */
export async function start(plan: Plan, onSpawn: (leader: Process) => void = () => {}): Promise<void> {
  await whileStarting(plan, async () => {
    if (pidOf(plan.dir) === null) {
      await assertFree(plan.name, plan.ports)
      onSpawn(launch(plan, await plan.prepare()))
    }
    await untilAnswers(plan)
  })
}

/** Waits for a start that is under way elsewhere, fetch included, and until the server answers. */
export async function waitFor(plan: Plan): Promise<void> {
  await whileStarting(plan, () => untilAnswers(plan))
}

/** Ends the server and waits until it is gone. Answers whether there was one. */
export async function stop(dir: string, kind: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
  if (!signal(dir, kind)) return false
  if (!(await isGone(dir, STOP_TIMEOUT_MS))) {
    signal(dir, 'SIGKILL')
    if (!(await isGone(dir, STOP_TIMEOUT_MS))) throw new Error(`process ${pidOf(dir)} of ${dir} does not end`)
  }
  rmSync(stateFile(dir), { force: true })
  return true
}

/** Sends a signal to the server's whole group. Answers whether there was one. */
export function signal(dir: string, kind: NodeJS.Signals): boolean {
  const started = read(dir)
  if (started === null || livingPid(started) === null) return false
  try {
    process.kill(-started.leader.pid, kind)
  } catch (error) {
    if (livingPid(started) !== null) throw error // else it ended just now
  }
  return true
}

/** The id of the running server of this folder, or null. */
export function pidOf(dir: string): number | null {
  const started = read(dir)
  return started === null ? null : livingPid(started)
}

/** Two that start one server at once do it one after the other, so the second finds it running. */
async function whileStarting(plan: Plan, work: () => Promise<void>): Promise<void> {
  mkdirSync(plan.dir, { recursive: true })
  await withLock(join(plan.dir, 'lock'), work)
}

function launch(plan: Plan, command: Command): Process {
  if (plan.pidFile !== undefined) rmSync(plan.pidFile, { force: true })
  const log = openSync(logFile(plan.dir), 'a')
  // Detached: a session and group of its own, which Ctrl-C in our terminal does not reach.
  const child = spawn(command.program, command.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'] ?? '', ...command.env },
    cwd: command.cwd ?? plan.dir,
    ...command.user,
  })
  closeSync(log)
  child.on('error', () => {}) // told by the missing id below
  child.unref()
  const leader = child.pid === undefined ? null : identify(child.pid)
  if (leader === null) throw new Error(`${plan.name}: ${command.program} did not start${tail(plan.dir)}`)
  const started: Started = { leader, pidFile: plan.pidFile ?? null }
  writeFileSync(stateFile(plan.dir), JSON.stringify(started))
  return leader
}

async function untilAnswers(plan: Plan): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await plan.answers())) {
    if (pidOf(plan.dir) === null) throw new Error(`${plan.name} does not run${tail(plan.dir)}`)
    if (Date.now() > deadline) throw new Error(`${plan.name} did not answer within ${START_TIMEOUT_MS / 1000} s${tail(plan.dir)}`)
    await sleep(ASK_AGAIN_MS)
  }
}

async function isGone(dir: string, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (pidOf(dir) !== null) {
    if (Date.now() > deadline) return false
    await sleep(ASK_AGAIN_MS)
  }
  return true
}

function livingPid({ leader, pidFile }: Started): number | null {
  // In this order: a leader that ends between the two has written the pid file before.
  const leads = inspect(leader.pid)?.startedAt === leader.startedAt
  const forked = pidFile === null ? null : inspect(Number(textOf(pidFile)))
  if (forked?.group === leader.pid) return forked.pid
  return leads ? leader.pid : null
}

function read(dir: string): Started | null {
  const text = textOf(stateFile(dir))
  return text === '' ? null : (JSON.parse(text) as Started) // our own file, written by `launch`
}

function stateFile(dir: string): string {
  return join(dir, 'server.json')
}

function logFile(dir: string): string {
  return join(dir, 'server.log')
}

function tail(dir: string): string {
  const file = logFile(dir)
  const lines = textOf(file).trimEnd().split('\n').slice(-LOG_TAIL_LINES)
  return `; end of ${file}:\n${lines.join('\n')}`
}

/** Empty where there is no file: the server removes its pid file when it ends. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
