/** Quarkus and JBoss (JsonFormatter). `exception` is a structure, `stackTrace` a text; the text holds the whole chain and wins. */
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { field, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const OWN: ReadonlySet<string> = new Set([
  'timestamp', 'sequence', 'loggerClassName', 'loggerName', 'level', 'message', 'threadName', 'threadId', 'mdc', 'ndc', 'hostName',
  'processName', 'processId', 'exception', 'stackTrace', 'sourceClassName', 'sourceFileName', 'sourceMethodName', 'sourceLineNumber',
  'sourceModuleName', 'sourceModuleVersion', 'service.name', 'service.version', 'service.environment',
])

export const quarkus: LayoutReader = {
  layout: 'quarkus',
  matches: (r) => r['loggerClassName'] !== undefined && r['loggerName'] !== undefined,
  read,
}

function read(record: JsonObject): Reading {
  return {
    timeMs: parseTime(record['timestamp']),
    level: record['level'],
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
  if (record['stackTrace'] === undefined) return record['exception']
  return {
    type: field(record, 'exception', 'exceptionType'),
    message: field(record, 'exception', 'message'),
    stackTrace: record['stackTrace'],
  }
}
