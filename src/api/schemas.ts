/**
 * What requests and answers look like: zod schemas with a description and an example each. They check what comes in, they check what
 * goes out, and the OpenAPI page is made from them. Names are snake_case, times ISO 8601 in UTC.
 */
import { z } from 'zod'
import { SEVERITIES } from '../event.ts'
import { BRANCHES } from '../store/position.ts'
import { NO_VALUE, TOP_BY } from '../store/rollup-store.ts'
import { GROUP_STATES } from './alert-schemas.ts'
import { PROBLEM_CODES, PROBLEM_MEDIA_TYPE } from './problems.ts'
import { count, day, flag, limit, MAX_TIME_CHARS, name, number, orNull, text, time, timeText } from './schema-parts.ts'

const MAX_IDEMPOTENCY_KEY_CHARS = 255

const rangeFields = {
  from: timeText('Begin, inclusive, rounded down to the minute', '-24h').default('-24h'),
  to: timeText('End, exclusive, rounded up to the minute', 'now').default('now'),
}

const narrowing = {
  category: name(`Only events of this category; \`${NO_VALUE}\` for those that have none.`, 'out-of-memory').optional(),
  severity: z
    .enum([...SEVERITIES, NO_VALUE])
    .optional()
    .meta({ description: `Only events of this severity; \`${NO_VALUE}\` for those that have none.`, examples: ['critical'] }),
}
const by = z.enum(TOP_BY).meta({ description: 'What to group by.', examples: ['fingerprint'] })
const change = z
  .number()
  .nullable()
  .meta({
    description:
      'Change against the period of the same length just before, as a ratio: 0.5 is half as many again, -1 is gone. Null where there was nothing before.',
    examples: [0.5],
  })

// Requests

export const jobsQuery = z.strictObject({ ...rangeFields, limit: limit(100, 1_000, 'Rows') })
export const topQuery = z.strictObject({
  ...rangeFields,
  limit: limit(20, 1_000, 'Rows'),
  by: by.default('fingerprint'),
  ...narrowing,
  rule: name(`Only events that this pattern rule matched; \`${NO_VALUE}\` for those that none did.`, 'heap-memory').optional(),
  fingerprint: name(
    'Only events of this error, by any of its keys: the one in force, or one by the fingerprint rules before.',
    'v1:0123456789abcdef',
  ).optional(),
})
export const groupQuery = z.strictObject(rangeFields)
export const trendQuery = z.strictObject({
  ...rangeFields,
  interval: z
    .string()
    .min(1)
    .max(MAX_TIME_CHARS)
    .optional()
    .meta({
      description:
        'Time between points, in whole minutes: 1m, 5m, 1h, 1d. The range is widened to whole intervals. By default such that there are up to 120 points.',
      examples: ['15m'],
    }),
  by: by.optional().meta({ description: 'Which dimension `key` is a value of; fingerprint by default.', examples: ['fingerprint'] }),
  key: name(
    'Only events with this value. Of a fingerprint, any key of the error leads to all of its events.',
    'v1:0123456789abcdef',
  ).optional(),
  ...narrowing,
})
const fingerprintParam = {
  fingerprint: name('Key of the error: the one in force, or one by the fingerprint rules before.', 'v1:0123456789abcdef'),
}
export const groupParams = z.strictObject(fingerprintParam)
const jobParam = { job: name('Name of the job, URL-encoded: a slash in it is %2F.', 'orders-enrichment') }
export const jobParams = z.strictObject(jobParam)
export const jobGroupParams = z.strictObject({ ...jobParam, ...fingerprintParam })
export const ledgerQuery = z.strictObject({
  from: day('First day (UTC); six days before `to` by default.').optional(),
  to: day('Last day (UTC), inclusive; today by default.').optional(),
})
export const noQuery = z.strictObject({})
export const eventsHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(MAX_IDEMPOTENCY_KEY_CHARS)
    .optional()
    .meta({
      description: 'Names this body: sent again with the same key, it is not counted again.',
      examples: ['host-17/2026-03-01T12:00/3'],
    }),
})
/** A description only: the bytes go through as they are. */
export const eventsBody = z
  .custom<Buffer>((body) => Buffer.isBuffer(body) && body.length > 0, 'expected log records, one in each line; got nothing')
  .meta({
    description: 'Log records, one in each line, as the layout wrote them.',
    type: 'string',
    examples: ['{"timestamp":"2026-03-01T12:00:00Z","level":"ERROR","loggerName":"com.acme.Orders","message":"Checkpoint 17 failed"}\n'],
  })

