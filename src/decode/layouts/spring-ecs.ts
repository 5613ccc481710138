/** Elastic Common Schema with nested objects: Spring Boot's `ecs` format from 3.4 on. Context (MDC) and key-values stand at the root. */
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { field, isObject, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const OWN: ReadonlySet<string> = new Set(['@timestamp', 'ecs', 'log', 'process', 'service', 'message', 'error', 'tags'])
const OWN_WITH_HOST: ReadonlySet<string> = new Set([...OWN, 'host'])

export const springEcs: LayoutReader = {
  layout: 'spring-ecs',
  // Not by `ecs`: a shipper's envelope has that too, and a record that was cut has lost it. A `log` with a message is a record of its own.
  matches: (r) => r['@timestamp'] !== undefined && field(r, 'log', 'level') !== undefined && field(r, 'log', 'message') === undefined,
  read,
}

function read(record: JsonObject): Reading {
  return {
    timeMs: parseTime(record['@timestamp']),
    level: field(record, 'log', 'level'),
    message: record['message'],
    logger: field(record, 'log', 'logger'),
    thread: isObject(record['process']) ? field(record['process'], 'thread', 'name') : null,
    host: field(record, 'host', 'name'),
    ...serviceOf(record),
    throwable: record['error'],
    tags: [record['tags']],
    rest: { of: record, own: isObject(record['host']) ? OWN_WITH_HOST : OWN },
  }
}
