/**
 * A shard's state as records, and back: keys by what they hold, values checked once when they are read.
 *
 *   at               how far the shard is evaluated, and by whom
 *   alert/<key>      an alert that is pending, firing or lately resolved
 *   past/<key>       an episode that has ended: the history
 *   deliver/<key>    what delivery keeps (deliver/records.ts)
 *   group/<key>      what is known of a group; in shard 0 only
 *   book             since when groups are watched; in shard 0 only
 *
 * What is none of ours, or of another version, is refused as `store_corrupt`: to go on without it would tell everything again, or nothing.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { TracefoldError } from '../../errors.ts'
import { ENDINGS, type Alert } from '../alert.ts'
import { alertSchema, subjectSchema } from '../deliver/records.ts'
import type { AlertState } from '../episode.ts'
import { groupKeyOf, type GroupRecord } from '../group-book.ts'
import type { SavedRecord, StateValue } from './state-log.ts'

const VERSION = 1
const HASH_CHARS = 32

export const DELIVER = 'deliver/'

const atSchema = z.object({ v: z.literal(VERSION), untilMs: z.number(), owner: z.string(), atMs: z.number() })
export type At = Omit<z.output<typeof atSchema>, 'v'>

const stateSchema = z.object({
  v: z.literal(VERSION),
  key: z.string(),
  rule: z.string(),
  subject: subjectSchema,
  phase: z.enum(['pending', 'firing', 'resolved']),
  sinceMs: z.number(),
  heldMs: z.number(),
  alert: alertSchema.nullable(),
  lapse: z.object({ atMs: z.number(), ending: z.enum(ENDINGS) }).exactOptional(),
})

const pastSchema = z.object({ v: z.literal(VERSION), alert: alertSchema })

const change = z.object({
  to: z.enum(['resolved', 'regressed', 'muted', 'reopened', 'unmuted']),
  who: z.string().nullable(),
  atMs: z.number(),
  comment: z.string().nullable(),
})
const groupSchema = z.object({
  v: z.literal(VERSION),
  version: z.literal(1),
  job: z.string(),
  fingerprint: z.string(),
  firstSeenMs: z.number(),
  lastSeenMs: z.number(),
  appeared: z.object({ atMs: z.number(), afterMs: z.number().nullable() }),
  resolvedAtMs: z.number().nullable(),
  regressedAtMs: z.number().nullable(),
  mute: z
    .object({
      untilMs: z.number().nullable(),
      untilCount: z.number().nullable(),
      sinceMs: z.number(),
      counted: z.number(),
      countedUntilMs: z.number(),
    })
    .nullable(),
  changes: z.array(change),
})

const bookSchema = z.object({ v: z.literal(VERSION), sinceMs: z.number() })

export type Saved =
  | { readonly kind: 'at'; readonly at: At }
  | { readonly kind: 'alert'; readonly state: AlertState }
  | { readonly kind: 'past'; readonly alert: Alert }
  | { readonly kind: 'deliver'; readonly key: string; readonly value: StateValue }
  | { readonly kind: 'group'; readonly group: GroupRecord }
  | { readonly kind: 'book'; readonly sinceMs: number }

export function readSaved(key: string, value: StateValue): Saved {
  switch (key.split('/', 1)[0]) {
    case 'at':
      return { kind: 'at', at: checked(key, atSchema, value) }
    case 'alert': {
      const { v: _, ...state } = checked(key, stateSchema, value)
      return { kind: 'alert', state }
    }
    case 'past':
      return { kind: 'past', alert: checked(key, pastSchema, value).alert }
    case 'deliver':
      return { kind: 'deliver', key: key.slice(DELIVER.length), value }
    case 'group': {
      const { v: _, ...group } = checked(key, groupSchema, value)
      return { kind: 'group', group }
    }
    case 'book':
      return { kind: 'book', sinceMs: checked(key, bookSchema, value).sinceMs }
    default:
      throw unreadable(key, value)
  }
}

export function savedAt(at: At): SavedRecord {
  return { key: 'at', value: { v: VERSION, ...at } }
}

/** `state` null: it is over and gone. */
export function savedState(key: string, state: AlertState | null): SavedRecord {
  return { key: `alert/${key}`, value: state === null ? null : { v: VERSION, ...state } }
}

export function savedPast(alert: Alert): SavedRecord {
  return { key: pastKey(alert), value: { v: VERSION, alert } }
}

/** By episode. */
export function pastKey({ key, startsAtMs }: Pick<Alert, 'key' | 'startsAtMs'>): string {
  return `past/${key}@${startsAtMs}`
}

export function savedGroup(group: GroupRecord): SavedRecord {
  return { key: groupRecordKey(group), value: { v: VERSION, ...group } }
}

export function groupRecordKey({ job, fingerprint }: Pick<GroupRecord, 'job' | 'fingerprint'>): string {
  return `group/${groupHash(job, fingerprint)}`
}

export function savedBook(sinceMs: number): SavedRecord {
  return { key: 'book', value: { v: VERSION, sinceMs } }
}

/** A job's name may be longer than a key. */
export function groupHash(job: string, fingerprint: string): string {
  return createHash('sha256').update(groupKeyOf(job, fingerprint)).digest('hex').slice(0, HASH_CHARS)
}

function checked<T>(key: string, schema: z.ZodType<T>, value: StateValue): T {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw unreadable(key, value)
  return parsed.data
}

function unreadable(key: string, { v }: StateValue): TracefoldError {
  const what =
    v > VERSION ? `of version ${v}, which a newer Tracefold has written; this one reads up to ${VERSION}` : 'not what it should be'
  return new TracefoldError('store_corrupt', `the state of the alerts cannot be read: record ${key} is ${what}`)
}
