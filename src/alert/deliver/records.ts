/**
 * The schedule's state as records to keep: a key and a value for JSON, or null for a record that is to go. Made for a compacted topic or a table.
 *
 *   <receiver>/<group>            that something is open, when it was last told, what is wrong     { v: 1, kind: 'group', ... }
 *   <receiver>/<group>/<alert>    one alert of it, and what was said of it                          { v: 1, kind: 'alert', ... }
 *
 * A record of another version, or one that is none of ours, is refused as `store_corrupt`: to go on without it would tell everything again, or nothing.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { TracefoldError } from '../../errors.ts'
import { ALERT_LEVELS, ENDINGS, SEVERITIES, type Alert } from '../alert.ts'
import type { Entry, Group } from './group.ts'

export const STATE_VERSION = 1

export interface SavedRecord {
  readonly key: string
  /** Fit for JSON; null: the record goes. */
  readonly value: ({ readonly v: number } & Readonly<Record<string, unknown>>) | null
}

const text = z.string()
const texts = z.record(text, text)
const status = z.enum(['firing', 'resolved'])

export const subjectSchema = z.object({
  job: text.nullable(),
  environment: text.nullable(),
  fingerprint: text.nullable(),
  category: text.nullable(),
})

const wishes = z.object({
  receivers: z.array(text).nullable(),
  groupBy: z.array(text).nullable(),
  repeatIntervalMs: z.number().nullable(),
  maxRepeatIntervalMs: z.number().nullable(),
})

export const alertSchema: z.ZodType<Alert> = z.object({
  key: text,
  startsAtMs: z.number(),
  endsAtMs: z.number().nullable(),
  status,
  ending: z.enum(ENDINGS).exactOptional(),
  rule: z.object({ id: text, title: text, level: z.enum(ALERT_LEVELS) }),
  severity: z.enum(SEVERITIES),
  subject: subjectSchema,
  what: text,
  culprit: text.nullable(),
  jobs: z.array(text),
  jobCount: z.number(),
  count: z.number().nullable(),
  noun: text.exactOptional(),
  usual: z.number().nullable(),
  hosts: z.number().nullable(),
  windowMs: z.number(),
  why: text,
  peak: z
    .object({
      count: z.number().nullable(),
      usual: z.number().nullable(),
      hosts: z.number().nullable(),
      windowMs: z.number(),
      why: text,
      annotations: texts,
    })
    .exactOptional(),
  sinceMs: z.number(),
  isNew: z.boolean(),
  unseenMs: z.number().exactOptional(),
  advice: text.nullable(),
  links: z.array(z.object({ title: text, url: text })),
  labels: texts,
  annotations: texts,
  delivery: wishes.exactOptional(),
})

const news = z.object({ alert: alertSchema, changedAtMs: z.number(), unsaidSinceMs: z.number() })

const groupRecord = z.object({
  v: z.literal(STATE_VERSION),
  kind: z.literal('group'),
  receiver: text,
  label: text,
  open: z.object({ id: text, atMs: z.number() }).nullable(),
  lastOpenedAtMs: z.number().nullable(),
  failures: z.number(),
  pausedUntilMs: z.number().nullable(),
  trouble: z
    .object({ reason: z.enum(['refused', 'gave_up']), error: text, tries: z.number(), alerts: z.number(), atMs: z.number() })
    .nullable(),
})

const alertRecord = z.object({
  v: z.literal(STATE_VERSION),
  kind: z.literal('alert'),
  receiver: text,
  label: text,
  now: news,
  next: news.nullable(),
  frozenBy: text.nullable(),
  said: z
    .object({ startsAtMs: z.number(), status, severity: z.enum(SEVERITIES), times: z.number(), by: text, atMs: z.number() })
    .nullable(),
})

const anyRecord = z.discriminatedUnion('kind', [groupRecord, alertRecord])
export type StateRecord = z.output<typeof anyRecord>

export function groupKey(receiver: string, label: string): string {
  return `${receiver}/${short(label)}`
}

export function alertKeyOf(receiver: string, label: string, alertKey: string): string {
  return `${groupKey(receiver, label)}/${short(alertKey)}`
}

export function writeGroup({ receiver, label, open, lastOpenedAtMs, failures, pausedUntilMs, trouble }: Group): SavedRecord {
  return {
    key: groupKey(receiver, label),
    value: { v: STATE_VERSION, kind: 'group', receiver, label, open, lastOpenedAtMs, failures, pausedUntilMs, trouble },
  }
}

/** `forgets`: a receiver that is told everything again anyway, so what is being said of an alert, and was said, is not kept. */
export function writeEntry({ receiver, label }: Group, { now, next, frozenBy, said }: Entry, forgets: boolean): SavedRecord {
  const latest = forgets ? { now: next ?? now, next: null, frozenBy: null, said: null } : { now, next, frozenBy, said }
  return { key: alertKeyOf(receiver, label, now.alert.key), value: { v: STATE_VERSION, kind: 'alert', receiver, label, ...latest } }
}

export function readRecord(key: string, value: NonNullable<SavedRecord['value']>): StateRecord {
  const record = anyRecord.safeParse(value)
  if (record.success) return record.data
  const what =
    value.v > STATE_VERSION
      ? `of version ${value.v}, which a newer Tracefold has written; this one reads up to ${STATE_VERSION}`
      : 'not what it should be'
  throw new TracefoldError('store_corrupt', `the state of alert delivery cannot be read: record ${key} is ${what}`)
}

function short(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 20)
}
