/**
 * CloudEvents, structured as JSON: `specversion`, `type` and `source` beside `data`, or `data_base64` for bytes (`datacontentencoding` up to 0.3). All other keys are attributes of the
 * envelope and become context under `cloudevents.`.
 */
import { parseTime } from '../time.ts'
import { NOTHING_AROUND, isCutAt, type Wrapped } from './wrapped.ts'
import { without, type JsonObject } from '../value.ts'

const NOT_CONTEXT: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'time',
  'data',
  'data_base64',
  'datacontenttype',
  'datacontentencoding',
  'dataschema',
])

export function cloudEvent(record: JsonObject, recordCut: boolean): Wrapped | null {
  const { specversion, type, source, data } = record
  if (typeof specversion !== 'string' || typeof type !== 'string' || typeof source !== 'string') return null
  const bytesKey = record['datacontentencoding'] === 'base64' ? 'data' : data === undefined ? 'data_base64' : null
  const bytes = bytesKey === null ? undefined : record[bytesKey]
  return {
    envelope: 'cloudevents',
    inside: typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : (data ?? undefined),
    isCut: recordCut && isCutAt(record, typeof bytes === 'string' ? bytesKey! : 'data'),
    orElse: null,
    around: {
      ...NOTHING_AROUND,
      timeMs: parseTime(record['time']),
      context: [{ cloudevents: without(record, (key) => NOT_CONTEXT.has(key)) }],
    },
  }
}
