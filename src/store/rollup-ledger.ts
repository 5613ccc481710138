/**
 * The rollup branch's ledger of one partition. It travels in the transaction that it speaks of: the days in progress ride in the commit's
 * metadata, as far as it has room (so a successor goes on with them), and each is written to the compacted ledger topic under a key that says since
 * which offset it was counted up. A day that comes back after it was put aside, or that a successor does not find in the metadata, is counted up under
 * a new key; a reader sums the keys. So a day too large for the metadata costs a key for each opening of the partition, not for each transaction.
 */
import { z } from 'zod'
import type { OpenDay } from '../kafka/commit-metadata.ts'
import { addCounts, type LedgerEntry, type LedgerTotal } from './ledger.ts'
import type { Progress } from './position.ts'
import type { Evidence } from './resume.ts'

/** Days that are kept in mind. With about 300 bytes each they fit into the metadata; with many filter rules fewer do. */
const MAX_OPEN_DAYS = 3

export interface LedgerMark {
  readonly key: string
  readonly value: string
}

export class RollupLedger {
  readonly #contributor: string
  /** The day touched last stands last. */
  readonly #days: Map<string, OpenDay>

  constructor(contributor: string, days: readonly OpenDay[]) {
    this.#contributor = contributor
    this.#days = new Map(days.map((day) => [day.day, day]))
  }

  /** Adds a transaction's entries; returns what to write to the ledger topic. */
  add(entries: readonly LedgerEntry[], progress: Progress): LedgerMark[] {
    const marks = entries.map((entry) => {
      const before = this.#days.get(entry.day) ?? { day: entry.day, since: progress.next, counts: {} }
      const day: OpenDay = { ...before, counts: addCounts([before.counts, entry.counts]) }
      this.#days.delete(day.day)
      this.#days.set(day.day, day)
      return this.#mark(day, progress)
    })
    for (const day of [...this.#days.keys()].slice(0, -MAX_OPEN_DAYS)) this.#days.delete(day)
    return marks
  }

  days(): OpenDay[] {
    return [...this.#days.values()]
  }

  #mark(day: OpenDay, progress: Progress): LedgerMark {
    const contributor = this.#contributor
    return {
      key: `rollup|${contributor}|${day.day}|${day.since}`,
      value: JSON.stringify({ branch: 'rollup', contributor, day: day.day, next: progress.next, counts: day.counts }),
    }
  }
}

const markSchema = z.object({
  branch: z.literal('rollup'),
  contributor: z.string(),
  day: z.string(),
  next: z.number(),
  counts: z.record(z.string(), z.number()),
})

/** Null for a value that is not ours. */
function parseMark(value: Buffer): z.output<typeof markSchema> | null {
  try {
    return markSchema.parse(JSON.parse(value.toString()))
  } catch {
    return null
  }
}

/** The ledger topic's newest values, summed for each contributor and day. */
export function totalsOf(values: Iterable<Buffer>): LedgerTotal[] {
  const totals = new Map<string, LedgerTotal>()
  for (const value of values) {
    const mark = parseMark(value)
    if (mark === null) continue
    const { contributor, day, counts } = mark
    const key = `${contributor}|${day}`
    totals.set(key, { branch: 'rollup', contributor, day, counts: addCounts([totals.get(key)?.counts ?? {}, counts]) })
  }
  return [...totals.values()]
}

/** How far the ledger topic says that we were in `cluster/topic/partition`, over all incarnations. */
export function evidenceOf(values: Iterable<Buffer>, partition: string): Evidence | null {
  let best: Evidence | null = null
  for (const value of values) {
    const mark = parseMark(value)
    if (mark === null) continue
    const { contributor, next } = mark
    const parts = contributor.split('/')
    const incarnation = Number(parts.splice(-2, 1)[0])
    if (parts.join('/') !== partition) continue
    if (best === null || incarnation > best.incarnation || (incarnation === best.incarnation && next > best.next))
      best = { incarnation, next }
  }
  return best
}
