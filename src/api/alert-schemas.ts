/** Requests about alerts, rules, silences, groups and deliveries, and their answers, as zod schemas (see schemas.ts). */
import { z } from 'zod'
import { ALERT_LEVELS, ENDINGS, SEVERITIES } from '../alert/alert.ts'
import { PHASES } from '../alert/desk.ts'
import { PER } from '../alert/rule.ts'
import { flag, limit, name, number, numberOrNull, orNull, text, texts, time, timeOrNull, timeText } from './schema-parts.ts'

const MAX_WHO_CHARS = 200
const MAX_COMMENT_CHARS = 1_000
const MAX_MATCHED = 20

const who = {
  who: z
    .string()
    .trim()
    .min(1)
    .max(MAX_WHO_CHARS)
    .meta({ description: 'Who does it.', examples: ['ada'] }),
  comment: z
    .string()
    .trim()
    .max(MAX_COMMENT_CHARS)
    .optional()
    .meta({ description: 'Why, for others to read.', examples: ['rolled back, ticket OPS-17'] }),
}
const level = z.enum(ALERT_LEVELS).meta({
  description: "Whose rule it is: the package's (basic), a user's (custom), or one over all jobs (platform).",
  examples: ['basic'],
})
const severity = z.enum(SEVERITIES).meta({ description: 'How bad it is.', examples: ['high'] })
const state = z.enum(PHASES).meta({
  description: 'pending: it holds, and not long enough yet. firing. resolved: it is over, within the last quarter of an hour.',
  examples: ['firing'],
})
const filter = {
  level: level.optional(),
  severity: severity.optional(),
  job: name('Only alerts of this job, or that it shares in.', 'orders-enrichment').optional(),
  rule: name('Only alerts of the rule with this id.', 'job-spike').optional(),
}

// Requests

export const alertsQuery = z.strictObject({ state: state.optional(), ...filter, limit: limit(200, 1_000) })
export const historyQuery = z.strictObject({
  from: timeText('Begin', '-24h').default('-24h'),
  to: timeText('End', 'now').default('now'),
  ...filter,
  limit: limit(200, 1_000),
})
export const alertParams = z.strictObject({ key: name("The alert's key, URL-encoded.", 'job-spike:orders:5f2d0c9a') })
export const whoBody = z.strictObject(who)
export const ruleParams = z.strictObject({ id: name('Id of the rule.', 'job-spike') })
export const whoQuery = z.strictObject(who)
export const testQuery = z.strictObject({ from: timeText('Begin', '-7d').default('-7d'), to: timeText('End', 'now').default('now') })
/** A description only: the text goes through as it is. */
export const ruleBody = z
  .custom<string>((body) => typeof body === 'string' && body.trim() !== '', 'expected a rule as YAML or JSON; got nothing')
  .meta({
    description: 'A rule, as YAML or JSON: see docs/alert-rules.md.',
    type: 'string',
    examples: [
      'title: Orders fail often\nid: orders-fail\nlevel: custom\nseverity: high\nper: job\nfor: { job: "orders-*" }\ncondition:\n  count: { over: 10m, atLeast: 100 }\n',
    ],
  })
