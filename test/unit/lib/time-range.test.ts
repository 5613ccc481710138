import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTracefoldError } from '../../../src/errors.ts'
import { parseDuration, parseTime } from '../../../src/lib/time-range.ts'

const NOW = Date.parse('2026-03-10T12:00:00.000Z')

describe('parseTime', () => {
  it.each([
    ['now', NOW],
    [' now ', NOW],
    ['-24h', NOW - 86_400_000],
    ['now-24h', NOW - 86_400_000],
    ['-7d', NOW - 7 * 86_400_000],
    ['+5m', NOW + 300_000],
    ['2026-03-01', Date.parse('2026-03-01T00:00:00Z')],
    ['2026-03-01T12:30Z', Date.parse('2026-03-01T12:30:00Z')],
    ['2026-03-01T12:30:00.250Z', Date.parse('2026-03-01T12:30:00.250Z')],
    ['2026-03-01T12:30:00+08:00', Date.parse('2026-03-01T04:30:00Z')],
  ])('reads %s', (text, expected) => {
    expect(parseTime(text, NOW)).toBe(expected)
  })

  it('takes a time without a zone as UTC, whatever the zone of this machine', () => {
    expect(parseTime('2026-03-01T12:30:00', NOW)).toBe(Date.parse('2026-03-01T12:30:00Z'))
  })

  it.each([
    '',
    'yesterday',
    '24h',
    '-24',
    '-0h',
    '--1h',
    'now-',
    '2026-02-30',
    '2026-13-01T00:00:00Z',
    '2026-03-01T25:00:00Z',
    '1741608000000',
    '-99999999w',
  ])('refuses %j as a bad request', (text) => {
    expect(() => parseTime(text, NOW)).toThrow(expect.toSatisfy((e: unknown) => isTracefoldError(e, 'bad_request')))
  })

  it('gives back every instant that it prints as ISO 8601', () => {
    const instants = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
    fc.assert(fc.property(instants, (date) => parseTime(date.toISOString(), NOW) === date.getTime()))
  })

  it('never returns anything but a finite number, or throws a bad request', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          return Number.isFinite(parseTime(text, NOW))
        } catch (error) {
          return isTracefoldError(error, 'bad_request')
        }
      }),
    )
  })
})

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
  ])('reads %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })

  it.each(['', '5', 'm', '0m', '-5m', '1.5h', '5 m', '1y', '99999999w'])('refuses %j as a bad request', (text) => {
    expect(() => parseDuration(text)).toThrow(expect.toSatisfy((e: unknown) => isTracefoldError(e, 'bad_request')))
  })
})
