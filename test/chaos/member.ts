/** A Tracefold process of a fault, with the most memory that it was seen to hold. */
import { setTimeout as delay } from 'node:timers/promises'
import { residentMiB } from '../../tools/services/process.ts'
import { startTracefold, type Running, type StartOptions } from '../support/tracefold.ts'
import { waitUntil } from '../support/wait.ts'

const LOOK_MS = 200
/** The program's own deadline is 20 s, and what comes after it a few. */
const STOP_MS = 40_000

/** A dead member's session, and the rebalance after it, on a busy machine. */
const JOIN_MS = 90_000

export interface Member extends Running {
  readonly isAlive: boolean
  /** MiB, resident. */
  readonly peakMiB: number
  /** SIGTERM, which must end with 0. */
  stop(): Promise<void>
  /** Throws what it said where it has ended by itself. */
  assertAlive(): void
  /** Waits until its groups have let it in: the session of a killed member must end first. */
  joined(): Promise<void>
  /** Waits until each of its branches reads: what an orchestrator waits for before it ends the process that this one replaces. */
  reads(): Promise<void>
  pause(): void
  resume(): void
}

export async function startMember(settings: Record<string, unknown>, options: StartOptions = {}): Promise<Member> {
  const running = await startTracefold(settings, options)
  let isAlive = true
  let peakMiB = 0
  const look = (): void => void (peakMiB = Math.max(peakMiB, residentMiB(running.pid) ?? 0))
  const looks = setInterval(look, LOOK_MS)
  void running.exited.then(() => {
    isAlive = false
    clearInterval(looks)
  })
  const checks = async (): Promise<Readiness['checks']> => ((await (await fetch(`${running.url}readyz`)).json()) as Readiness).checks
  return {
    ...running,
    get isAlive() {
      return isAlive
    },
    get peakMiB() {
      return peakMiB
    },
    stop: async () => {
      const code = await Promise.race([running.kill('SIGTERM'), delay(STOP_MS, 'hangs' as const, { ref: false })])
      if (code === 'hangs') throw new Error(`a clean stop did not end within ${STOP_MS / 1_000} s:\n${running.output().slice(-2_000)}`)
      if (code !== 0) throw new Error(`a clean stop ended with ${code}:\n${running.output().slice(-2_000)}`)
    },
    assertAlive: () => {
      if (!isAlive) throw new Error(`a process ended by itself:\n${running.output().slice(-2_000)}`)
    },
    joined: async () => {
      await waitUntil('the process to be a member of its groups', async () => isMember(await checks()), JOIN_MS)
    },
    reads: async () => {
      await waitUntil(
        'both branches to read',
        async () => (await checks()).filter(({ name, ok }) => name.startsWith('stream ') && ok).length === 2,
        JOIN_MS,
      )
    },
    pause: () => process.kill(running.pid, 'SIGSTOP'),
    resume: () => process.kill(running.pid, 'SIGCONT'),
  }
}

interface Readiness {
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]
}

function isMember(checks: Readiness['checks']): boolean {
  const groups = checks.filter(({ name }) => name.startsWith('kafka '))
  return groups.length > 0 && groups.every(({ ok, detail }) => ok && detail.startsWith('member of'))
}
