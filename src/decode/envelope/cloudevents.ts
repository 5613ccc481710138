/**
 * CloudEvents, structured as JSON: `specversion`, `type` and `source` beside `data`, or `data_base64` for bytes. All other keys are attributes of the
 * envelope and become context under `cloudevents.`.
 */
import { parseTime } from '../time.ts'
import { NOTHING_AROUND, isCutAt, type Wrapped } from './wrapped.ts'
import { without, type JsonObject } from '../value.ts'

const NOT_CONTEXT: ReadonlySet<string> = new Set(['specversion', 'id', 'time', 'data', 'data_base64', 'datacontenttype', 'dataschema'])

export function cloudEvent(record: JsonObject, recordCut: boolean): Wrapped | null {
  const { specversion, type, source, data, data_base64 } = record
  if (typeof specversion !== 'string' || typeof type !== 'string' || typeof source !== 'string') return null
  const isBytes = data === undefined && typeof data_base64 === 'string'
  return {
    envelope: 'cloudevents',
    inside: isBytes ? Buffer.from(data_base64, 'base64') : (data ?? undefined),
    isCut: recordCut && isCutAt(record, isBytes ? 'data_base64' : 'data'),
    orElse: null,
    around: {
      ...NOTHING_AROUND,
      timeMs: parseTime(record['time']),
      context: [{ cloudevents: without(record, (key) => NOT_CONTEXT.has(key)) }],
    },
  }
}
