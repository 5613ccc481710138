/** Spark 4's structured logs, from the JVM (trace as text) and from PySpark (frames as objects, comma in the time). Context: `context`. */
import type { LayoutReader, Reading } from '../layout.ts'
import { parseTime } from '../time.ts'
import { isOpen, markOpen } from '../open-values.ts'
import { isObject, type JsonObject } from '../value.ts'

const OWN: ReadonlySet<string> = new Set(['ts', 'level', 'msg', 'logger', 'context', 'exception'])

export const spark: LayoutReader = {
  layout: 'spark',
  matches: (r) =>
    typeof r['ts'] === 'string' && r['msg'] !== undefined && (isObject(r['context']) || isObject(r['exception']) || isBare(r)),
  read,
}

/** Others write `ts` and `msg`, too: without what only Spark has, a record is Spark's if it has nothing else. `logger` comes last: a cut record has lost it. */
function isBare(record: JsonObject): boolean {
  if (record['logger'] === undefined) return false
  for (const key in record) if (!OWN.has(key)) return false
  return true
}

function read(record: JsonObject): Reading {
  return {
    timeMs: parseTime(record['ts']),
    level: record['level'],
    message: record['msg'],
    logger: record['logger'],
    throwable: thrown(record['exception']),
    context: [record['context']],
    rest: { of: record, own: OWN },
  }
}

/** Python prints the most recent call last. */
function thrown(exception: unknown): unknown {
  if (!isObject(exception) || !Array.isArray(exception['stacktrace'])) return exception
  const reversed = { ...exception, stacktrace: exception['stacktrace'].toReversed() }
  if (isOpen(exception)) markOpen(reversed, 1)
  return reversed
}
