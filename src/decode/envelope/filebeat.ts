/**
 * Filebeat (and Elastic Agent, which runs it), straight to Kafka or through Logstash. Known by what it says of itself: `@metadata.beat`, `agent`,
 * in version 6 `beat`; or, where those were dropped, by where it read.
 *
 *   {"@timestamp":"...","@metadata":{"beat":"filebeat",...},"message":"...","log":{"offset":1,"file":{"path":"..."}},"fields":{...},"host":{"name":"..."},"agent":{...}}
 */
import { parseTime } from '../time.ts'
import { field, first, isObject, textOf, type JsonObject } from '../value.ts'
import { kubernetesOf } from './kubernetes.ts'
import { findShipped } from './shipped.ts'
import type { Wrapped } from './wrapped.ts'

const OWN: ReadonlySet<string> = new Set([
  '@metadata',
  'agent',
  'beat',
  'input',
  'prospector',
  'offset',
  'source',
  'fields',
  'kubernetes',
  'container',
  'docker',
  'cloud',
  'elastic_agent',
  'stream',
  'orchestrator',
  'data_stream',
  'event',
])
const AGENT = /beat$|^elastic-agent$/
/** What it writes where the line was meant to be JSON and is none: then its `error` is not the event's. */
const DECODE_ERROR = /^(?:Error decoding JSON|parsing input as JSON|failed to decode)/i

/** `isSure`: whoever asks knows it, without the marks. */
export function filebeat(record: JsonObject, recordCut: boolean, isSure = false): Wrapped | null {
  if (!isSure && !isFilebeat(record)) return null
  const { inside, isCut, orElse, rest } = findShipped(record, 'message', (key) => isOwn(record, key), recordCut)
  const log = isObject(record['log']) ? record['log'] : {}
  const isFlagged = Array.isArray(log['flags']) && log['flags'].includes('truncated')
  return {
    envelope: 'filebeat',
    inside: inside ?? originalOf(record),
    isCut: isCut || isFlagged,
    orElse,
    around: {
      timeMs: parseTime(record['@timestamp']),
      host: hostOf(record),
      context: [...placesOf(record, log), rest],
      tags: record['tags'],
    },
  }
}

function isFilebeat(record: JsonObject): boolean {
  const agent = field(record, 'agent', 'type')
  if (typeof agent === 'string' && AGENT.test(agent)) return true
  if (typeof field(record, '@metadata', 'beat') === 'string' || typeof field(record, 'beat', 'version') === 'string') return true
  return isObject(record['input']) && typeof field(record, 'log', 'offset') === 'number'
}

/** What the schema of the logged record knows too is Filebeat's only in Filebeat's form. */
function isOwn(record: JsonObject, key: string): boolean {
  const value = record[key]
  switch (key) {
    case 'host':
    case 'ecs':
      return isObject(value)
    case 'log':
      return isObject(value) && value['level'] === undefined
    case 'error':
      return isObject(value) && (value['type'] === 'json' || DECODE_ERROR.test(textOf(value['message']) ?? ''))
    default:
      return OWN.has(key)
  }
}

/** Where an ingest pipeline took the message away and left the line. */
function originalOf(record: JsonObject): unknown {
  const original = field(record, 'event', 'original') ?? record['event.original']
  return typeof original === 'string' ? original : undefined
}

function hostOf(record: JsonObject): unknown {
  for (const [holder, names] of HOSTS) {
    const value = record[holder]
    const name = isObject(value) ? first(value, names) : undefined
    if (name !== undefined) return name
  }
  return null
}
const HOSTS = [
  ['host', ['name', 'hostname']],
  ['agent', ['hostname', 'name']],
  ['beat', ['hostname', 'name']],
] as const

function placesOf(record: JsonObject, log: JsonObject): unknown[] {
  const { fields, kubernetes, container, docker, stream } = record
  const path = field(log, 'file', 'path') ?? (typeof record['source'] === 'string' ? record['source'] : null)
  return [
    isObject(fields) ? { fields } : null,
    kubernetesOf(kubernetes),
    isObject(container) ? { container } : null,
    isObject(docker) ? { docker } : null,
    { 'log.file.path': path, stream },
  ]
}