export const silenceParams = z.strictObject({ id: name('Id of the silence.', 's-1') })
export const silenceBody = z.strictObject({
  match: z
    .record(z.string().min(1).max(100), z.union([z.string().min(1).max(300), z.array(z.string().min(1).max(300)).min(1).max(MAX_MATCHED)]))
    .refine(
      (match) => Object.keys(match).length > 0 && Object.keys(match).length <= MAX_MATCHED,
      `expected 1 to ${MAX_MATCHED} fields: a silence for everything would be forgotten`,
    )
    .meta({
      description:
        'Which alerts: by field (`alert`, `rule`, `level`, `severity`, `job`, `environment`, `category`, `fingerprint`) or label, a pattern or several, in which `*` stands for anything. All fields must agree.',
      examples: [{ job: 'orders-*', rule: 'job-spike' }],
    }),
  from: timeText('Begin; now by default', 'now').default('now'),
  until: timeText('End', '+2h'),
  ...who,
})
export const groupParams = z.strictObject({
  job: name('Name of the job, URL-encoded.', 'orders-enrichment'),
  fingerprint: name('Key of the error.', 'v1:0123456789abcdef'),
})
export const groupBody = z.strictObject({
  action: z.enum(['resolve', 'reopen', 'mute', 'unmute']).meta({ description: 'What to do with the group.', examples: ['mute'] }),
  until: timeText('With mute: its end. Without it, for ever, or until the count', '+1d').optional(),
  until_count: z
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: 'With mute: until so many events have come.', examples: [1_000] }),
  ...who,
})

// Answers

const acknowledged = z
  .object({ who: text('Who has it.', 'ada'), at: time('Since when.'), comment: orNull('What they said.', 'looking into it') })
  .nullable()
  .meta({ description: 'Who looks after this episode; null: nobody said so.' })
const shown = {
  key: text('Names rule and subject.', 'job-spike:orders:5f2d0c9a'),
  rule: z
    .object({ id: text('Id of the rule.', 'job-spike'), title: text('What it is called.', 'A job fails far more than usual'), level })
    .meta({ description: 'The rule that says so.' }),
  severity,
  job: orNull('The job; null where the alert is of many.', 'orders-enrichment'),
  environment: orNull('Its environment, where known.', 'prod'),
  fingerprint: orNull('The error, where the alert is of one.', 'v1:0123456789abcdef'),
  category: orNull('The category, where the alert is of one: as it began.', 'connection-refused'),
  since: time('Since when the condition has held.'),
  what: orNull('What happens; null while it is pending.', 'ConnectException: Connection refused: <*>'),
  culprit: orNull('The frame that decided, where the alert is of one error type.', 'com.acme.Orders.load:41'),
  jobs: z
    .array(z.string())
    .meta({ description: 'Jobs that share in it, the worst first; ten at most.', examples: [['orders-enrichment']] }),
  job_count: number('How many jobs there are in all.', 1),
  count: numberOrNull("Events within the rule's window, where it counts some.", 1_204),
  counted: text('What the count is of: event, or dead letter.', 'event'),
  usual: numberOrNull('What would be usual in such a window, where that is known.', 12.5),
  hosts: numberOrNull('Distinct hosts within the window, where known; an estimate past 64.', 8),
  window_seconds: numberOrNull("The rule's window.", 600),
  why: orNull('Which condition holds, with its numbers.', '1,204 events in 10m, the threshold is 100'),
  starts_at: timeOrNull('When it began to fire; null while it is pending.'),
  ends_at: timeOrNull('When it was resolved; null before.'),
  ending: z
    .enum(ENDINGS)
    .nullable()
    .meta({
      description:
        'How it ended though nobody saw its trouble end: given_up (a silence that went on until what is missed counts as gone), no_news (an error that went on for a week), rule_gone (the rule was removed or looks at something else). Null: it fires, or its trouble is over.',
      examples: [null],
    }),
  peak_count: numberOrNull("The most events within the rule's window so far in this episode, where it counts some.", 1_204),
  is_new: flag('Whether the error was never seen before.'),
  advice: orNull("What to do, by the category's pattern rule.", 'Check that the service runs.'),
  links: z
    .array(z.object({ title: text('What it leads to.', 'Tracefold'), url: text('Where.', 'https://tracefold.example/?job=orders') }))
    .meta({ description: 'Where there is more.' }),
  labels: texts("The rule's labels.", { team: 'payments' }),
  annotations: texts("The rule's annotations, filled in.", { note: 'First event at 2026-03-01T12:00:00Z.' }),
}
export const alertRow = z
  .object({
    ...shown,
    state,
    acknowledged,
    hushed: z
      .enum(['silence', 'mute', 'group'])
      .nullable()
      .meta({
        description: 'Why nobody is told: a silence, a mute window of its rule, a muted group. Null: it is told.',
        examples: [null],
      }),
  })
  .meta({ id: 'Alert' })
