/**
 * All settings: one zod schema with defaults, units (in the name) and a sentence each. Settings come from one YAML file and from
 * environment variables; `TRACEFOLD_` and the path in capitals, joined with `_`, names the variable: `detail.flushMs` is
 * `TRACEFOLD_DETAIL_FLUSH_MS`. Secrets come from an environment variable or a file (`...File`), never from the YAML file itself.
 */
import { z } from 'zod'
import { receiversSchema } from '../alert/deliver/settings.ts'
import { LEVELS } from '../event.ts'
import { BRANCHES } from '../store/position.ts'
import { kafkaSchema } from './kafka-schema.ts'
import { form, names, positive, url } from './parts.ts'
import { druidSchema, elasticsearchSchema } from './store-schemas.ts'

const JAVA_PACKAGE = /^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u

/** In cluster mode: when a branch skips to the log's end instead of waiting. */
const lossTolerance = (store: string) => ({
  skipAfterLagRecords: positive()
    .nullable()
    .default(null)
    .describe(
      `Skip to the log's end where ${store} takes nothing and a partition is more records behind than this; the range is recorded and can be backfilled. Null waits, however long.`,
    ),
  skipAfterLagMinutes: positive()
    .nullable()
    .default(null)
    .describe(`The same by age: skip where ${store} takes nothing and the oldest waiting record of a partition is older than this.`),
})

