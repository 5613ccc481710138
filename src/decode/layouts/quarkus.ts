/**
 * Quarkus and JBoss (JsonFormatter), also in Quarkus's mode for Google Cloud. `exception` is a structure, `stackTrace` a text; the text holds the
 * whole chain and wins.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { firstTime } from '../time.ts'
import { field, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const OWN: ReadonlySet<string> = new Set([
  'timestamp',
  '@timestamp',
  'sequence',
  'loggerClassName',
  'loggerName',
  'level',
  'severity',
  'message',
  'threadName',
  'threadId',
  'mdc',
  'ndc',
  'hostName',
  'processName',
  'processId',
  'exception',
  'stackTrace',
  'stack_trace',
  'sourceClassName',
  'sourceFileName',
  'sourceMethodName',
  'sourceLineNumber',
  'sourceModuleName',
  'sourceModuleVersion',
  'service.name',
  'service.version',
  'service.environment',
])
const TIMES = ['timestamp', '@timestamp'] as const

export const quarkus: LayoutReader = {
  layout: 'quarkus',
  matches: (r) => r['loggerClassName'] !== undefined && r['loggerName'] !== undefined,
  read,
}

function read(record: JsonObject): Reading {
  return {
    timeMs: firstTime(record, TIMES),
    level: record['level'] ?? record['severity'],
    message: record['message'],
    logger: record['loggerName'],
    thread: record['threadName'],
    host: record['hostName'],
    ...serviceOf(record),
    throwable: thrown(record),
    tags: [record['ndc']],
    context: [record['mdc']],
    rest: { of: record, own: OWN },
  }
}

function thrown(record: JsonObject): unknown {
  const stackTrace = record['stackTrace'] ?? record['stack_trace']
  if (stackTrace === undefined) return record['exception']
  return {
    type: field(record, 'exception', 'exceptionType'),
    message: field(record, 'exception', 'message'),
    stackTrace,
  }
}
