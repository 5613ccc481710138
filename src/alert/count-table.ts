/**
 * What happened lately, in memory: the counts of every error type of every job by the minute, as few wide queries told them.
 *
 * In: the rows of a range of minutes. Out: sums over windows, for one error type (a series) or for all of a subject.
 *
 *   replace(range, rows)    the minutes of the range are what the rows say, and nothing else: reading a range again is harmless, and so is the order of
 *                           ranges and rows. Rows of one series and minute (of several clusters, or before rows merge) add up.
 *
 * Bounds: minutes fall out at the old end; a series that is silent for `keepMs` goes; past `maxSeries` new ones are counted in their job's `overflow`,
 * so that jobs' counts stay right. Of hosts see host-rings.ts. Holds nothing that another reading would not bring back.
 */
import type { TimeRange } from '../store/rollup-store.ts'
import type { Subject } from './alert.ts'
import type { BaselineRow, CountRow, ErrorType } from './alert-reader.ts'
import { MINUTE_MS } from './condition.ts'
import { CELL_MINUTES, CountRings, SHORT_MINUTES } from './count-rings.ts'
import { HostUnion } from './host-marks.ts'
import { HostRings } from './host-rings.ts'
import { PER, type Per } from './rule.ts'

export interface TableLimits {
  /** Length of the ring of minutes. */
  readonly minutes: number
  /** Whether windows above two hours are asked for. */
  readonly isLong: boolean
  readonly keepMs: number
  readonly maxSeries: number
}

/** No fingerprint: these errors have groups of their own in the stores, unlike those of the stream's overflow (fingerprint/key.ts), and an alert must not lead to that group. */
export const OVERFLOW = 'overflow'
export const DEFAULT_MAX_SERIES = 200_000
/** How often silent series are looked for. */
const SWEEP_MINUTES = 30

/** One error type of one job, with what its newest row says of it. */
export interface Series extends ErrorType {
  readonly key: string
  readonly slot: number
  /** Without a category it is of no kind of trouble. */
  readonly entries: Readonly<Record<Exclude<Per, 'category'>, Entry> & { category: Entry | null }>
  previousFingerprint: string | null
  title: string
  culprit: string | null
  rule: string | null
  lastMs: number
  /** The last event before the reading that brought `lastMs`. */
  earlierMs: number
  /** The newest minute when events came for one that had been read before; nothing looked at the subject for these. */
  lateMinute: number
}

/** A subject and its series. The version changes whenever one comes or goes, so that what follows from them may be remembered. */
export interface Entry {
  readonly key: string
  readonly subject: Subject
  readonly series: Series[]
  version: number
}

