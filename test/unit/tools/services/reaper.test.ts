/** What a dead process leaves behind is ended, and nothing else. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownFile } from '../../../../tools/services/paths.ts'
import { inspect } from '../../../../tools/services/process.ts'
import { waitUntil } from '../../../support/wait.ts'
import { sleeper } from './processes.ts'

/** Tells a reaper these lines, ends its input and waits until it is done. */
async function reap(lines: readonly string[]): Promise<void> {
  const reaper = spawn('/bin/sh', [ownFile('reaper.sh')], { stdio: ['pipe', 'ignore', 'inherit'] })
  reaper.stdin.end(lines.map((line) => `${line}\n`).join(''))
  await once(reaper, 'exit')
}

const startOf = (pid: number) => inspect(pid)?.startedAt ?? 'none'

test('groups are ended and folders removed', async () => {
  const [a, b] = [await sleeper(), await sleeper()]
  const folder = await mkdtemp(join(tmpdir(), 'tracefold reaper-'))
  await reap([`group ${a.pid} ${startOf(a.pid)}`, `group ${b.pid} ${startOf(b.pid)}`, `folder ${folder}`])
  await waitUntil('both to be gone', () => inspect(a.pid) === null && inspect(b.pid) === null)
  expect(existsSync(folder)).toBe(false)
})

test('a group whose leader has gone is ended too', async () => {
  const leader = spawn('/bin/sh', ['-c', 'sleep 600 & echo $!'], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = (await once(leader.stdout, 'data')) as [Buffer] // the pid that the shell printed
  const left = Number(line.toString())
  await waitUntil('the shell to be gone', () => leader.pid !== undefined && inspect(leader.pid) === null)
  expect(inspect(left)?.group).toBe(leader.pid)
  await reap([`group ${leader.pid} 1`])
  await waitUntil('the member to be gone', () => inspect(left) === null)
})

test('a group that was dropped, and one whose id belongs to another process by now, are left alone', async () => {
  const [dropped, other] = [await sleeper(), await sleeper()]
  await reap([`group ${dropped.pid} ${startOf(dropped.pid)}`, `group ${other.pid} 1`, `drop ${dropped.pid}`])
  expect(inspect(dropped.pid)).not.toBeNull()
  expect(inspect(other.pid)).not.toBeNull()
  dropped.kill('SIGKILL')
  other.kill('SIGKILL')
})

test('SIGKILL of the process that holds the pipe is enough', async () => {
  const victim = await sleeper()
  const holder = spawn(
    process.execPath,
    [
      '-e',
      `
    const reaper = require('node:child_process').spawn('/bin/sh', [process.argv[1]], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    reaper.stdin.write(process.argv[2] + '\\n', () => console.log('told'))
  `,
      ownFile('reaper.sh'),
      `group ${victim.pid} ${startOf(victim.pid)}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(holder.stdout, 'data')
  expect(inspect(victim.pid)).not.toBeNull()
  holder.kill('SIGKILL')
  await waitUntil('the victim to be gone', () => inspect(victim.pid) === null)
})
