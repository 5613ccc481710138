/** What both fits hold about spread: a dispersion under a wide prior, and the ceiling that the past sets. Pure. */

/** Dispersion of a series of which nothing is known: as wide as an exponential distribution. */
const PRIOR_DISPERSION = 1
/** How much the prior weighs, as squares of expected counts. Fifteen minutes hold three buckets that share in them. */
const PRIOR_SQUARES = 30
/** No series is surer than this, however regular it was. */
const LEAST_DISPERSION = 0.02
/** What the past has shown may be passed by so much before it counts as more. */
const HEADROOM = 1.5
/** Where fewer are expected, excesses are compared as they are: a standard deviation of next to nothing says nothing. */
const QUIET = 3

/** `excess` is the sum of (found - expected)^2 - expected, `square` the sum of expected^2: their ratio is the dispersion by moments. */
export function dispersionOf(excess: number, square: number): number {
  return (Math.max(0, excess) + PRIOR_DISPERSION * PRIOR_SQUARES) / (square + PRIOR_SQUARES) + LEAST_DISPERSION
}

/** Standard deviations above what was expected. */
export function scoreOf(found: number, expected: number, dispersion: number): number {
  return (found - expected) / deviationOf(expected, dispersion)
}

/** The count whose score is `HEADROOM` times the one given. */
export function above(score: number, expected: number, dispersion: number): number {
  return expected + HEADROOM * score * deviationOf(expected, dispersion)
}

function deviationOf(expected: number, dispersion: number): number {
  const mean = Math.max(expected, QUIET)
  return Math.sqrt(mean + mean * mean * dispersion)
}
