/**
 * What a test holds of a server that it started for itself: an own data folder in the temporary folder, own ports, an own life.
 *
 * The data folder and the ports stay the same over stop, kill and restart. The server ends with the test process, even if that is killed.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alreadyEnded, endWithUs, removeWithUs } from './reaper.ts'
import { pidOf, signal, start, stop, type Plan } from './server.ts'
import { reachable, unprivileged } from './user.ts'

export interface Handle {
  readonly dir: string
  readonly ports: Readonly<Record<string, number>>
  /** Throws when the server does not run. */
  readonly pid: number
  /** Waits until the process is gone; the data stays. */
  stop(kind?: NodeJS.Signals): Promise<void>
  /** `stop` with SIGKILL: no farewell, nothing flushed. */
  kill(): Promise<void>
  /** Starts again on the same data and ports, after a stop if it still runs; waits until it answers. */
  restart(): Promise<void>
  /** SIGSTOP makes it hang with its connections open, SIGCONT lets it go on. */
  signal(kind: NodeJS.Signals): void
  /** Kills the server and removes its data. */
  close(): Promise<void>
}

/** A new folder for a server's data; it goes away with this process. */
export async function temporaryFolder(name: string): Promise<string> {
  const dir = await mkdtemp(join(reachable([tmpdir(), '/tmp'], unprivileged()), `tracefold-${name}-`))
  await chmod(dir, 0o755) // Elasticsearch may run as another user
  removeWithUs(dir)
  return dir
}

/** Starts the plan's server as one that belongs to this process. */
export async function startOwned(plan: Plan): Promise<Handle> {
  let leader = 0
  const begin = () =>
    start(plan, (process) => {
      leader = process.pid
      endWithUs(process)
    })
  const end = async (kind?: NodeJS.Signals) => {
    await stop(plan.dir, kind)
    alreadyEnded({ pid: leader })
  }
  await begin()
  return {
    dir: plan.dir,
    ports: plan.ports,
    get pid() {
      const pid = pidOf(plan.dir)
      if (pid === null) throw new Error(`${plan.name} does not run`)
      return pid
    },
    stop: end,
    kill: () => end('SIGKILL'),
    async restart() {
      await end()
      await begin()
    },
    signal(kind) {
      if (!signal(plan.dir, kind)) throw new Error(`${plan.name} does not run`)
    },
    async close() {
      await end('SIGKILL')
      // A process that has just ended may leave files a moment longer.
      await rm(plan.dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
    },
  }
}
