/** Settings of Elasticsearch and Druid. */
import { z } from 'zod'
import { file, positive, secret, tls, url } from './parts.ts'

export const elasticsearchSchema = z.strictObject({
  nodes: z.array(url()).min(1).default(['http://127.0.0.1:9200']).describe('Addresses of Elasticsearch.'),
  tls: tls('Elasticsearch'),
  apiKey: secret().describe('API key (base64 form).'),
  apiKeyFile: file('the API key'),
  username: z.string().nullable().default(null).describe('User name, where basic authentication is used.'),
  password: secret().describe('Password, where basic authentication is used.'),
  passwordFile: file('the password'),
  requestTimeoutMs: positive().default(30_000).describe('How long one request may take.'),
  compression: z.boolean().default(false).describe('Whether requests are compressed: costs CPU here, saves network.'),
  shards: positive().default(1).describe("Primary shards of each day's index."),
  replicas: z.number().int().min(0).default(1).describe("Replicas of each day's index."),
  refreshSeconds: positive().default(1).describe('After this a written document is searchable.'),
  bulkBytes: positive().default(4_194_304).describe('Largest body of one bulk request.'),
  bulkDocuments: positive().default(1_000).describe('Most documents in one bulk request.'),
  bulkConcurrency: positive().default(2).describe('Bulk requests under way at once.'),
})

export const druidSchema = z.strictObject({
  queryUrl: url().default('http://127.0.0.1:8082').describe('Broker or router: where SQL is asked.'),
  coordinatorUrl: url()
    .default('http://127.0.0.1:8081')
    .describe('Coordinator with overlord, or router: where supervisors and retention rules are set.'),
  tls: tls('Druid'),
  username: z.string().nullable().default(null).describe('User name, where basic authentication is used.'),
  password: secret().describe('Password, where basic authentication is used.'),
  passwordFile: file('the password'),
  token: secret().describe('Bearer token.'),
  tokenFile: file('the bearer token'),
  requestTimeoutMs: positive().default(30_000).describe('How long one query may take.'),
  kafkaBootstrap: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Brokers as Druid reaches them, where that differs from kafka.brokers.'),
  kafkaProperties: z
    .record(z.string(), z.string())
    .default({})
    .describe('More consumer properties for the supervisor, such as its own SASL settings.'),
  taskCount: positive().default(1).describe('Reading tasks of the supervisor.'),
  replicas: positive().default(2).describe('Historicals that hold each segment.'),
  taskDurationMinutes: positive().default(60).describe('How long a reading task runs before it publishes its segments.'),
})
