import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { every } from '../../../src/lib/every.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('a failure is told once, again when its words change, and again after a success', async () => {
  const results = ['away', 'away', 'read-only', 'read-only', null, 'read-only']
  const told: string[] = []
  let calls = 0
  const timer = every(
    1_000,
    async () => {
      const failure = results[calls++] ?? null
      if (failure !== null) throw new Error(failure)
    },
    (message) => told.push(message),
  )
  await turn()
  expect(told).toEqual(['away'])
  for (let i = 1; i < results.length; i++) {
    vi.advanceTimersByTime(1_000)
    await turn()
  }
  clearInterval(timer)
  expect(calls).toBe(results.length)
  expect(told).toEqual(['away', 'read-only', 'read-only'])
})
