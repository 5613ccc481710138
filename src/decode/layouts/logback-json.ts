/**
 * Logback's JsonEncoder. `message` is the template; the rendered text is `formattedMessage` where that is switched on, else it is filled in
 * here from `arguments`, as Logback does.
 */
import type { LayoutReader, Reading } from '../layout.ts'
import { millisTime } from '../time.ts'
import { field, isObject, render, textOf, type JsonObject } from '../value.ts'
import { serviceOf } from './service.ts'

const MAX_ARGUMENT_CHARS = 4_096

const OWN: ReadonlySet<string> = new Set([
  'sequenceNumber',
  'timestamp',
  'nanoseconds',
  'level',
  'threadName',
  'loggerName',
  'context',
  'mdc',
  'kvpList',
  'markers',
  'message',
  'formattedMessage',
  'arguments',
  'throwable',
  'service.name',
  'service.version',
  'service.environment',
])

export const logbackJson: LayoutReader = {
  layout: 'logback-json',
  matches: (r) => r['loggerName'] !== undefined && r['loggerClassName'] === undefined && isOfLogback(r),
  read,
}

/** Each of its fields may be switched off. Others have thread and logger under these names, too, but not time and the rest as it writes them. */
function isOfLogback(record: JsonObject): boolean {
  if (record['sequenceNumber'] !== undefined || record['nanoseconds'] !== undefined || isObject(record['context'])) return true
  if (record['threadName'] === undefined || typeof record['timestamp'] === 'string') return false
  const { throwable } = record
  return throwable === null || isObject(throwable) || Array.isArray(record['arguments']) || Array.isArray(record['kvpList'])
}

function read(record: JsonObject): Reading {
  return {
    timeMs: millisTime(record['timestamp']),
    level: record['level'],
    message: record['formattedMessage'] ?? fill(textOf(record['message']) ?? '', record['arguments']),
    messageTemplate: record['message'],
    logger: record['loggerName'],
    thread: record['threadName'],
    ...serviceOf(record),
    throwable: record['throwable'],
    tags: [record['markers']],
    context: [record['mdc'], record['kvpList'], field(record, 'context', 'properties')],
    rest: { of: record, own: OWN },
  }
}

/** `{}` by `{}`; what is left over of either stays as it is. */
function fill(template: string, values: unknown): string {
  if (!Array.isArray(values)) return template
  const parts = template.split('{}', values.length + 1)
  const used = parts.join('{}').length
  let filled = parts[0] ?? ''
  for (let i = 1; i < parts.length; i++) filled += (render(values[i - 1], MAX_ARGUMENT_CHARS) ?? 'null') + (parts[i] ?? '')
  return filled + template.slice(used)
}