// Answers

const rangeAnswer = { from: time('Begin of the range that was counted, inclusive.'), to: time('Its end, exclusive.') }
const jobOrAll = orNull('The job that was asked for; null for all jobs.', 'orders-enrichment')

export const jobRow = z
  .object({
    job: text('Name of the job.', 'orders-enrichment'),
    count: count('Events in the range.', 48_211),
    previous_count: count('Events in the period of the same length just before.', 32_140),
    change,
    error_types: count('Distinct fingerprints.', 12),
    hosts: count('Distinct hosts; an estimate where there are many.', 8),
    first_seen: time('First event in the range.'),
    last_seen: time('Last event in the range.'),
  })
  .meta({ id: 'JobRow' })
export const jobsAnswer = z.object({ ...rangeAnswer, jobs: z.array(jobRow).meta({ description: 'Most events first.' }) })

export const topRow = z
  .object({
    key: text('The value grouped by; `(none)` where an event has none.', 'v1:0123456789abcdef'),
    previous_fingerprints: z.array(z.string()).meta({
      description:
        'By fingerprint: the keys that these events had by other fingerprint rules, as far as this range and the period before it tell. Their events are counted here.',
      examples: [[]],
    }),
    title: text('Root cause and its message without the volatile parts.', 'ConnectException: Connection refused: <*>'),
    culprit: orNull('The frame that decided: `Class.method:line`.', 'com.acme.Orders.load:41'),
    exception_class: orNull('Class of the outermost exception.', 'java.lang.RuntimeException'),
    root_cause_class: orNull('Class of the innermost exception.', 'java.net.ConnectException'),
    category: orNull('What kind of trouble it is, by the rules when it was counted.', 'connection-refused'),
    severity: orNull('How bad that is: critical, high, medium or low.', 'high'),
    rule: orNull('Id of the pattern rule that says so.', 'connection-refused'),
    rule_title: orNull(
      'What that rule, as it is in force now, calls the error. By fingerprint or rule; else null.',
      'Nobody listens where it connects to',
    ),
    advice: orNull('What to do about it, likewise.', 'Check that the service runs, and its host and port.'),
    link: orNull("More about it, likewise: an address, or a path from the API's root.", 'patterns.html#connection-refused'),
    level: orNull('Log level.', 'ERROR'),
    count: count('Events in the range.', 1_204),
    share: number('Part of all events of the range, 0 to 1.', 0.25),
    previous_count: count('Events in the period of the same length just before.', 800),
    change,
    is_new: flag('Whether that period had no event of it, under any key.'),
    group_state: z
      .enum(GROUP_STATES)
      .nullable()
      .meta({
        description:
          'Of an error of one job: new in its first seven days, ongoing, resolved, regressed where it came back after that, or muted. Null where several jobs are asked for, or no alert rules are evaluated.',
        examples: ['ongoing'],
      }),
    hosts: count('Distinct hosts; an estimate where there are many.', 3),
    jobs: count('Distinct jobs.', 1),
    first_seen: time('First event in the range, under any of its keys.'),
    last_seen: time('Last event in the range.'),
    sample_message: text('The message of one of the events, as logged.', 'Connection refused: db-3/10.0.0.3:5432'),
  })
  .meta({ id: 'TopRow' })
export const topAnswer = z.object({
  job: jobOrAll,
  ...rangeAnswer,
  by,
  total: count('All events of the range that were asked for, whether among the rows or not.', 4_816),
  exceptions: z.array(topRow).meta({ description: 'Most events first.' }),
})

export const groupAnswer = z.object({ job: jobOrAll, ...rangeAnswer, exception: topRow })

export const pattern = z
  .object({
    id: text('Names the rule; the anchor of it on patterns.html.', 'heap-memory'),
    family: text('The folder of its file.', 'jvm'),
    title: text('What it calls the error.', 'The heap is exhausted'),
    category: text('The category that it gives.', 'out-of-memory'),
    severity: text('How bad that is.', 'critical'),
    meaning: text('What it means.', 'The objects that the program holds take more than the heap has.'),
    advice: orNull('What to do about it.', 'Take a heap dump and look at what holds the most.'),
    link: text("More about it: an address, or a path from the API's root.", 'patterns.html#heap-memory'),
  })
  .meta({ id: 'Pattern' })
