/** Since when there is trouble, where there are events all the time: the minute in which they became more, not that in which the window begins. */
import { expect, test } from 'vitest'
import type { CountRow } from '../../../../src/alert/alert-reader.ts'
import { replay } from '../../../../src/alert/replay.ts'
import { aCountRow, aRule } from '../../../support/alert-builders.ts'
import { DAY, HOUR, MINUTE, T0 } from '../../../support/builders.ts'

const BEGAN = T0 + 7 * MINUTE

function rowsOf(fromMs: number, countAt: (minute: number) => number): CountRow[] {
  return Array.from({ length: (BEGAN + 30 * MINUTE - fromMs) / MINUTE }, (_, i) => {
    const windowMs = fromMs + i * MINUTE
    return aCountRow({ windowMs, count: countAt((windowMs - BEGAN) / MINUTE) })
  }).filter(({ count }) => count > 0)
}

function sinceOf(condition: Record<string, unknown>, rows: readonly CountRow[]): number[] {
  return replay([aRule({ condition })], rows, { fromMs: T0 - HOUR, toMs: BEGAN + 30 * MINUTE }).map(
    ({ alert: { sinceMs } }) => (sinceMs - BEGAN) / MINUTE,
  )
}

const NOISE = [2, 1, 4, 0, 2, 3, 2, 2]
const noise = (minute: number): number => NOISE[((minute % NOISE.length) + NOISE.length) % NOISE.length]!

test.each<[string, Record<string, unknown>]>([
  ['a spike', { spike: { minimum: 10 } }],
  ['a count over an hour', { count: { over: '1h', atLeast: 400 } }],
  ['a ratio', { ratio: { over: '10m', atLeast: 3, minimum: 100 } }],
])('%s began when events became more, whatever there was before', (_, condition) => {
  expect(
    sinceOf(
      condition,
      rowsOf(T0 - 8 * DAY, (minute) => (minute >= 0 ? 60 : noise(minute))),
    ),
  ).toEqual([0])
})

test('a single busy minute before is no beginning, nor is a quiet one within', () => {
  const countAt = (minute: number) => (minute === -20 ? 12 : minute === 3 ? 0 : minute >= 0 ? 60 : noise(minute))
  expect(
    sinceOf(
      { count: { over: '1h', atLeast: 400 } },
      rowsOf(T0 - 2 * HOUR, (minute) => countAt(minute)),
    ),
  ).toEqual([0])
})

test('few events that reach a threshold together began with the first', () => {
  const countAt = (minute: number) => ([-50, -25, 0].includes(minute) ? 1 : 0)
  expect(sinceOf({ count: { over: '1h', atLeast: 3 } }, rowsOf(T0 - 2 * HOUR, countAt))).toEqual([-50])
})

test('over hours it is known to ten minutes', () => {
  expect(
    sinceOf(
      { count: { over: '4h', atLeast: 1_500 } },
      rowsOf(T0 - 8 * HOUR, (minute) => (minute >= 0 ? 60 : noise(minute))),
    ),
  ).toEqual([-7])
})
