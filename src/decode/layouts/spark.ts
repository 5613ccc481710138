/** Spark 4's structured logs, from the JVM (trace as text) and from PySpark (frames as objects, comma in the time). Context: `context`. */
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { isObject, type JsonObject } from '../value.ts'

const OWN: ReadonlySet<string> = new Set(['ts', 'level', 'msg', 'logger', 'context', 'exception'])

export const spark: LayoutReader = {
  layout: 'spark',
  // `logger` comes last: a record that was cut is known by what comes first.
  matches: (r) =>
    typeof r['ts'] === 'string' &&
    r['msg'] !== undefined &&
    (r['logger'] !== undefined || isObject(r['context']) || isObject(r['exception'])),
  read,
}

function read(record: JsonObject): Reading {
  return {
    timeMs: parseTime(record['ts']),
    level: record['level'],
    message: record['msg'],
    logger: record['logger'],
    throwable: record['exception'],
    context: [record['context']],
    rest: { of: record, own: OWN },
  }
}
