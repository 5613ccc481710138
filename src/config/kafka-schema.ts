/** Settings of Kafka: of the first cluster, and of those beside it. */
import { z } from 'zod'
import { file, form, positive, secret, tls, url } from './parts.ts'

const firstCluster = z.strictObject({
  brokers: z
    .array(form(/^([^\s:/@]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/, 'host:port'))
    .min(1)
    .default(['127.0.0.1:9092'])
    .describe('Brokers to start from, host:port each.'),
  brokersFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'File with the brokers to start from, in place of `brokers`: host:port each, on lines of their own. It may change while the program runs.',
    ),
  brokersDns: form(/^(_[^\s/@]+|[^\s:/@]+:\d{1,5})$/, 'SRV name, or host:port')
    .nullable()
    .default(null)
    .describe(
      'Name in DNS to find the brokers by, in place of `brokers`: SRV records of _kafka._tcp.example.com, or all addresses of kafka.example.com:9092.',
    ),
  topics: z
    .array(form(/^[A-Za-z0-9._-]{1,249}$/, 'topic name'))
    .min(1)
    .default(['error-logs'])
    .describe('Topics that hold the error logs.'),
  tls: tls('Kafka'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer']).default('none').describe('SASL mechanism.'),
      username: z.string().nullable().default(null).describe('User name for plain and scram; client id for oauthbearer.'),
      password: secret().describe('Password for plain and scram; client secret for oauthbearer.'),
      passwordFile: file('the SASL password'),
      tokenUrl: url().nullable().default(null).describe('OAuth token endpoint (client credentials grant), for oauthbearer.'),
      scope: z.string().nullable().default(null).describe('OAuth scope, for oauthbearer.'),
    })
    .prefault({}),
  sessionTimeoutMs: positive()
    .default(10_000)
    .describe('How long the group waits for a silent member before it gives its partitions away.'),
  maxBytesPerPartition: positive()
    .default(1_048_576)
    .describe('Most bytes per partition in one fetch; a record that is larger still comes, alone.'),
  requestTimeoutMs: positive().default(30_000).describe('How long one request to a broker may take.'),
  replicationFactor: z
    .number()
    .int()
    .min(-1)
    .default(-1)
    .describe("Replication factor of topics that `setup` creates; -1 takes the broker's default."),
  partitions: positive().default(4).describe('Partitions of a source topic that `setup` creates.'),
  lostPosition: z
    .enum(['stop', 'recover', 'earliest', 'latest'])
    .default('stop')
    .describe(
      "What to do where the group's offsets are gone, or were set back with other tools, although the store holds our data: stop with an error; recover from what the store says; earliest counts the log anew as another incarnation; latest skips it.",
    ),
  expiredPosition: z
    .enum(['earliest', 'latest', 'stop'])
    .default('earliest')
    .describe(
      'What to do where Kafka has deleted the offset to go on at: earliest goes on with what is left; latest skips that, too; stop with an error. The ledger says what was lost.',
    ),
  transactionTimeoutMs: positive().default(30_000).describe('After this the broker ends a transaction whose producer has died.'),
  stallMs: positive()
    .default(300_000)
    .describe(
      'How long there may be records to read and none come before the consumer is made anew; where that helps nothing three times, the program ends.',
    ),
})

/** What a further cluster may say for itself. Its password comes from a file: a variable has one value for all. */
const furtherCluster = z.strictObject({
  name: form(/^[a-z][a-z0-9-]{0,20}$/, 'small letters, digits and dashes, a letter first, at most 21'),
  brokers: firstCluster.shape.brokers.unwrap().nullable().default(null),
  brokersFile: firstCluster.shape.brokersFile,
  brokersDns: firstCluster.shape.brokersDns,
  tls: firstCluster.shape.tls.unwrap().nullable().default(null),
  sasl: firstCluster.shape.sasl.unwrap().omit({ password: true }).nullable().default(null),
  druidBootstrap: z.string().min(1).nullable().default(null),
  druidProperties: z.record(z.string(), z.string()).nullable().default(null),
})
export type FurtherCluster = z.output<typeof furtherCluster>

export const kafkaSchema = firstCluster.extend({
  moreClusters: z
    .array(furtherCluster)
    .describe(
      'list of clusters: name; brokers, brokersFile or brokersDns; tls, sasl, druidBootstrap, druidProperties where they differ (JSON in the variable)',
    )
    .default([])
    .describe(
      'Further Kafka clusters with the same topics, read beside this one. What one does not say of tls, sasl and druidProperties is as here and in `druid.kafkaProperties`.',
    ),
})
