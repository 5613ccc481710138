/** What is known of a series' past, and what is usual by it: the words that the statistics speak in. */

export const BUCKET_MS = 300_000
export const BUCKETS_PER_HOUR = 12
export const BUCKETS_PER_DAY = 288
export const HISTORY_DAYS = 7
export const HISTORY_BUCKETS = HISTORY_DAYS * BUCKETS_PER_DAY
/** A spike is judged on fifteen minutes: low and over-dispersed series show themselves over several buckets only. */
export const EVIDENCE_BUCKETS = 3

export interface History {
  /** Events in each bucket of the last days, the oldest first: `HISTORY_BUCKETS` of them, to the end of an hour. */
  readonly counts: Float64Array
  /** Place of the first that is known. What lies before is no zero. */
  readonly knownFrom: number
}

export interface Expectation {
  /** Events in fifteen minutes: negative binomial, with variance mean + dispersion x mean^2. */
  readonly mean: number
  readonly dispersion: number
  /** As much as the past has shown often enough to be usual, whatever the distribution says. */
  readonly ceiling: number
}

/** For the fifteen minutes that end with a bucket; 0 is the first bucket behind the history. Good for a day ahead. */
export type Fit = (bucket: number) => Expectation
