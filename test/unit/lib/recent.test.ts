import { expect, test } from 'vitest'
import { RecentQuantiles } from '../../../src/lib/recent-quantiles.ts'
import { RecentRate } from '../../../src/lib/recent-rate.ts'

test('a rate is over the time since the first count, and over a minute at most', () => {
  const rate = new RecentRate()
  expect(rate.perSecond(0)).toBe(0)
  rate.add(10, 1_000_000)
  rate.add(20, 1_001_500)
  expect(rate.perSecond(1_001_900)).toBe(15)
  for (let second = 2; second < 120; second++) rate.add(6, 1_000_000 + second * 1_000)
  expect(rate.perSecond(1_119_999)).toBe(6)
})

test('after a minute without any, and after a jump of the clock, the rate is zero', () => {
  const rate = new RecentRate()
  rate.add(10, 1_000_000)
  expect(rate.perSecond(1_061_000)).toBe(0)
  rate.add(60, 9_000_000)
  expect(rate.perSecond(9_000_000)).toBe(1)
})

test('quantiles are of the newest thousand values, each a value that was there', () => {
  const recent = new RecentQuantiles()
  expect(recent.quantiles()).toEqual({ samples: 0, p50: null, p90: null, p99: null, max: null })
  for (let i = 1; i <= 1_100; i++) recent.add(i)
  expect(recent.quantiles()).toEqual({ samples: 1_000, p50: 600, p90: 1_000, p99: 1_090, max: 1_100 })
})
