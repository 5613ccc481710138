import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Wake } from '../../../src/lib/wake.ts'

const DAY_MS = 86_400_000

async function isOver(pause: Promise<void>): Promise<boolean> {
  let over = false
  void pause.then(() => (over = true))
  await turnOfTheLoop()
  return over
}

test('a pause ends when something comes, and not before', async () => {
  const wake = new Wake()
  const pause = wake.pause(DAY_MS)
  expect(await isOver(pause)).toBe(false)
  wake.poke()
  await pause
})

test('what comes during a turn leaves no pause after it; what came before the turn does', async () => {
  const wake = new Wake()
  wake.begin()
  wake.poke()
  await wake.pause(DAY_MS)
  wake.begin()
  const pause = wake.pause(DAY_MS)
  expect(await isOver(pause)).toBe(false)
  wake.poke()
  await pause
})

test('a pause ends by itself', async () => {
  await expect(new Wake().pause(-1)).resolves.toBeUndefined()
})
