/** Requests about dead letters, and their answers, as zod schemas (see schemas.ts). */
import { z } from 'zod'
import { DEAD_REASONS } from '../event.ts'
import { STAGES } from '../store/dead-letter.ts'
import { BRANCHES } from '../store/position.ts'
import { count, countText, flag, limit, name, orNull, text, time, timeText } from './schema-parts.ts'

const branch = z.enum(BRANCHES)
const filter = {
  reason: z
    .enum(DEAD_REASONS)
    .optional()
    .meta({ description: 'Only letters with this reason.', examples: ['not_json'] }),
  stage: z
    .enum(STAGES)
    .optional()
    .meta({ description: 'Only letters of this stage.', examples: ['decode'] }),
  branch: branch.optional().meta({ description: 'Only letters that concern this branch.', examples: ['detail'] }),
  job: name('Only letters of this job, where it is known.', 'orders-enrichment').optional(),
  topic: name('Only letters of this source topic, or file.', 'error-logs').optional(),
  partition: countText('Only letters of this source partition.', 3).optional(),
  offset: name('Only letters of this source offset, or of a range of them: 4711, 4711-4800, 4711-.', '4711-4800').optional(),
  from: timeText('Only letters of records written at this time or later', '-24h').optional(),
  to: timeText('Only letters of records written before this time', '-1h').optional(),
}
const id = { id: name("The letter's id, URL-encoded.", 'kafka/error-logs/0/3@4711#0:decode') }

export const lettersQuery = z.strictObject({
  ...filter,
  limit: limit(50, 200, 'Letters'),
  cursor: name('`next` of the page before.', 'MTc3MjM2NjQwMDAwMDprYWZrYQ').optional(),
})
export const letterParams = z.strictObject(id)
export const replayQuery = z.strictObject({
  id: id.id.optional(),
  ...filter,
  limit: limit(1_000, 10_000, 'Letters looked at in one request,'),
  after: countText('`next` of the answer before.', 4_711).optional(),
})
export const purgeQuery = z.strictObject({
  ...filter,
  all: z
    .enum(['true'])
    .optional()
    .meta({ description: 'Must be said where nothing else is: then all letters are thrown away.', examples: ['true'] }),
})

export const letterRow = z
  .object({
    id: text('A function of the position: the same record has the same letter.', 'kafka/error-logs/0/3@4711#0:decode'),
    stage: z.enum(STAGES).meta({ description: 'Where it failed.', examples: ['decode'] }),
    branch: branch.nullable().meta({ description: 'Null for decode, which both branches share.', examples: [null] }),
    reason: z.enum(DEAD_REASONS).meta({ description: 'Why.', examples: ['not_json'] }),
    detail: text("The parser's or the store's own words.", 'Unexpected token at 17'),
    cluster: text('Source cluster.', 'kafka'),
    topic: text('Source topic, or file.', 'error-logs'),
    partition: count('Source partition.', 3),
    incarnation: count('Which life of the partition.', 0),
    offset: count('Offset of the record.', 4_711),
    index: count('Which event of the record.', 0),
    events: count('Events that the letter stands for.', 1),
    time: time('When the record was written, or read.'),
    job: orNull('The job, where known.', 'orders-enrichment'),
    body: text('The record, redacted; as body_encoding says.', '{"level":"ERROR",'),
    body_encoding: z.enum(['utf8', 'base64']).meta({ description: 'base64 where the bytes are not UTF-8.', examples: ['utf8'] }),
    body_truncated: flag('Whether the body is only the beginning.'),
  })
  .meta({ id: 'DeadLetter' })
export const lettersAnswer = z.object({
  letters: z.array(letterRow).meta({ description: 'Newest first.' }),
  next: z
    .string()
    .nullable()
    .meta({ description: 'The cursor of the next page; null where this may be the last.', examples: [null] }),
})
export const letterAnswer = letterRow
  .extend({
    meaning: text('What the reason means.', 'The record is neither JSON nor text with a stack trace.'),
    help: text('What helps.', 'Repair what writes the records.'),
    branches: z.array(branch).meta({ description: 'The branches that a replay sends it through.', examples: [['detail', 'rollup']] }),
    body_redacted: z.literal(true).meta({ description: 'What looks like a secret is replaced in the body, always.', examples: [true] }),
  })
  .meta({ id: 'DeadLetterInFull' })
export const replayAnswer = z.object({
  letters: count('Letters looked at.', 12),
  replayed: count('Letters that are gone: their events are counted or filtered now.', 10),
  events: count('Events that are counted now.', 310),
  failed_again: count('Letters that cannot be processed still.', 1),
  waiting: count('Letters left alone: a branch has not committed its account of them yet, or may read them again by itself.', 0),
  unclear: count('Letters left alone: what is kept of them does not say which events are meant.', 1),
  from_copy: count('Of `replayed`: from the redacted copy, since the source has the record no more.', 0),
  from_cut_copy: count("Of `from_copy`: the copy was only the record's beginning.", 0),
  refused_events: count('Events that Elasticsearch refused again: they have letters of their own.', 0),
  expired_events: count('Events of a time that the detail store does not keep any more.', 0),
  next: z
    .number()
    .int()
    .nullable()
    .meta({ description: 'Ask again with `after` of this for the rest; null where all have been looked at.', examples: [null] }),
})
export const purgeAnswer = z.object({ purged: count('Letters thrown away. Their events stay dead in the ledger.', 12) })
