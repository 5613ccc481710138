/** Any JSON object in which a level and a message, or a throwable, stand under a common name. The last one asked. */
import type { LayoutReader, Reading } from '../layout.ts'
import type { JsonObject } from '../value.ts'
import { hasLevel, hasMessage, hostIn, levelIn, loggerIn, messageIn, threadIn, timeIn, type Root } from './names.ts'
import { serviceOf } from './service.ts'
import { thrownIn } from './thrown.ts'

const CONTEXT = ['contextMap', 'mdc', 'MDC', 'context'] as const
const OWN: ReadonlySet<string> = new Set<string>([
  ...CONTEXT,
  'tags',
  'contextStack',
  'ndc',
  'service.name',
  'service.version',
  'service.environment',
])

export const generic: LayoutReader = { layout: 'generic-json', matches, read }

function matches(record: JsonObject): boolean {
  return (hasLevel(record) && hasMessage(record)) || thrownIn(rootOf(record)) !== null
}

function read(record: JsonObject): Reading {
  const root = rootOf(record)
  return {
    timeMs: timeIn(root),
    level: levelIn(root),
    message: messageIn(root),
    logger: loggerIn(root),
    thread: threadIn(root),
    host: hostIn(root),
    ...serviceOf(record),
    throwable: thrownIn(root),
    tags: [record['tags'], record['contextStack'], record['ndc']],
    context: CONTEXT.map((name) => contextOf(record, name)),
    rest: root,
  }
}

function rootOf(record: JsonObject): Root {
  return { of: record, own: OWN, taken: [] }
}

/** A context that is no map still says something: kept under its own name. */
function contextOf(record: JsonObject, name: string): unknown {
  const value = record[name]
  return typeof value === 'string' ? { [name]: value } : value
}