export class CountTable {
  readonly #limits: TableLimits
  readonly #rings: CountRings
  readonly #hosts: HostRings
  readonly #union = new HostUnion()
  readonly #series = new Map<string, Series>()
  readonly #entries: Readonly<Record<Per, Map<string, Entry>>> = {
    job: new Map(),
    group: new Map(),
    category: new Map(),
    platform: new Map(),
  }
  #overflowed = 0
  #sweptAt = 0

  constructor(limits: TableLimits) {
    this.#limits = limits
    this.#rings = new CountRings(limits.minutes, limits.isLong)
    this.#hosts = new HostRings(limits.minutes, limits.isLong)
  }

  replace({ fromMs, toMs }: TimeRange, rows: Iterable<CountRow>): void {
    const [from, to] = [fromMs / MINUTE_MS, toMs / MINUTE_MS]
    const noteLate = this.#watchLate(from, to)
    this.#rings.clear(from, to)
    this.#hosts.clear(from, to)
    for (const row of rows) {
      const minute = Math.floor(row.windowMs / MINUTE_MS)
      if (minute < from || minute >= to) continue
      const series = this.#seriesOf(row)
      if (series.lastMs < fromMs) series.earlierMs = series.lastMs
      if (row.lastMs >= series.lastMs) Object.assign(series, latestOf(row))
      this.#rings.add(series.slot, minute, row.count)
      this.#hosts.add(series.slot, minute, row.hosts)
    }
    this.#rings.settle(from, to)
    noteLate()
    this.#sweep()
  }

  /** Counts of ten minutes, by all that tells error types apart, for windows longer than the minutes last. The range begins and ends on tens, before the first range of minutes. */
  replaceLong({ fromMs, toMs }: TimeRange, rows: Iterable<BaselineRow>): void {
    this.#rings.clear(toMs / MINUTE_MS, toMs / MINUTE_MS)
    this.#rings.clearCells(fromMs / MINUTE_MS, toMs / MINUTE_MS)
    this.#hosts.clear(toMs / MINUTE_MS, toMs / MINUTE_MS)
    for (const row of rows) {
      if (row.windowMs < fromMs || row.windowMs >= toMs) continue
      const series = this.#seen(row)
      if (series === null) continue
      this.#rings.addCell(series.slot, row.windowMs / MINUTE_MS, row.count)
      this.#hosts.addCell(series.slot, row.windowMs / MINUTE_MS, row.hosts ?? [])
    }
  }

  /** That these were there, by all that tells error types apart, for rules on absence; nothing is counted. */
  noteSeen(rows: Iterable<BaselineRow>): void {
    for (const row of rows) this.#seen(row)
  }

  /** Subjects that had events in the minute, or for which late ones have come since: whether a condition holds may be another matter now. */
  active(minute: number): Readonly<Record<Per, Set<Entry>>> {
    const active = { job: new Set<Entry>(), group: new Set<Entry>(), category: new Set<Entry>(), platform: new Set<Entry>() }
    for (const series of this.#series.values()) {
      if (series.lateMinute < minute && this.#rings.at(series.slot, minute) === 0) continue
      for (const per of PER) {
        const entry = series.entries[per]
        if (entry !== null) active[per].add(entry)
      }
    }
    return active
  }

  entries(per: Per): Iterable<Entry> {
    return this.#entries[per].values()
  }

  entry(per: Per, key: string): Entry | null {
    return this.#entries[per].get(key) ?? null
  }

  /** Events of `minutes` minutes that end `ago` minutes before `end`. */
  sum(series: readonly Series[], end: number, minutes: number, ago = 0): number {
    let sum = 0
    for (const { slot } of series) sum += this.#rings.sum(slot, end, minutes, ago)
    return sum
  }

  /** Distinct ones of all these together. */
  hosts(series: readonly Series[], end: number, minutes: number): number {
    const window = this.#hosts.window(end, minutes, minutes > SHORT_MINUTES)
    const union = this.#union.clear()
    for (const { slot } of series) this.#hosts.collect(slot, window, union)
    return union.size()
  }

  /**
   * Since when there are more than so many a minute: the minute of the window since which there are most beyond that, to ten minutes where windows are long. So
   * neither what is always there counts as the beginning, nor a single busy minute before it; and a quiet one within ends nothing.
   */
  beginning(series: readonly Series[], end: number, minutes: number, perMinute: number): number {
    const step = minutes > SHORT_MINUTES ? CELL_MINUTES : 1
    let [beginning, excess, most] = [end, 0, 0]
    for (let to = end, from = end; to > end - minutes; to = from) {
      from = Math.floor((to - 1) / step) * step
      for (const { slot } of series) excess += this.#rings.piece(slot, from, to)
      excess -= perMinute * (to - from)
      if (excess > most) [beginning, most] = [from, excess]
    }
    return beginning
  }

  /** The minute of the last event before `end`; null where there was none. */
  lastBefore(series: readonly Series[], end: number): number | null {
    let last = 0
    for (const one of series) last = Math.max(last, this.#lastBefore(one, end))
    return last > 0 ? last : null
  }

  size(): { readonly series: number; readonly bytes: number; readonly overflowed: number; readonly hostsLeftOut: number } {
    return {
      series: this.#series.size,
      bytes: this.#rings.bytes + this.#hosts.bytes,
      overflowed: this.#overflowed,
      hostsLeftOut: this.#hosts.leftOut,
    }
  }

  /** Remembers the counts of minutes that are read again, but for the newest, which is under way. What is given notes which series have more now. */
  #watchLate(from: number, to: number): () => void {
    const end = Math.min(to, this.#rings.newest)
    const minutes = Math.min(end - from, SHORT_MINUTES)
    if (minutes <= 0) return () => {}
    const before = this.#rings.sums(end, minutes)
    return () => {
      for (const series of this.#series.values())
        if (this.#rings.sum(series.slot, end, minutes) > (before[series.slot] ?? 0)) series.lateMinute = this.#rings.newest
    }
  }

  #seen({ job, fingerprint, ...rest }: BaselineRow): Series | null {
    if (job === null || fingerprint === null) return null
    const series = this.#seriesOf({ ...rest, job, fingerprint })
    series.lastMs = Math.max(series.lastMs, rest.lastMs)
    return series
  }

  #seriesOf(type: ErrorType): Series {
    const key = keyOf([
      type.job,
      type.environment,
      type.fingerprint,
      type.exceptionClass,
      type.rootCauseClass,
      type.category,
      type.severity,
    ])
    const known = this.#series.get(key)
    if (known !== undefined) return known
    if (this.#series.size < this.#limits.maxSeries || type.fingerprint === OVERFLOW) return this.#newSeries(key, type)
    this.#overflowed++
    return this.#seriesOf({
      job: type.job,
      environment: type.environment,
      fingerprint: OVERFLOW,
      exceptionClass: null,
      rootCauseClass: null,
      category: null,
      severity: null,
    })
  }

  #newSeries(key: string, type: ErrorType): Series {
    const { job, environment, fingerprint, exceptionClass, rootCauseClass, category, severity } = type
    const entries = {
      job: this.#entryOf('job', type),
      group: this.#entryOf('group', type),
      category: category === null ? null : this.#entryOf('category', type),
      platform: this.#entryOf('platform', type),
    }
    const series = {
      key,
      job,
      environment,
      fingerprint,
      exceptionClass,
      rootCauseClass,
      category,
      severity,
      entries,
      slot: this.#rings.take(),
      ...UNKNOWN,
    }
    for (const entry of Object.values(entries)) {
      if (entry === null) continue
      entry.series.push(series)
      entry.version++
    }
    this.#series.set(key, series)
    return series
  }

  #entryOf(per: Per, type: ErrorType): Entry {
    const subject = subjectOf(per, type)
    const key = subjectKey(subject)
    const known = this.#entries[per].get(key)
    if (known !== undefined) return known
    const entry: Entry = { key, subject, series: [], version: 0 }
    this.#entries[per].set(key, entry)
    return entry
  }

  #lastBefore({ slot, lastMs, earlierMs }: Series, end: number): number {
    const last = Math.floor(lastMs / MINUTE_MS)
    if (last < end) return last
    for (let minute = end - 1; minute > this.#rings.newest - this.#rings.minutes; minute--)
      if (this.#rings.at(slot, minute) > 0) return minute
    return Math.floor(earlierMs / MINUTE_MS)
  }

  #sweep(): void {
    const { newest } = this.#rings
    if (newest < this.#sweptAt + SWEEP_MINUTES) return
    this.#sweptAt = newest
    const oldestMs = newest * MINUTE_MS - this.#limits.keepMs
    for (const series of this.#series.values()) if (series.lastMs < oldestMs) this.#drop(series)
    this.#hosts.sweep()
  }

  #drop(series: Series): void {
    this.#series.delete(series.key)
    this.#rings.release(series.slot)
    this.#hosts.release(series.slot)
    for (const per of PER) {
      const entry = series.entries[per]
      if (entry === null) continue
      entry.series.splice(entry.series.indexOf(series), 1)
      entry.version++
      if (entry.series.length === 0) this.#entries[per].delete(entry.key)
    }
  }
}

const UNKNOWN = {
  previousFingerprint: null as string | null,
  title: '',
  culprit: null as string | null,
  rule: null as string | null,
  lastMs: 0,
  earlierMs: 0,
  lateMinute: 0,
}

function latestOf({ previousFingerprint, title, culprit, rule, lastMs }: CountRow) {
  return { previousFingerprint, title, culprit, rule, lastMs }
}

export function subjectOf(per: Per, { job, environment, fingerprint, category }: Subject): Subject {
  if (per === 'job') return { job, environment, fingerprint: null, category: null }
  if (per === 'group') return { job, environment, fingerprint, category: null }
  return { job: null, environment: null, fingerprint: null, category: per === 'category' ? category : null }
}

export function subjectKey({ job, environment, fingerprint, category }: Subject): string {
  return keyOf([job, environment, fingerprint, category])
}

/** Names hold no control characters, so the parts cannot run into each other. */
function keyOf(parts: readonly (string | null)[]): string {
  let key = ''
  for (const part of parts) key += part === null ? '\u0001\0' : `${part}\0`
  return key
}
