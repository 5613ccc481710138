/** Small processes to play with, in groups of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Sleeps until it is ended. */
export async function sleeper(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
  await once(child, 'spawn')
  if (child.pid === undefined) throw new Error('sleep did not start')
  return Object.assign(child, { pid: child.pid })
}
