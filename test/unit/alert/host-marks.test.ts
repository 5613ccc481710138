import { describe, expect, test } from 'vitest'
import { hostCount, markOf, registerMark, type HostMarks } from '../../../src/alert/host-marks.ts'

function marks(from: number, to: number): HostMarks {
  return Array.from({ length: to - from }, (_, i) => markOf(from + i))
}

describe('hosts', () => {
  test('that are few are counted, each once', () => {
    expect(hostCount([])).toBe(0)
    for (let start = 0; start < 20_000; start += 64) expect(hostCount([...marks(start, start + 64), ...marks(start, start + 30)])).toBe(64)
  })

  test.each([100, 500, 1_000, 3_000, 10_000])('that are many are estimated: %i', (many) => {
    const errors = Array.from({ length: 40 }, (_, i) => hostCount(marks(i * many, (i + 1) * many)) / many - 1)
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)).toBeLessThan(0.04)
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.025)
  })

  test('of which no more is left than registers are put together with others', () => {
    const all = marks(0, 300)
    expect(hostCount([...all.slice(0, 200).map(registerMark), ...all.slice(100)])).toBe(hostCount(all))
  })

  test('that are few are not counted twice where one series has registers alone, and another has full marks', () => {
    const few = marks(0, 30)
    for (const mixed of [
      [...few.map(registerMark), ...few],
      [...few, ...few.map(registerMark)],
    ]) {
      expect(hostCount(mixed)).toBeGreaterThanOrEqual(28)
      expect(hostCount(mixed)).toBeLessThanOrEqual(32)
    }
  })

  test('are the same in any order, and twice is once', () => {
    const all = marks(0, 500)
    expect([hostCount(all.toReversed()), hostCount([...all, ...all])]).toEqual([hostCount(all), hostCount(all)])
  })
})
