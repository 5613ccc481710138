/**
 * What is committed beside an offset, as JSON of at most 4,096 bytes: where the open block begins, the digest of the rules, the incarnation, the
 * epoch where there was more than one, and, for rollups, the ledger of the last days, which so changes in the same transaction.
 *
 * Counts by filter rule can make days larger than that. Those that would not fit stay behind, the oldest first: what they hold is in the ledger topic, and a
 * successor that does not find a day here counts it up under a new key (store/rollup-ledger.ts).
 */
import { z } from 'zod'
import type { LedgerCounts } from '../store/ledger.ts'
import type { Progress } from '../store/position.ts'
import type { Committed } from '../store/resume.ts'

/** The broker's default of offset.metadata.max.bytes: what is larger it refuses, for good. */
const MAX_METADATA_BYTES = 4_096

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

/** `days`: the one that is the first to stay behind stands first. */
export function encodeMetadata(progress: Progress, days: readonly OpenDay[] = []): string {
  const { incarnation, from, rules, epoch = '' } = progress
  const core = { v: 1, inc: incarnation, from, rules, ...(epoch === '' ? {} : { epoch }) }
  if (days.length === 0) return JSON.stringify(core)
  const text = JSON.stringify({ ...core, days })
  return Buffer.byteLength(text) <= MAX_METADATA_BYTES ? text : encodeMetadata(progress, days.slice(1))
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
