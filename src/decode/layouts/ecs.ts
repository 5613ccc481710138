/**
 * Elastic Common Schema with dotted keys: Log4j 2 EcsLayout, ecs-logging-java, and Quarkus in its ECS mode. Context (MDC) keys stand at the
 * root beside the layout's own (Quarkus: in `mdc`), so a text `host` or `log` is context; only `host.name` and objects are the schema's.
 */
import type { Layout } from '../../event.ts'
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { field, isObject, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const OWN: ReadonlySet<string> = new Set([
  '@timestamp',
  'ecs.version',
  'log.level',
  'log.logger',
  'message',
  'process.thread.name',
  'error.type',
  'error.message',
  'error.stack_trace',
  'tags',
  'host.name',
  'service.name',
  'service.version',
  'service.environment',
  'service.node.name',
  'event.dataset',
  'log.origin',
  'log.origin.file.name',
  'log.origin.file.line',
  'log.origin.function',
  'process.pid',
  'process.thread.id',
])
/** The schema's only as objects. */
const OBJECTS = ['host', 'log'] as const
const OWN_QUARKUS: ReadonlySet<string> = new Set([
  ...OWN,
  'event.sequence',
  'data_stream.type',
  'process.name',
  'host.hostname',
  'loggerClassName',
  'mdc',
  'ndc',
])

export const ecsLogging: LayoutReader = reader('ecs-logging', (r) => r['ecs.version'] !== undefined && r['event.dataset'] !== undefined)
export const log4j2Ecs: LayoutReader = reader('log4j2-ecs', (r) => r['ecs.version'] !== undefined || r['log.level'] !== undefined)
/** Not by `ecs.version`, which comes last: a record that was cut has lost it. */
export const quarkusEcs: LayoutReader = {
  layout: 'quarkus',
  matches: (r) => r['event.sequence'] !== undefined && (r['log.level'] !== undefined || r['log.logger'] !== undefined),
  read: (r) => ({
    ...read(r),
    host: r['host.hostname'] ?? r['host.name'],
    tags: [r['ndc']],
    context: [r['mdc']],
    rest: { of: r, own: OWN_QUARKUS, taken: objectsIn(r) },
  }),
}

function reader(layout: Layout, matches: LayoutReader['matches']): LayoutReader {
  return { layout, matches, read }
}

function read(record: JsonObject): Reading {
  return {
    timeMs: parseTime(record['@timestamp']),
    level: record['log.level'],
    message: record['message'],
    logger: record['log.logger'],
    thread: record['process.thread.name'],
    host: record['host.name'] ?? field(record, 'host', 'name'),
    ...serviceOf(record),
    throwable: { type: record['error.type'], message: record['error.message'], stack_trace: record['error.stack_trace'] },
    tags: [record['tags']],
    rest: { of: record, own: OWN, taken: objectsIn(record) },
  }
}

function objectsIn(record: JsonObject): string[] {
  return OBJECTS.filter((name) => isObject(record[name]))
}