export const episodeRow = z.object(shown).meta({ id: 'AlertEpisode' })
export const alertsAnswer = z.object({
  blind: orNull('Why the rules cannot see now; null: they can.', 'Druid does not answer'),
  firing: number('How many fire, of those asked for.', 3),
  total: number('How many there are, of those asked for.', 5),
  alerts: z.array(alertRow).meta({ description: 'Firing ones first, the most severe first, then the oldest.' }),
})
export const historyAnswer = z.object({
  from: time('Begin of the range.'),
  to: time('Its end.'),
  alerts: z.array(episodeRow).meta({ description: 'Newest first.' }),
})
export const acknowledgeAnswer = z.object({
  key: shown.key,
  starts_at: time('Of the episode.'),
  who: text('Who has it.', 'ada'),
  at: time('Since when.'),
  comment: orNull('What they said.', 'looking into it'),
})
export const doneAnswer = z.object({ done: z.literal(true).meta({ description: 'It is so now, whatever it was before.' }) })

export const evaluationAnswer = z.object({
  blind: orNull('Why the rules cannot see now; null: they can.', 'Druid does not answer'),
  refused: number('Alerts that did not begin, since there were too many.', 0),
  last: z
    .object({
      at: time('When.'),
      queries: number('Queries.', 4),
      read_ms: number('Time they took.', 120),
      evaluate_ms: number('Time that the evaluation took.', 35),
      alerts: number('Alerts pending or firing.', 3),
    })
    .nullable()
    .meta({ description: 'The last evaluation of this process; null before the first.' }),
  shards: z.array(
    z.object({
      shard: number('Number of the shard.', 0),
      owner: orNull('The process that evaluates it, where known.', 'host-17'),
      is_ours: flag('Whether that is the process that answers.'),
      evaluated_until: timeOrNull('Complete minutes are evaluated up to here.'),
    }),
  ),
})

const fault = z.object({
  line: number('Line of the text.', 7),
  field: text('Field.', 'condition.count'),
  why: text('What is wrong.', 'expected whole minutes'),
})
export const ruleRow = z
  .object({
    id: text('Names the rule.', 'job-spike'),
    source: z.enum(['built-in', 'file', 'api']).meta({ description: 'Where it comes from.', examples: ['built-in'] }),
    file: orNull('Its file; null where it came over the API.', 'alerts/job-spike.yml'),
    in_force: flag(
      'Whether this is evaluated: a later source replaces it, `enabled: false` switches it off, a set of files with faults is not taken.',
    ),
    title: orNull('What it is called; null where its text has faults or switches it off.', 'A job fails far more than usual'),
    level: level.nullable().meta({ description: 'Whose it is.', examples: ['basic'] }),
    severity: severity.nullable().meta({ description: 'How bad it is.', examples: ['high'] }),
    per: z
      .enum(PER)
      .nullable()
      .meta({ description: 'What an alert is of.', examples: ['job'] }),
    text: text('As it was written; of a file that is in force, what is in force.', 'title: A job fails far more than usual\n'),
    written: orNull(
      'What the file says now, where that is not in force: it, or another file, has faults. Null: it says `text`.',
      'title: A job fails far more than usual\nseverity: crit\n',
    ),
    faults: z.array(fault).meta({ description: 'Of what is written now.' }),
  })
  .meta({ id: 'AlertRule' })
export const rulesAnswer = z.object({ rules: z.array(ruleRow).meta({ description: 'By id; the last of an id is the one that counts.' }) })
export const testAnswer = z.object({
  rule: text('Id of the rule.', 'orders-fail'),
  from: time('Begin of the range.'),
  to: time('Its end.'),
  past_from: time('Begin of what was read: the rule compares with it.'),
  rows: number('Rows that the rule is for, of all that was read.', 4_800),
  episodes: z.array(episodeRow).meta({ description: 'When it would have fired, in order of time.' }),
})

