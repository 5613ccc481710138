import { expect, test } from 'vitest'
import { DeadLetterRatio } from '../../../src/dlq/ratio.ts'

const MINUTE = 60_000

test('the share is that of the window, whatever was before', () => {
  const ratio = new DeadLetterRatio(5 * MINUTE)
  ratio.note(0, { events: 0, dead: 0 })
  ratio.note(MINUTE, { events: 1_000, dead: 1_000 })
  ratio.note(6 * MINUTE, { events: 1_100, dead: 1_025 })
  expect(ratio.ratio()).toBe(0.25)
})

test('nothing that came in is no share, and neither is a first look', () => {
  const ratio = new DeadLetterRatio(5 * MINUTE)
  expect(ratio.ratio()).toBeNull()
  ratio.note(0, { events: 10, dead: 10 })
  expect(ratio.ratio()).toBeNull()
  ratio.note(MINUTE, { events: 10, dead: 10 })
  expect(ratio.ratio()).toBeNull()
})

test('a window that is not full yet is as long as it is', () => {
  const ratio = new DeadLetterRatio(5 * MINUTE)
  ratio.note(0, { events: 0, dead: 0 })
  ratio.note(10_000, { events: 4, dead: 1 })
  expect(ratio.ratio()).toBe(0.25)
})

test('a long life keeps no more than the window', () => {
  const ratio = new DeadLetterRatio(5 * MINUTE)
  for (let i = 0; i < 10_000; i++) ratio.note(i * 10_000, { events: 10 * i, dead: i < 9_970 ? i : 9_970 })
  expect(ratio.ratio()).toBe(1 / 300)
})
