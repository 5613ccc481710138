/**
 * Servers that tests start must end with the test process, even when it is killed. One small shell process (reaper.sh) in a session of
 * its own reads our pipe; when the pipe closes, whatever the reason, it ends what it was told of.
 *
 * Not covered: a kill between the spawn of a server and the line about it, a few microseconds.
 */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { ownFile } from './paths.ts'
import type { Process } from './process.ts'

let pipe: Socket | null = null

/** From now on the group of this process ends when we end. */
export function endWithUs(leader: Process): void {
  tell(`group ${leader.pid} ${leader.startedAt}`)
}

/** The group was ended; its id may be used again. */
export function alreadyEnded(leader: Pick<Process, 'pid'>): void {
  tell(`drop ${leader.pid}`)
}

/** From now on this folder is removed when we end. */
export function removeWithUs(folder: string): void {
  tell(`folder ${folder}`)
}

function tell(line: string): void {
  pipe ??= open()
  pipe.write(`${line}\n`)
}

function open(): Socket {
  const reaper = spawn('/bin/sh', [ownFile('reaper.sh')], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  reaper.unref()
  if (!(reaper.stdin instanceof Socket)) throw new Error('the reaper has no pipe')
  reaper.stdin.unref()
  return reaper.stdin
}
