import { describe, expect, test } from 'vitest'
import { deadLetterCheck, lagCheck } from '../../../../src/alert/conditions/pipeline.ts'
import { duration, exact, number, numberBeside } from '../../../../src/alert/deliver/words.ts'
import { aRule, Desk, rowsByMinute } from '../../../support/alert-builders.ts'
import { MINUTE, T0 } from '../../../support/builders.ts'

describe('a number', () => {
  test.each([
    [0, '0'],
    [0.04, '0.04'],
    [0.0004, '0.0004'],
    [0.96, '0.96'],
    [1, '1'],
    [1.25, '1.3'],
    [9.96, '10'],
    [33.4, '33'],
    [1_234_567, '1,234,567'],
    [-0.4, '-0.4'],
  ])('%d is %s', (value, text) => {
    expect(number(value)).toBe(text)
  })

  test('that somebody set is not rounded', () => {
    expect([1.25, 0.07 * 100, 0.0004 * 100, 20_000].map(exact)).toEqual(['1.25', '7', '0.04', '20,000'])
  })

  test.each([
    [0.045, 0.04, '0.045'],
    [5.04, 5, '5.04'],
    [5.000_001, 5, '5.000001'],
    [11.6, 12, '11.6'],
    [11.6, 13, '12'],
    [12, 12, '12'],
  ])('%d beside %d is %s', (value, other, text) => {
    expect(numberBeside(value, other)).toBe(text)
  })
})

describe('a duration', () => {
  test.each([
    [0, '0 s'],
    [999, '0 s'],
    [59_700, '59 s'],
    [90_000, '1 min 30 s'],
    [5 * MINUTE, '5 min'],
    [59.7 * MINUTE, '59 min 42 s'],
    [150 * MINUTE, '2 h 30 min'],
    [1_440 * MINUTE + 1, '1 d'],
    [4_560 * MINUTE, '3 d 4 h'],
    [-5, '0 s'],
  ])('of %d ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })
})

describe('numbers do not contradict the verdict', () => {
  const reading = { nowMs: T0, minutes: [], lagMs: null, blindSinceMs: null, blindWhy: null }

  test('of dead letters', () => {
    const check = deadLetterCheck({ kind: 'dead_letter_ratio', above: 0.0004, overMs: 10 * MINUTE, minimum: 10 })
    const found = check({ ...reading, minutes: [{ windowMs: T0 - MINUTE, consumed: 100_000, dead: 45 }] })
    expect(found?.why).toBe('0.045 % of 100,000 records became dead letters in 10 min, at most 0.04 % is expected')
  })

  test('of a ratio', () => {
    const desk = new Desk([aRule({ condition: { ratio: { over: '1m', atLeast: 1.25, minimum: 1 } } })])
    desk.read(T0, T0 + 2 * MINUTE, rowsByMinute(T0, [100, 126]))
    expect(desk.evaluate(T0 + 2 * MINUTE).began[0]?.why).toBe(
      '126 events in 1 min after 100 in the 1 min before, at least 1.25 times as many',
    )
  })

  test.each([
    [5 * MINUTE + 12_000, '5 min 12 s'],
    [5 * MINUTE + 400, 'more than 5 min'],
  ])('of a stream that is %d ms behind', (lagMs, behind) => {
    expect(lagCheck({ kind: 'pipeline_lag', aboveMs: 5 * MINUTE })({ ...reading, lagMs })?.why).toBe(
      `the stream is ${behind} behind, at most 5 min is expected`,
    )
  })
})
