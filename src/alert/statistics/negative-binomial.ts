/**
 * The upper tail of the negative binomial distribution: how likely are so many events or more?
 *
 * In: a count, the mean, and the dispersion (variance = mean + dispersion x mean^2; zero is Poisson). Out: P(X >= count), exact to about nine
 * digits also where it is as small as 1e-300. Pure.
 *
 *   P(X >= k) = I_x(k, r)   with r = 1 / dispersion, x = mean / (mean + r), I the regularised incomplete beta function (DLMF 8.17)
 */

/** Closer to Poisson than six digits tell; smaller ones would cost digits to cancellation. */
const LEAST_DISPERSION = 1e-6
/** Of the continued fraction; it takes in the order of the root of the count, so this is for counts of 1e8. */
const MAX_STEPS = 20_000
const PRECISION = 1e-14
const TINY = 1e-300

export function upperTail(count: number, mean: number, dispersion: number): number {
  if (count <= 0) return 1
  if (mean <= 0) return 0
  const r = 1 / Math.max(dispersion, LEAST_DISPERSION)
  return incompleteBeta(count, r, mean / (mean + r), r / (mean + r))
}

/** I_x(a, b); `y` is 1 - x, asked for since it may be too small to be told from the difference. */
export function incompleteBeta(a: number, b: number, x: number, y: number): number {
  if (x <= 0) return 0
  if (y <= 0) return 1
  const front = Math.exp(a * Math.log(x) + b * Math.log(y) - logBeta(a, b))
  // The fraction converges fast on this side of the mean; the other side is one minus its mirror image.
  return x < (a + 1) / (a + b + 2) ? (front / a) * continuedFraction(a, b, x) : 1 - (front / b) * continuedFraction(b, a, y)
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b)
}

/** Lentz's method on DLMF 8.17.22. */
function continuedFraction(a: number, b: number, x: number): number {
  let c = 1
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / notZero(1 + even * d)
    c = notZero(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / notZero(1 + odd * d)
    c = notZero(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < PRECISION) return value
  }
  return value
}

function notZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}

/** Stirling's series (DLMF 5.11.1), after moving the argument up to where it is exact to the last digits. */
export function logGamma(z: number): number {
  let shifted = z
  let product = 1
  while (shifted < 12) product *= shifted++
  const inverse = 1 / shifted
  const square = inverse * inverse
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188)))))
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product)
}