export const patternsAnswer = z.object({
  patterns: z.array(pattern).meta({ description: 'In the order in which they are tried; the first that matches decides.' }),
})

export const trendAnswer = z.object({
  job: jobOrAll,
  ...rangeAnswer,
  by: by.nullable().meta({ description: 'The dimension of `key`, or null.', examples: ['fingerprint'] }),
  key: orNull('The value that the trend was narrowed to, or null.', 'v1:0123456789abcdef'),
  interval_seconds: count('Time between points.', 900),
  total: count('Sum of all points.', 4_816),
  points: z
    .array(z.object({ time: time('Begin of the interval.'), count: count('Events in it.', 17) }))
    .meta({ description: 'Every interval of the range, zero where nothing happened.' }),
})

export const eventsAnswer = z.object({
  records: count('Records taken; durable when this answer is sent.', 500),
  duplicate: flag('Whether a body with this Idempotency-Key was taken before: nothing was counted again.'),
})

const ledgerCounts = {
  consumed: count('Events consumed.', 10_000),
  counted: count('Events counted in the store.', 9_000),
  filtered: count('Events filtered, by any rule.', 990),
  dead: count('Events that became dead letters, for any reason.', 10),
  expired: count('Events lost because the log or the window was older than what is kept.', 0),
  skipped: count('Events that an operator skipped.', 0),
  imbalance: count('counted + filtered + dead + expired + skipped - consumed: zero where the account is in balance.', 0),
  counts: z.record(z.string(), z.number()).meta({
    description: 'The entries themselves, by rule and reason.',
    examples: [{ consumed: 10_000, counted: 9_000, 'filtered.level': 990, 'dead.not_json': 10 }],
  }),
}
const branch = z.enum(BRANCHES).meta({ description: 'The branch.', examples: ['detail'] })
export const ledgerLine = z
  .object({
    branch,
    contributor: text('cluster/topic/incarnation/partition.', 'kafka/error-logs/0/3'),
    day: day('Day (UTC) of the records.'),
    ...ledgerCounts,
  })
  .meta({ id: 'LedgerLine' })
export const ledgerTotal = z.object({ branch, ...ledgerCounts }).meta({ id: 'LedgerTotal' })
export const ledgerAnswer = z.object({
  from: day('First day.'),
  to: day('Last day, inclusive.'),
  balanced: z.boolean().meta({ description: 'True where every line is in balance.', examples: [true] }),
  imbalance: count("Sum of the lines' imbalances.", 0),
  totals: z.array(ledgerTotal).meta({ description: 'One for each branch: both consume every event.' }),
  lines: z.array(ledgerLine),
})

export const liveAnswer = z.object({
  live: z.literal(true),
  version: text('What runs.', '0.1.0'),
  takes_events: z
    .boolean()
    .meta({ description: 'True where events come in over HTTP (embedded mode), false where they come from Kafka.', examples: [true] }),
})
export const readyAnswer = z
  .object({
    ready: z.boolean(),
    checks: z.array(
      z.object({
        name: text('The part.', 'kafka'),
        ok: z.boolean(),
        detail: text('What is well, or what is away.', 'Connected to 3 brokers.'),
      }),
    ),
  })
  .meta({ id: 'Readiness' })

export const problemAnswer = z
  .object({
    type: text('A name for the kind of problem.', 'urn:tracefold:problem:bad_request'),
    title: text('The kind of problem in words.', 'The request cannot be answered as it is'),
    status: count('The HTTP status.', 400),
    detail: text('What was expected, what came, what to do.', 'from must lie before to'),
    code: z.enum(PROBLEM_CODES).meta({ description: 'For programs.', examples: ['bad_request'] }),
  })
  .meta({ id: 'Problem' })

const problemContent = (description: string) => ({ description, content: { [PROBLEM_MEDIA_TYPE]: { schema: problemAnswer } } })
/** The answers that any route may give beside its own. */
export const problems = {
  '4xx': problemContent('The request cannot be answered as it is.'),
  '5xx': problemContent('A neighbour is away, or the fault is here.'),
}

export function answering<T>(answer: T) {
  return { 200: answer, ...problems }
}
