/** Starting, finding again, signalling and stopping one server process, with a small HTTP server in the part of the server. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freeBase, LOOPBACK } from '../../../../tools/services/ports.ts'
import { inspect } from '../../../../tools/services/process.ts'
import { pidOf, signal, start, stop, waitFor, type Command, type Plan } from '../../../../tools/services/server.ts'
import { waitUntil } from '../../../support/wait.ts'
import { sleeper } from './processes.ts'

let dir = ''
let port = 0
let launched = 0

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tracefold-server-'))
  port = await freeBase([0])
  launched = 0
})
afterEach(async () => {
  await stop(dir, 'SIGKILL')
  await rm(dir, { recursive: true })
})

const HTTP = `require('node:http').createServer((_, response) => response.end('here')).listen(Number(process.argv[1]), '${LOOPBACK}')`

async function answers(): Promise<boolean> {
  return fetch(`http://${LOOPBACK}:${port}`, { signal: AbortSignal.timeout(500) }).then(
    (response) => response.ok,
    () => false,
  )
}

function plan(command: Partial<Command> = {}, more: Partial<Plan> = {}): Plan {
  const prepare = () => {
    launched++
    return Promise.resolve({ program: process.execPath, args: ['-e', HTTP, String(port)], ...command })
  }
  return { name: 'small', dir, ports: { http: port }, prepare, answers, ...more }
}

test('a started server answers and is found by its folder; a stopped one is gone', async () => {
  await start(plan())
  const pid = pidOf(dir)
  expect(pid).not.toBeNull()
  expect(await answers()).toBe(true)
  expect(await stop(dir)).toBe(true)
  expect(pidOf(dir)).toBeNull()
  expect(inspect(pid ?? 0)).toBeNull()
})

test('starting twice, even at once, gives one server; stopping twice is harmless', async () => {
  await Promise.all([start(plan()), start(plan())])
  await start(plan())
  expect(launched).toBe(1)
  await stop(dir)
  expect(await stop(dir)).toBe(false)
})

test('a server that was killed is started again on the same port', async () => {
  await start(plan())
  const first = pidOf(dir) ?? 0
  process.kill(first, 'SIGKILL')
  await waitUntil('the end of the first', () => pidOf(dir) === null)
  await start(plan())
  expect(pidOf(dir)).not.toBe(first)
  expect(await answers()).toBe(true)
})

test('a port that somebody else holds is named, and nothing is launched', async () => {
  const stranger = createServer().listen(port, LOOPBACK)
  await once(stranger, 'listening')
  await expect(start(plan())).rejects.toThrow(`small cannot start: port ${port} (http) on 127.0.0.1 is taken by another process`)
  expect(launched).toBe(0)
  stranger.close()
})

test('a process that got the id of our dead server is neither found nor signalled', async () => {
  await start(plan())
  await stop(dir)
  const stranger = await sleeper()
  await writeFile(
    join(dir, 'server.json'),
    JSON.stringify({ leader: { pid: stranger.pid, group: stranger.pid, startedAt: '1' }, pidFile: null }),
  )
  expect(pidOf(dir)).toBeNull()
  expect(signal(dir, 'SIGKILL')).toBe(false)
  expect(await stop(dir)).toBe(false)
  expect(inspect(stranger.pid)).not.toBeNull()
  stranger.kill('SIGKILL')
})

test('a server that its start script forks is found by its pid file, and stopped', async () => {
  const pidFile = join(dir, 'forked.pid')
  await start(
    plan(
      { program: '/bin/sh', args: ['-c', '"$0" -e "$1" "$2" & echo $! > "$3"', process.execPath, HTTP, String(port), pidFile] },
      { pidFile },
    ),
  )
  await waitUntil('the script to end', async () => pidOf(dir) === Number(await readFile(pidFile, 'utf8')))
  await stop(dir)
  expect(await answers()).toBe(false)
})

test('a pid file that names a process outside our group does not count', async () => {
  const pidFile = join(dir, 'forked.pid')
  const stranger = await sleeper()
  await start(plan({}, { pidFile }))
  const ours = pidOf(dir)
  await writeFile(pidFile, String(stranger.pid))
  expect(pidOf(dir)).toBe(ours)
  stranger.kill('SIGKILL')
})

test('a server that ends while it starts is an error with the end of its log', async () => {
  const ends = plan({ args: ['-e', 'console.error("no room on the disk"); process.exit(3)'] })
  await expect(start(ends)).rejects.toThrow('no room on the disk')
})

test('a program that is not there is an error', async () => {
  await expect(start(plan({ program: join(dir, 'nothing') }))).rejects.toThrow('did not start')
})

test('a stopped (SIGSTOP) server does not answer, goes on at SIGCONT, and can be killed while it hangs', async () => {
  await start(plan())
  signal(dir, 'SIGSTOP')
  expect(await answers()).toBe(false)
  signal(dir, 'SIGCONT')
  await waitUntil('an answer', answers)
  signal(dir, 'SIGSTOP')
  await stop(dir, 'SIGKILL')
  expect(pidOf(dir)).toBeNull()
})

test('waiting for a server that does not run is an error', async () => {
  await expect(waitFor(plan())).rejects.toThrow('small does not run')
})
