/**
 * What the last seven days were like: counts of five minutes for each subject that a rule compares with its own past.
 *
 * In: the rows of a range of buckets. Out: what is usual for a subject and a bucket. A view is what a rule looks at: a kind of subject, and which error
 * types count; rules that look at the same share it.
 *
 *   replace(range, by, rows)    the buckets of the range are what the rows say, for the views whose rows are asked by just these fields: repeats are
 *                               harmless, and so is the order of ranges
 *
 * Only buckets with events take room, eight bytes each. What was never read is not known, which is not zero. Past `maxCells` no series is begun any
 * more; `size()` counts what that left out, and such a subject has no usual.
 *
 * What is usual follows the hour, half an hour behind: a reading of the last hour may be that late, and every process says the same.
 */
import type { TimeRange } from '../store/rollup-store.ts'
import type { BaselineRow, TypeField } from './alert-reader.ts'
import { subjectKey, subjectOf } from './count-table.ts'
import type { MatchTest } from './matcher.ts'
import type { Per } from './rule.ts'
import { BUCKET_MS, BUCKETS_PER_DAY, BUCKETS_PER_HOUR, HISTORY_BUCKETS, type Expectation, type Fit } from './statistics/expectation.ts'
import { fit } from './statistics/spike.ts'

export interface View {
  /** Equal for views that see the same. */
  readonly key: string
  readonly per: Per
  readonly test: MatchTest
  /** What its rows are to be asked by. */
  readonly by: readonly TypeField[]
}

/** A day more than the history, for its oldest hour may be a day and an hour back. */
const KEPT_BUCKETS = HISTORY_BUCKETS + BUCKETS_PER_DAY
const BEHIND_BUCKETS = BUCKETS_PER_HOUR / 2
export const DEFAULT_MAX_CELLS = 20_000_000

interface Buckets {
  readonly from: number
  readonly to: number
}

/** In order of buckets. */
interface Added {
  readonly buckets: number[]
  readonly counts: number[]
}

interface Cells {
  buckets: Int32Array
  counts: Uint32Array
  fitted: { readonly hour: number; readonly days: number; readonly from: number; readonly fit: Fit | null } | null
}

export class Baseline {
  readonly #views: readonly View[]
  readonly #maxCells: number
  readonly #series = new Map<string, Map<string, Cells>>()
  /** What was read for each set of fields: first buckets and ends, apart from each other, in order. */
  readonly #read = new Map<string, readonly Buckets[]>()
  #cells = 0
  #leftOut = 0

  constructor(views: readonly View[], { maxCells = DEFAULT_MAX_CELLS }: { maxCells?: number } = {}) {
    this.#views = views
    this.#maxCells = maxCells
    for (const { key } of views) this.#series.set(key, new Map())
  }

