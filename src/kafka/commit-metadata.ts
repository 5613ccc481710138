/**
 * What is committed beside an offset, as JSON of at most 4,096 bytes (the broker's offset.metadata.max.bytes): where the open block
 * begins, the digest of the rules, the incarnation, the epoch where there was more than one, and, for rollups, the ledger of the last days, which so changes in the same transaction.
 */
import { z } from 'zod'
import type { LedgerCounts } from '../store/ledger.ts'
import type { Progress } from '../store/position.ts'
import type { Committed } from '../store/resume.ts'

/** The rollup ledger of one day, counted up since offset `since`: the part of the key that keeps two countings of a day apart. */
export interface OpenDay {
  readonly day: string
  readonly since: number
  readonly counts: LedgerCounts
}

export interface CommittedWithLedger extends Committed {
  readonly days: readonly OpenDay[]
}

const metadataSchema = z.object({
  v: z.literal(1),
  inc: z.number().int().min(0),
  from: z.number().int().min(0),
  rules: z.string(),
  epoch: z.string().default(''),
  days: z.array(z.object({ day: z.string(), since: z.number().int(), counts: z.record(z.string(), z.number()) })).default([]),
})

export function encodeMetadata(progress: Progress, days: readonly OpenDay[] = []): string {
  const { incarnation, from, rules, epoch = '' } = progress
  const core = { v: 1, inc: incarnation, from, rules, ...(epoch === '' ? {} : { epoch }) }
  return JSON.stringify(days.length === 0 ? core : { ...core, days })
}

/** Null where the metadata is not ours: somebody set the offset with Kafka's own tools. */
export function decodeCommitted(offset: number, metadata: string | null): CommittedWithLedger | null {
  const parsed = metadataSchema.safeParse(parseJson(metadata))
  if (!parsed.success) return null
  const { inc, from, rules, epoch, days } = parsed.data
  return { incarnation: inc, next: offset, from, rules, epoch, days }
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    return null
  }
}