export const silenceRow = z
  .object({
    id: text('Names the silence.', 's-1'),
    match: z
      .record(z.string(), z.union([z.string(), z.array(z.string())]))
      .meta({ description: 'Which alerts.', examples: [{ job: 'orders-*' }] }),
    from: time('Begin.'),
    until: time('End.'),
    who: text('Who wanted it.', 'ada'),
    comment: text('Why.', 'planned migration'),
  })
  .meta({ id: 'Silence' })
export const silencesAnswer = z.object({ silences: z.array(silenceRow) })

export const GROUP_STATES = ['new', 'ongoing', 'resolved', 'regressed', 'muted'] as const
export const groupStateRow = z
  .object({
    job: text('The job.', 'orders-enrichment'),
    fingerprint: text('Key of the error.', 'v1:0123456789abcdef'),
    state: z.enum(GROUP_STATES).meta({
      description: 'new: for its first seven days. regressed: it came back after somebody called it resolved.',
      examples: ['ongoing'],
    }),
    first_seen: time('First event.'),
    last_seen: time('Last event, to the hour.'),
    resolved_at: timeOrNull('When somebody called it resolved.'),
    regressed_at: timeOrNull('When it came back after that.'),
    mute: z
      .object({
        since: time('Begin.'),
        until: timeOrNull('End; null: none.'),
        until_count: numberOrNull('It ends with so many events; null: it does not.', 1_000),
        counted: number('Events since its begin.', 17),
      })
      .nullable()
      .meta({ description: 'The mute that was set last, which may have ended; null: none.' }),
    changes: z
      .array(
        z.object({
          to: z
            .enum(['resolved', 'regressed', 'muted', 'reopened', 'unmuted'])
            .meta({ description: 'What it became.', examples: ['resolved'] }),
          who: orNull('Who did it; null: it came by itself.', 'ada'),
          at: time('When.'),
          comment: orNull('Why.', 'fixed in 1.4.2'),
        }),
      )
      .meta({ description: 'The last twenty, oldest first.' }),
  })
  .meta({ id: 'GroupState' })

export const undeliveredAnswer = z.object({
  undelivered: z
    .array(
      z
        .object({
          id: orNull('Of the notification; null where only the record of the group tells of it.', 'n-1'),
          receiver: text('The receiver.', 'on-call'),
          group: text('What the alerts had in common.', 'job=orders'),
          reason: z.enum(['refused', 'gave_up']).meta({
            description: 'refused: the receiver will not take it. gave_up: it did not answer as it should, for too long.',
            examples: ['gave_up'],
          }),
          last_error: text('What it said last.', 'HTTP 503'),
          tries: number('How often it was tried.', 9),
          alerts: number('Alerts in it.', 2),
          at: time('When.'),
        })
        .meta({ id: 'Undelivered' }),
    )
    .meta({ description: 'Newest first.' }),
})
export const receiversAnswer = z.object({
  receivers: z.array(
    z
      .object({
        name: text('The receiver.', 'on-call'),
        type: text('What it is.', 'webhook'),
        waiting: number('Notifications that wait, or are being tried.', 0),
        alerts: number('Alerts held for it.', 2),
        sent: number('Sent since this process began.', 40),
        retried: number('Tries that failed.', 1),
        undelivered: number('That did not get through.', 0),
        last_sent: timeOrNull('When one got through last.'),
        last_error: z
          .object({ at: time('When.'), message: text('What it said.', 'HTTP 503'), retriable: flag('Whether it was tried again.') })
          .nullable()
          .meta({ description: 'What went wrong last; null: nothing.' }),
      })
      .meta({ id: 'Receiver' }),
  ),
})
