/**
 * The group book of a process: records in memory, as the store gave them, kept up with what is read.
 *
 * In: records, rows, decisions. Out: answers, and the records that have changed, which the caller stores; until it has, another process would see
 * the same group as new again, and say so under the same alert key.
 *
 * Bounds: a group that was not seen for `keepMs` and that nobody has said anything about is forgotten, as the rollups forget it; and so is, past
 * `MAX_RECORDS`, what was not seen for longest.
 */
import type { CountRow } from './alert-reader.ts'
import {
  changeGroup,
  groupKeyOf,
  observeGroup,
  tells,
  type By,
  type GroupAction,
  type GroupBook,
  type GroupMinute,
  type GroupRecord,
  type Observing,
} from './group-book.ts'

export const MAX_RECORDS = 500_000

export class GroupMemory implements GroupBook {
  readonly #records = new Map<string, GroupRecord>()
  readonly #muted = new Set<string>()

  constructor(records: Iterable<GroupRecord> = []) {
    for (const record of records) this.set(record)
  }

  get size(): number {
    return this.#records.size
  }

  get(job: string, fingerprint: string): GroupRecord | null {
    return this.#records.get(groupKeyOf(job, fingerprint)) ?? null
  }

  *muted(): Iterable<GroupRecord> {
    for (const key of this.#muted) yield this.#records.get(key)!
  }

  records(): GroupRecord[] {
    return [...this.#records.values()]
  }

  /** As the store says: this process's own changes come back here, too. */
  set(record: GroupRecord): void {
    const key = groupKeyOf(record.job, record.fingerprint)
    this.#records.set(key, record)
    if (record.mute === null) this.#muted.delete(key)
    else this.#muted.add(key)
  }

  /** The records that have changed, once each. */
  observe(rows: Iterable<CountRow>, observing: Observing): GroupRecord[] {
    const changed = new Map<string, GroupRecord>()
    const telling: CountRow[] = []
    for (const row of rows) {
      const record = this.get(row.job, row.fingerprint)
      if (record === null || tells(record, row)) telling.push(row)
    }
    for (const { minute, previousFingerprint } of minutesOf(telling)) {
      const record = this.get(minute.job, minute.fingerprint)
      const previous = record === null && previousFingerprint !== null ? this.get(minute.job, previousFingerprint) : null
      const next = observeGroup(record, previous, minute, observing)
      if (next === record) continue
      this.set(next)
      changed.set(groupKeyOf(next.job, next.fingerprint), next)
    }
    return [...changed.values()]
  }

  /** Null: there is no such group. Throws a RangeError for what does not go. */
  change(job: string, fingerprint: string, action: GroupAction, by: By): GroupRecord | null {
    const record = this.get(job, fingerprint)
    if (record === null) return null
    const next = changeGroup(record, action, by)
    this.set(next)
    return next
  }

  /** Those that went, to be deleted in the store. */
  forget(nowMs: number, keepMs: number, maxRecords = MAX_RECORDS): GroupRecord[] {
    const undecided = [...this.#records.values()].filter(({ resolvedAtMs, mute }) => resolvedAtMs === null && mute === null)
    const tooMany = Math.max(0, this.#records.size - maxRecords)
    const oldest = tooMany === 0 ? undecided : undecided.sort((a, b) => a.lastSeenMs - b.lastSeenMs)
    const old = oldest.filter(({ lastSeenMs }, i) => i < tooMany || nowMs - lastSeenMs > keepMs)
    for (const { job, fingerprint } of old) this.#records.delete(groupKeyOf(job, fingerprint))
    return old
  }
}

/** Groups by minute, in order of time. */
function minutesOf(rows: Iterable<CountRow>): { minute: GroupMinute; previousFingerprint: string | null }[] {
  const found = new Map<string, { minute: GroupMinute; previousFingerprint: string | null }>()
  for (const { windowMs, job, fingerprint, previousFingerprint, count, firstMs, lastMs } of rows) {
    const key = `${groupKeyOf(job, fingerprint)}\0${windowMs}`
    const same = found.get(key)
    const minute =
      same === undefined
        ? { windowMs, job, fingerprint, count, firstMs, lastMs }
        : {
            ...same.minute,
            count: same.minute.count + count,
            firstMs: Math.min(same.minute.firstMs, firstMs),
            lastMs: Math.max(same.minute.lastMs, lastMs),
          }
    found.set(key, { minute, previousFingerprint: previousFingerprint ?? same?.previousFingerprint ?? null })
  }
  return [...found.values()].sort((a, b) => a.minute.windowMs - b.minute.windowMs)
}
