import { describe, expect, test } from 'vitest'
import { isMuted, type MuteWindow } from '../../../src/alert/mute.ts'

const ALWAYS: MuteWindow = { days: null, dates: null, fromMinute: 0, toMinute: 0, zone: 'UTC' }

function at(time: string): number {
  return Date.parse(time)
}

describe('a mute window', () => {
  test.each([
    // 2026-11-20 is a Friday.
    ['in the evening of its day', '2026-11-20T22:00:00Z', true],
    ['to the minute', '2026-11-20T21:59:59Z', false],
    ['in the night that follows, which is Saturday', '2026-11-21T05:59:59Z', true],
    ['not after its end', '2026-11-21T06:00:00Z', false],
    ['not in the night before', '2026-11-20T05:00:00Z', false],
    ['not on the next evening', '2026-11-21T23:00:00Z', false],
  ])('on Fridays from 22:00 to 06:00 is open %s', (_, time, open) => {
    expect(isMuted([{ ...ALWAYS, days: ['fri'], fromMinute: 22 * 60, toMinute: 6 * 60 }], at(time))).toBe(open)
  })

  test('has the days and times of its zone', () => {
    const window: MuteWindow = { ...ALWAYS, days: ['sat'], fromMinute: 0, toMinute: 8 * 60, zone: 'Asia/Shanghai' }
    expect(isMuted([window], at('2026-11-20T16:30:00Z'))).toBe(true) // Saturday, 00:30 in Shanghai
    expect(isMuted([window], at('2026-11-21T00:30:00Z'))).toBe(false)
  })

  test('follows summer time', () => {
    const window: MuteWindow = { ...ALWAYS, fromMinute: 9 * 60, toMinute: 10 * 60, zone: 'Europe/Berlin' }
    expect(isMuted([window], at('2026-01-15T08:30:00Z'))).toBe(true)
    expect(isMuted([window], at('2026-07-15T08:30:00Z'))).toBe(false)
    expect(isMuted([window], at('2026-07-15T07:30:00Z'))).toBe(true)
  })

  test('of dates is open from the first to the last', () => {
    const window: MuteWindow = { ...ALWAYS, dates: [{ first: '2026-12-24', last: '2026-12-26' }] }
    expect(
      ['2026-12-23T23:59:00Z', '2026-12-24T00:00:00Z', '2026-12-26T23:59:00Z', '2026-12-27T00:00:00Z'].map((time) =>
        isMuted([window], at(time)),
      ),
    ).toEqual([false, true, true, false])
  })

  test('is one of several, or none', () => {
    const [day, date]: MuteWindow[] = [
      { ...ALWAYS, days: ['sun'] },
      { ...ALWAYS, dates: [{ first: '2026-11-20', last: '2026-11-20' }] },
    ]
    expect(isMuted([day!, date!], at('2026-11-20T12:00:00Z'))).toBe(true)
    expect(isMuted([], at('2026-11-20T12:00:00Z'))).toBe(false)
  })
})
