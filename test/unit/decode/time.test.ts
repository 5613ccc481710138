import { describe, expect, it } from 'vitest'
import { millisTime, parseTime, secondsTime } from '../../../src/decode/time.ts'

const T = Date.parse('2026-08-01T10:00:00.123Z')

describe('parseTime', () => {
  it.each([
    ['2026-08-01T10:00:00.123Z', T],
    ['2026-08-01T10:00:00.123456789Z', T],
    ['2026-08-01T10:00:00.123+0000', T],
    ['2026-08-01T10:00:00.123+00:00', T],
    ['2026-08-01T12:00:00.123+02:00', T],
    ['2026-08-01T04:30:00.123-0530', T],
    ['2026-08-01T12:00:00.123+02', T],
    ['2026-08-01T12:00:00.123+02:00[Europe/Paris]', T],
    ['2026-08-01T10:00:00.1Z', T - 23],
    ['2026-08-01T10:00Z', T - 123],
    ['26/08/01 10:00:00', T - 123],
    [1_785_578_400, T - 123],
    [1_785_578_400.123, T],
    [1_785_578_400_123, T],
    [1_785_578_400_123_456, T],
    [1_785_578_400_123_000_064, T],
    ['1785578400123', T],
    ['1785578400.123', T],
    [0, 0],
  ])('reads %j', (value, expected) => {
    expect(parseTime(value)).toBe(expected)
  })

  it('takes a time without a zone as UTC, whatever the zone of this machine', () => {
    expect(parseTime('2026-08-01 10:00:00,123')).toBe(T)
  })

  it.each([
    '',
    'now',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-08-01T24:00:00Z',
    '2026-08-01T10:00:00+99:00',
    '2026-08-01',
    -1,
    NaN,
    Infinity,
    1e25,
    null,
    undefined,
    {},
    [1],
  ])('finds no time in %j', (value) => {
    expect(parseTime(value)).toBeNull()
  })
})

describe('times with a given unit', () => {
  it('reads milliseconds as such, however small', () => {
    expect([millisTime(1), millisTime('1785578400123'), millisTime(1.785578400123457e24), millisTime('x')]).toEqual([1, T, null, null])
  })

  it('reads seconds and nanoseconds', () => {
    expect([secondsTime(1_785_578_400, 123_999_999), secondsTime(1_785_578_400, 'x'), secondsTime('x', 0)]).toEqual([T, T - 123, null])
  })
})
