/**
 * Vector. Known by `source_type`, one of its sources, beside its `timestamp`.
 *
 *   {"file":"/var/log/app.log","host":"node-7","message":"...","source_type":"file","timestamp":"2026-08-01T10:00:00Z"}
 *
 * Its keys come in alphabetical order, so a record that was cut has lost them: see unwrap.ts.
 */
import { parseTime } from '../time.ts'
import { first, textOf, type JsonObject } from '../value.ts'
import { kubernetesOf } from './kubernetes.ts'
import { findShipped } from './shipped.ts'
import type { Wrapped } from './wrapped.ts'

const SOURCES: ReadonlySet<string> = new Set([
  'amqp',
  'aws_kinesis_firehose',
  'aws_s3',
  'aws_sqs',
  'datadog_agent',
  'demo_logs',
  'docker_logs',
  'exec',
  'file',
  'file_descriptor',
  'fluent',
  'gcp_pubsub',
  'heroku_logs',
  'http',
  'http_client',
  'http_server',
  'journald',
  'kafka',
  'kubernetes_logs',
  'logstash',
  'mqtt',
  'nats',
  'opentelemetry',
  'pulsar',
  'redis',
  'socket',
  'splunk_hec',
  'stdin',
  'syslog',
  'vector',
  'websocket',
])
const OWN: ReadonlySet<string> = new Set([
  'source_type',
  'file',
  'host',
  'kubernetes',
  'stream',
  'container_created_at',
  'container_id',
  'container_name',
  'image',
  'label',
  'path',
  'port',
  'pid',
  'offset',
  'partition',
  'topic',
  'message_key',
  'headers',
])
const HOST = ['host', 'hostname'] as const

/** `isSure`: whoever asks knows it, without the mark. */
export function vector(record: JsonObject, recordCut: boolean, isSure = false): Wrapped | null {
  const hasMark = SOURCES.has(textOf(record['source_type']) ?? '') && typeof record['timestamp'] === 'string'
  if (!hasMark && !isSure) return null
  const { inside, isCut, orElse, rest } = findShipped(record, 'message', (key) => isOwn(record, key), recordCut)
  const { file, stream, topic, container_name, source_type } = record
  const context = [kubernetesOf(record['kubernetes']), { file, topic, container_name, stream, source_type }, rest]
  return {
    envelope: 'vector',
    inside,
    isCut,
    orElse,
    around: { timeMs: parseTime(record['timestamp']), host: first(record, HOST), context, tags: record['tags'] },
  }
}

/** A parsed record may have brought a `timestamp` of its own, unless it calls its time something else. */
function isOwn(record: JsonObject, key: string): boolean {
  return key === 'timestamp' ? first(record, OTHER_TIMES) !== undefined : OWN.has(key)
}
const OTHER_TIMES = ['@timestamp', 'instant', 'timeMillis', 'ts'] as const
