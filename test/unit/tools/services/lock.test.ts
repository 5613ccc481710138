/** One holder at a time, and a dead holder is none. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from '../../../../tools/services/lock.ts'

let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tracefold-lock-'))
})
afterEach(() => rm(dir, { recursive: true }))

test('the work of two holders does not overlap', async () => {
  const steps: string[] = []
  const work = (name: string) =>
    withLock(join(dir, 'lock'), async () => {
      steps.push(`${name} in`)
      await new Promise((resolve) => setImmediate(resolve))
      steps.push(`${name} out`)
    })
  await Promise.all([work('a'), work('b')])
  expect(steps.map((step) => step.split(' ')[1])).toEqual(['in', 'out', 'in', 'out'])
})

test('the lock is free again after work that failed', async () => {
  await expect(withLock(join(dir, 'lock'), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await withLock(join(dir, 'lock'), () => Promise.resolve('held'))).toBe('held')
})

test('a holder in another process is waited for until it is killed', async () => {
  const file = join(dir, 'lock')
  const hold = `const { DatabaseSync } = require('@photostructure/sqlite')
    new DatabaseSync(process.argv[1]).exec('BEGIN EXCLUSIVE'); console.log('held'); setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['-e', hold, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(holder.stdout, 'data')
  let waited = false
  const held = withLock(
    file,
    () => Promise.resolve('ours'),
    () => {
      waited = true
      holder.kill('SIGKILL')
    },
  )
  expect(await held).toBe('ours')
  expect(waited).toBe(true)
})