  /** The queries that fill it: one for each of these, whatever the number of subjects. */
  readings(): readonly (readonly TypeField[])[] {
    return [...new Map(this.#views.map(({ by }) => [by.join(), by])).values()]
  }

  /** Rows of five minutes, or of an interval that divides them. */
  replace({ fromMs, toMs }: TimeRange, by: readonly TypeField[], rows: Iterable<BaselineRow>): void {
    const range = { from: fromMs / BUCKET_MS, to: toMs / BUCKET_MS }
    const views = this.#views.filter((view) => view.by.join() === by.join())
    const added = sortedByView(views, range, rows)
    const read = united([...(this.#read.get(by.join()) ?? []), range])
    const oldest = read.at(-1)!.to - KEPT_BUCKETS
    this.#read.set(
      by.join(),
      read.flatMap(({ from, to }) => (to > oldest ? { from: Math.max(from, oldest), to } : [])),
    )
    for (const { key } of views) this.#merge(this.#series.get(key)!, added.get(key)!, range, oldest)
  }

  /** Of the fifteen minutes that end with the bucket of `timeMs`. `keys`: the subject's key, and those it had before. Null: nothing is known. */
  usual(view: string, keys: readonly string[], timeMs: number, days: number): Expectation | null {
    const bucket = Math.floor(timeMs / BUCKET_MS)
    const hour = Math.floor((bucket - BEHIND_BUCKETS) / BUCKETS_PER_HOUR) * BUCKETS_PER_HOUR
    const known = keys.flatMap((key) => this.#series.get(view)?.get(key) ?? [])
    const [first] = known
    const read = this.#readFor(view, hour)
    if (first === undefined || read === null) return null
    if (known.length > 1) return fitOf(known, read, hour, days)?.(bucket - hour) ?? null
    if (first.fitted?.hour !== hour || first.fitted.days !== days || first.fitted.from !== read.from)
      first.fitted = { hour, days, from: read.from, fit: fitOf(known, read, hour, days) }
    return first.fitted.fit?.(bucket - hour) ?? null
  }

  size(): { readonly cells: number; readonly leftOut: number } {
    return { cells: this.#cells, leftOut: this.#leftOut }
  }

  /** What was read without a gap up to a bucket. */
  #readFor(view: string, end: number): Buckets | null {
    const by = this.#views.find(({ key }) => key === view)?.by.join() ?? ''
    return this.#read.get(by)?.find(({ from, to }) => from < end && to >= end) ?? null
  }

  #merge(series: Map<string, Cells>, added: ReadonlyMap<string, Added>, range: Buckets, oldest: number): void {
    for (const [key, cells] of series) {
      const merged = mergedCells(cells, added.get(key), range, oldest)
      this.#cells += merged.buckets.length - cells.buckets.length
      if (merged.buckets.length === 0) series.delete(key)
      else series.set(key, merged)
    }
    for (const [key, counts] of added) {
      if (series.has(key)) continue
      if (this.#cells >= this.#maxCells) {
        this.#leftOut++
        continue
      }
      const cells = mergedCells(NOTHING, counts, range, oldest)
      this.#cells += cells.buckets.length
      series.set(key, cells)
    }
  }
}

const NOTHING: Cells = { buckets: new Int32Array(0), counts: new Uint32Array(0), fitted: null }

function fitOf(known: readonly Cells[], read: Buckets, end: number, days: number): Fit | null {
  const counts = new Float64Array(HISTORY_BUCKETS)
  const start = end - HISTORY_BUCKETS
  let first = end
  for (const { buckets, counts: found } of known) {
    for (let i = placeOf(buckets, start); i < buckets.length && buckets[i]! < end; i++) {
      counts[buckets[i]! - start]! += found[i]!
      first = Math.min(first, buckets[i]!)
    }
  }
  // A job that has just begun was not quiet before.
  return fit({ counts, knownFrom: Math.max(read.from, first, end - days * BUCKETS_PER_DAY) - start })
}

/** By view and subject: the events of each bucket of the range. */
function sortedByView(views: readonly View[], { from, to }: Buckets, rows: Iterable<BaselineRow>): Map<string, Map<string, Added>> {
  const sorted = new Map(views.map(({ key }) => [key, new Map<string, Added>()]))
  for (const row of rows) {
    const bucket = Math.floor(row.windowMs / BUCKET_MS)
    if (bucket < from || bucket >= to) continue
    for (const { key, per, test } of views) {
      if (!test(row)) continue
      const subject = subjectKey(subjectOf(per, row))
      const bySubject = sorted.get(key)!
      const added = bySubject.get(subject)
      if (added === undefined) bySubject.set(subject, { buckets: [bucket], counts: [row.count] })
      else addTo(added, bucket, row.count)
    }
  }
  return sorted
}

/** Rows come in order of time, most often, and those of one bucket one after the other. */
function addTo({ buckets, counts }: Added, bucket: number, count: number): void {
  const last = buckets.length - 1
  if (bucket > buckets[last]!) {
    buckets.push(bucket)
    counts.push(count)
    return
  }
  const at = placeOf(buckets, bucket)
  if (buckets[at] === bucket) counts[at]! += count
  else {
    buckets.splice(at, 0, bucket)
    counts.splice(at, 0, count)
  }
}

/** What was before the range, what was added, what was behind it; what is older than `oldest` goes. */
function mergedCells(cells: Cells, added: Added | undefined, { from, to }: Buckets, oldest: number): Cells {
  const { buckets, counts } = cells
  const [first, before, behind] = [placeOf(buckets, oldest), placeOf(buckets, from), placeOf(buckets, to)]
  if (added === undefined && first === 0 && before === behind) return cells
  const skipped = added === undefined ? 0 : placeOf(added.buckets, oldest)
  const more = added === undefined ? 0 : added.buckets.length - skipped
  const head = Math.max(0, before - first)
  const size = head + more + buckets.length - behind
  const merged: Cells = { buckets: new Int32Array(size), counts: new Uint32Array(size), fitted: null }
  merged.buckets.set(buckets.subarray(first, first + head))
  merged.counts.set(counts.subarray(first, first + head))
  if (added !== undefined) {
    merged.buckets.set(added.buckets.slice(skipped), head)
    merged.counts.set(added.counts.slice(skipped), head)
  }
  merged.buckets.set(buckets.subarray(behind), head + more)
  merged.counts.set(counts.subarray(behind), head + more)
  return merged
}

/** Of the first that is not below. */
function placeOf(buckets: ArrayLike<number>, bucket: number): number {
  let low = 0
  let high = buckets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (buckets[middle]! < bucket) low = middle + 1
    else high = middle
  }
  return low
}

/** Ranges that touch become one. */
function united(ranges: readonly Buckets[]): Buckets[] {
  const all: { from: number; to: number }[] = []
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}
