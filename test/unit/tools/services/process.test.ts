/** A process is known by its id and start time, and an ended one is none. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { identify, inspect, residentMiB } from '../../../../tools/services/process.ts'
import { sleeper } from './processes.ts'

test('a living process looks the same each time, another one does not', async () => {
  const child = await sleeper()
  expect(inspect(child.pid)).toEqual({ pid: child.pid, group: child.pid, startedAt: expect.any(String) })
  expect(inspect(child.pid)).toEqual(inspect(child.pid))
  expect(inspect(process.pid)?.startedAt).not.toBe(inspect(child.pid)?.startedAt)
  child.kill('SIGKILL')
})

test('a killed process is gone, also for its own parent', async () => {
  const child = await sleeper()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(inspect(child.pid)).toBeNull()
  expect(identify(child.pid)).toBeNull()
})

test('a child that ended before our event loop turned still has its identity', async () => {
  const child = await sleeper()
  const before = inspect(child.pid)
  child.kill('SIGKILL')
  // Without a turn of the loop it stays a zombie, so nothing here may await. Bounded: it ends within a few looks.
  for (let look = 0; look < 100_000 && inspect(child.pid) !== null; look++) continue
  expect(inspect(child.pid)).toBeNull()
  expect(identify(child.pid)).toEqual(before)
})

test('memory is told of a living process only', () => {
  expect(residentMiB(process.pid)).toBeGreaterThan(10)
  expect(residentMiB(0)).toBeNull()
})
