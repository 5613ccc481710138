/**
 * Expected tails are exact: for a whole r the negative binomial's cumulative sum is rational, and was added up in exact fractions (and in 60 digits where the
 * power of r is not whole) with Python's `fractions` and `decimal`:
 *
 *   x = mean / (mean + r);  P(X >= k) = 1 - (1 - x)^r * sum over j < k of binomial(j + r - 1, j) x^j
 */
import { describe, expect, test } from 'vitest'
import { incompleteBeta, logGamma, upperTail } from '../../../../src/alert/statistics/negative-binomial.ts'

function expectClose(actual: number, expected: number, digits = 9): void {
  expect(Math.abs(actual / expected - 1)).toBeLessThan(10 ** -digits)
}

describe('the upper tail', () => {
  test.each([
    { count: 1, mean: 1, r: 1, tail: 0.5 },
    { count: 10, mean: 0.8, r: 1, tail: 0.0003007286598217175 },
    { count: 9, mean: 0.8, r: 2, tail: 9.425250564165358e-5 },
    { count: 24, mean: 2.4, r: 3, tail: 3.77313709234349e-7 },
    { count: 100, mean: 10, r: 2, tail: 2.1331923134597479e-7 },
    { count: 60, mean: 10, r: 20, tail: 1.1115074333373655e-14 },
    { count: 300, mean: 50, r: 5, tail: 1.0443889963998258e-8 },
    { count: 5_000, mean: 1_000, r: 10, tail: 1.4896469920289707e-12 },
    { count: 3, mean: 10, r: 4, tail: 0.9402969850997459 },
    { count: 2_000, mean: 3, r: 1, tail: 1.3259488879096076e-250 },
    { count: 145, mean: 30, r: 4.5, tail: 4.974961762780257e-6 },
    { count: 8, mean: 0.05, r: 1 / 3, tail: 8.371145574225101e-9 },
    { count: 70, mean: 10, r: 1.5, tail: 0.00020197258044107733 },
  ])('is exact for $count and more where $mean are expected and r is $r', ({ count, mean, r, tail }) => {
    expectClose(upperTail(count, mean, 1 / r), tail)
  })

  test.each([
    { count: 10, mean: 1, tail: 1.1142547833872067e-7 },
    { count: 9, mean: 0.8, tail: 1.8052344206788672e-7 },
    { count: 150, mean: 100, tail: 1.88421046603867e-6 },
  ])('without dispersion is the Poisson tail to four digits: $count where $mean are expected', ({ count, mean, tail }) => {
    expectClose(upperTail(count, mean, 0), tail, 2.5)
  })

  test('falls with the count, rises with the mean, and is a probability', () => {
    for (const dispersion of [0, 0.02, 0.7, 5, 200]) {
      for (const mean of [0.001, 0.3, 7, 900, 1e6]) {
        let before = 1
        for (const count of [0, 1, 2, 5, 30, 1_000, 1e5, 1e7]) {
          const tail = upperTail(count, mean, dispersion)
          expect(tail).toBeGreaterThanOrEqual(0)
          expect(tail).toBeLessThanOrEqual(before)
          expect(upperTail(count, mean * 2, dispersion)).toBeGreaterThanOrEqual(tail * (1 - 1e-9))
          before = tail
        }
      }
    }
  })

  test('nothing is always reached, and nothing is reached where nothing is expected', () => {
    expect(upperTail(0, 5, 1)).toBe(1)
    expect(upperTail(1, 0, 1)).toBe(0)
  })
})

test('the incomplete beta function has its closed forms (DLMF 8.17): x^a, 1 - (1 - x)^b, and a half at the middle', () => {
  expectClose(incompleteBeta(7, 1, 0.3, 0.7), 0.3 ** 7, 12)
  expectClose(incompleteBeta(1, 5, 0.2, 0.8), 1 - 0.8 ** 5, 12)
  expectClose(incompleteBeta(40, 40, 0.5, 0.5), 0.5, 12)
})

test('the logarithm of the gamma function is that of a factorial, and of half an integer (DLMF 5.4.6)', () => {
  expectClose(logGamma(11), Math.log(3_628_800), 13)
  expectClose(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 13)
  expectClose(Math.exp(logGamma(5)), 24, 12)
})