export const schema = z.strictObject({
  name: form(/^[a-z][a-z0-9-]{0,40}$/, 'small letters, digits and dashes, a letter first, at most 41')
    .default('tracefold')
    .describe('Prefix of all topics, groups, indices and datasources, so that two installations can share a cluster.'),
  mode: z
    .enum(['embedded', 'cluster'])
    .default('embedded')
    .describe('embedded: one SQLite file and no server. cluster: Kafka, Elasticsearch and Druid.'),
  branches: z
    .enum(['apart', 'together'])
    .default('apart')
    .describe('In cluster mode: a consumer group for each branch, or one source for both.'),
  branch: z
    .enum(['both', ...BRANCHES])
    .default('both')
    .describe('Which branch this process runs, where they are apart.'),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info').describe('Level of our own log.'),

  kafka: kafkaSchema.prefault({}),
  elasticsearch: elasticsearchSchema.prefault({}),
  druid: druidSchema.prefault({}),

  embedded: z
    .strictObject({
      path: z.string().min(1).default('./tracefold-data').describe('Folder that holds the embedded database.'),
      files: names().default([]).describe('Log files to read and follow.'),
      maxBytes: positive().default(10_737_418_240).describe('Size at which the oldest days are deleted before their time.'),
      flushMs: positive().default(200).describe('Age of the oldest uncommitted event at which a transaction is made.'),
    })
    .prefault({}),

  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address that the API and the page listen on.'),
      port: z.number().int().min(0).max(65_535).default(7171).describe('Port of the API and the page; 0 takes a free one.'),
      maxBodyBytes: positive().default(33_554_432).describe('Largest body of POST /api/v1/events.'),
    })
    .prefault({}),

  job: z
    .strictObject({
      from: z
        .array(form(/^(context:.+|header:.+|service|key|topic)$/, 'context:<key>, header:<name>, service, key or topic'))
        .min(1)
        .default([
          'context:job',
          'context:job_name',
          'context:jobName',
          'context:flink-job-name',
          'context:flink-job-id',
          'context:service.name',
          'service',
          'context:fields.job',
          'context:fields.job_name',
          'context:kubernetes.labels.app',
          'context:kubernetes.labels.app.kubernetes.io/name',
          'context:kubernetes.labels.app_kubernetes_io/name',
          'header:job',
          'key',
          'topic',
        ])
        .describe(
          "Where the job's name is looked for, in this order: context:<key>, service (the layout's own service name), header:<name>, key (the record's), topic.",
        ),
      environmentFrom: z
        .array(form(/^(context:.+|header:.+|service)$/, 'context:<key>, header:<name> or service'))
        .default([
          'context:environment',
          'context:env',
          'service',
          'context:service.environment',
          'context:fields.env',
          'context:fields.environment',
        ])
        .describe("Where the environment is looked for; service is the layout's own field of the service's environment."),
      hostFrom: z
        .array(form(/^(context:.+|header:.+|event)$/, 'context:<key>, header:<name> or event'))
        .default(['context:host', 'context:host.name', 'context:host.hostname', 'context:hostname', 'event', 'header:host'])
        .describe("Where the host is looked for; event is the layout's own host field."),
    })
    .prefault({}),

  filter: z
    .strictObject({
      minLevel: z.enum(LEVELS).default('ERROR').describe('Events of this level and above are kept.'),
      minLevelWithThrowable: z.enum(LEVELS).default('WARN').describe('Events with a throwable are kept from this level on.'),
      rulesFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe(
          'YAML file of filter rules of your own: which events are dropped, kept or sampled. It may change while the program runs.',
        ),
    })
    .prefault({}),

  redaction: z
    .strictObject({
      rulesFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe('YAML file of redaction rules of your own, and switches of the built-in ones. It may change while the program runs.'),
    })
    .prefault({}),

  time: z
    .strictObject({
      maxPastHours: positive()
        .default(168)
        .describe("An event's own time counts if it is at most this much before the record's timestamp."),
      maxFutureMinutes: positive()
        .default(10)
        .describe("An event's own time counts if it is at most this much after the record's timestamp."),
      maxRecordFutureHours: positive().default(24).describe('A record whose own timestamp is further ahead of the clock is a dead letter.'),
    })
    .prefault({}),

  limits: z
    .strictObject({
      maxRecordBytes: positive().default(10_485_760).describe('A record larger than this is a dead letter.'),
      maxEventsPerRecord: positive().default(10_000).describe('Events taken from one record.'),
      maxMessageChars: positive().default(32_768).describe('A message is cut at this.'),
      maxTraceChars: positive().default(262_144).describe('A stack trace is cut at this.'),
      maxContextKeys: positive().default(64).describe('Context keys kept of one event.'),
      maxContextValueChars: positive().default(1_024).describe('A context value is cut at this.'),
      maxLetterBytes: positive().default(65_536).describe('Bytes of a record kept in a dead letter.'),
    })
    .prefault({}),

  knownTraces: z
    .boolean()
    .default(true)
    .describe(
      'Whether a stack trace that was seen before is recognised in the raw bytes instead of being parsed again: the same events for about half the CPU.',
    ),
  blockSize: positive().default(2_000).describe('Offsets in a block: what a restart reads again at most, for each partition.'),
  maxGroupsPerJob: positive()
    .default(200)
    .describe(
      "Different errors of one job and minute in one block; past that new ones fall into the job's overflow group, which is counted exactly.",
    ),
  maxGroupsPerBlock: positive()
    .default(4_000)
    .describe(
      "Different errors of all jobs in one block; past that new ones fall into their job's overflow group, and past twice that into the job overflow.",
    ),

  detail: z
    .strictObject({
      flushMs: positive().default(1_000).describe('Age of the oldest unwritten event at which documents are flushed.'),
      flushDocuments: positive().default(2_000).describe('Changed documents at which they are flushed.'),
      flushBytes: positive().default(8_388_608).describe('Size of the samples held at which documents are flushed.'),
      maxDocuments: positive()
        .default(10_000)
        .describe('Changed documents waiting at which the source is paused until a flush is through.'),
      retentionDays: positive().default(14).describe('Days that detail is kept.'),
      ...lossTolerance('Elasticsearch'),
    })
    .prefault({}),

  rollup: z
    .strictObject({
      flushMs: positive().default(1_000).describe('Time between transactions of a partition when caught up.'),
      catchUpFlushMs: positive().default(5_000).describe('Time between transactions while behind.'),
      flushRows: positive().default(5_000).describe('Rows at which a transaction is made.'),
      maxRows: positive().default(20_000).describe('Rows held at which the source is paused until a transaction is through.'),
      topicPartitions: positive().default(1).describe('Partitions of the rollup topic that `setup` creates.'),
      topicRetentionDays: positive().default(30).describe('Days that rows wait in the rollup topic for Druid.'),
      retentionDays: positive().default(400).describe('Days that rollups are kept.'),
      ...lossTolerance('the rollup topic'),
    })
    .prefault({}),

  deadLetters: z
    .strictObject({
      retentionDays: positive().default(30).describe('Days that dead letters are kept.'),
      maxBytes: positive().default(1_073_741_824).describe('Size of all dead letters at which the oldest are deleted before their time.'),
    })
    .prefault({}),

  alerts: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('Whether alert rules are evaluated. Without receivers they are evaluated and shown, and nobody is told.'),
      folders: names()
        .default([])
        .describe(
          'Folders with alert rules of your own, which beat the built-in ones; later ones beat earlier ones. They may change while the program runs.',
        ),
      intervalMs: z.number().int().min(500).default(5_000).describe('Time between two evaluations.'),
      delayMs: positive()
        .default(30_000)
        .describe(
          'How long after its end a minute is taken to be completely counted, beside what the stream is behind. Conditions that more events cannot undo do not wait for that.',
        ),
      maxLagMs: positive().default(600_000).describe('Behind by more than this, alert rules are blind, which is an alert of its own.'),
      maxGapHours: positive()
        .default(24)
        .describe('What was not evaluated, since no process ran or rules were blind, is made up for up to this far back.'),
      shards: z
        .number()
        .int()
        .min(1)
        .max(64)
        .default(4)
        .describe(
          'In cluster mode: shares of the rules, for processes to divide among themselves, as partitions of the topic that `setup` creates. Only alerts of one shard come together in one message.',
        ),
      sessionTimeoutMs: z
        .number()
        .int()
        .min(1_000)
        .default(6_000)
        .describe(
          'In cluster mode: how long a process is silent before others take over its shards. Brokers allow 6,000 and above by default.',
        ),
      links: z
        .strictObject({
          page: url().nullable().default(null).describe('Where people reach our page: messages then link to it.'),
          kibana: url().nullable().default(null).describe('Where people reach Kibana, with its space: https://kibana.example.com/s/ops.'),
          kibanaDataView: z
            .string()
            .min(1)
            .nullable()
            .default(null)
            .describe("Id of Kibana's data view of the detail indices; its default one otherwise."),
        })
        .prefault({}),
      receivers: receiversSchema.default({}).describe('Who is told of alerts, and how: see docs/receivers.md.'),
    })
    .prefault({}),

  patterns: z
    .strictObject({
      folder: z.string().min(1).nullable().default(null).describe('Folder with rules of your own, which beat the built-in ones.'),
    })
    .prefault({}),

  fingerprint: z
    .strictObject({
      ownPackages: z
        .array(form(JAVA_PACKAGE, 'package such as com.acme'))
        .default([])
        .describe('Packages whose frames are your own code although a library list says otherwise: com.acme, org.apache.acme.'),
      rulesFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe('YAML file of rules of your own for grouping: what frames, types and messages count for, and groups by name.'),
      previousRulesFile: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe(
          'The rules file before a change. While it is set, the key by these rules is computed, too, so that an error can be followed across the change.',
        ),
      previousUntil: z
        .string()
        .nullable()
        .default(null)
        .describe(
          'Event time at which a change is over, with its zone: 2026-03-17T12:00:00Z. From then on the key by the previous rules is not told any more.',
        ),
    })
    .prefault({}),
})

/** All settings, checked and frozen. */
export type Settings = z.output<typeof schema>
export type KafkaSettings = Settings['kafka']
export type ElasticsearchSettings = Settings['elasticsearch']
export type DruidSettings = Settings['druid']
