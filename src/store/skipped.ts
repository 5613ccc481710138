/**
 * Ranges that an operator skipped, and what was backfilled of them, as marks in the compacted ledger topic. In: ledger entries; the topic's newest values.
 * Out: marks to write; ranges and backfills. Pure.
 *
 *   skip|<branch>|<contributor>|<from>       [from, to), and the day on which the ledger says so
 *   backfill|<branch>|<contributor>|<from>   [from, to) of it, how far that is, and where its open block begins
 *
 * Delivery: the rollup branch writes a mark within the transaction that skips; the detail branch before it commits, so that a kill in between leaves a
 * mark which the repeat writes again under the same key.
 */
import { z } from 'zod'
import type { Partition } from '../source/source.ts'
import type { LedgerEntry } from './ledger.ts'
import { BRANCHES, incarnationOf, withoutEpoch, type BranchName } from './position.ts'
import type { LedgerMark } from './rollup-ledger.ts'

/** Null where nobody asks for a skip: else the position is to be at least this. */
export type SkipTo = (branch: BranchName, p: Partition, incarnation: number) => number | null

export interface SkippedRange {
  readonly branch: BranchName
  readonly contributor: string
  readonly from: number
  readonly to: number
  /** Of the ledger's line that holds it. */
  readonly day: string
}

/** Part of a skipped range that is processed later, or has been: `next` is `to` then. */
export interface Backfill extends SkippedRange {
  readonly next: number
  /** First offset of its open block. */
  readonly block: number
  /** Digest of the rules that it is counted by. */
  readonly rules: string
}

const branch = z.enum(BRANCHES)
const offset = z.number().int().min(0)
const range = { branch, contributor: z.string(), from: offset, to: offset, day: z.string() }
const skipSchema = z.object({ kind: z.literal('skip'), ...range })
const backfillSchema = z.object({ kind: z.literal('backfill'), ...range, next: offset, block: offset, rules: z.string() })
const markSchema = z.discriminatedUnion('kind', [skipSchema, backfillSchema])

/** One for each entry that speaks of a skipped range: its block is the range's first offset. */
export function skipMarks(entries: readonly LedgerEntry[]): LedgerMark[] {
  return entries.flatMap((entry) => {
    const n = entry.counts['skipped'] ?? 0
    return n <= 0
      ? []
      : [
          markOf('skip', {
            branch: entry.branch,
            contributor: withoutEpoch(entry.contributor),
            from: entry.block,
            to: entry.block + n,
            day: entry.day,
          }),
        ]
  })
}

export function backfillMark(backfill: Backfill): LedgerMark {
  return markOf('backfill', backfill)
}

/** In order of branch, contributor and offset. */
export function marksOf(values: Iterable<Buffer>): { skipped: SkippedRange[]; backfills: Backfill[] } {
  const skipped: SkippedRange[] = []
  const backfills: Backfill[] = []
  for (const value of values) {
    const mark = parse(value)
    if (mark === null) continue
    const { kind, ...rest } = mark
    if (kind === 'skip') skipped.push(rest)
    else backfills.push(rest as Backfill) // by its kind
  }
  return { skipped: skipped.toSorted(inOrder), backfills: backfills.toSorted(inOrder) }
}

/** How people name a skipped range: `detail:logs/3@1200`. With the incarnation where the topic was made anew: `detail:logs/3~1@1200`. */
export function idOf({ branch: whose, contributor, from }: SkippedRange): string {
  const { partition: p, incarnation } = placeOf(contributor)
  return `${whose}:${p.topic}/${p.partition}${incarnation === 0 ? '' : `~${incarnation}`}@${from}`
}

/** Of `cluster/topic/incarnation[.epoch]/partition`; none of the names holds a slash. */
export function placeOf(contributor: string): { partition: Partition; incarnation: number } {
  const [cluster = '', topic = '', , partition] = contributor.split('/')
  return { partition: { cluster, topic, partition: Number(partition) }, incarnation: incarnationOf(contributor) }
}

function markOf(kind: 'skip' | 'backfill', mark: SkippedRange): LedgerMark {
  return { key: `${kind}|${mark.branch}|${mark.contributor}|${mark.from}`, value: JSON.stringify({ kind, ...mark }) }
}

function inOrder(a: SkippedRange, b: SkippedRange): number {
  const [one, other] = [`${a.branch}|${a.contributor}`, `${b.branch}|${b.contributor}`]
  return one === other ? a.from - b.from : one < other ? -1 : 1
}

/** Null for what is another kind of mark. */
function parse(value: Buffer): z.output<typeof markSchema> | null {
  if (!value.includes('"kind"')) return null
  try {
    return markSchema.parse(JSON.parse(value.toString()))
  } catch {
    return null
  }
}
