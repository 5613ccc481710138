/**
 * In: a JSON object, and the layout that it has. Out: what is inside, where the object is an envelope that we know; else null. Asked of every record,
 * so one that is no envelope costs a few look-ups: each kind has a key without which it cannot be. A record that has a layout of its own can
 * only be one that was parsed at the shipper, with the shipper's keys beside its own. Cost: `npm run bench decode`.
 */
import type { LayoutReader } from '../layout.ts'
import { generic } from '../layouts/generic.ts'
import type { JsonObject } from '../value.ts'
import { cloudEvent } from './cloudevents.ts'
import { filebeat } from './filebeat.ts'
import { fluentBit, gelfLine, journal } from './fluent-bit.ts'
import { kafkaConnect } from './kafka-connect.ts'
import { isLogLine } from './shipped.ts'
import { vector } from './vector.ts'
import type { Wrapped } from './wrapped.ts'

/** `recordCut`: the record has lost its end, and with it perhaps what it is known by. */
export function unwrap(record: JsonObject, layout: LayoutReader | undefined, recordCut: boolean): Wrapped | null {
  const isOfLayout = layout !== undefined && layout !== generic
  if (isOfLayout) return parsedByShipper(record, recordCut)
  return shipped(record, recordCut) ?? (layout === undefined ? unmarked(record, recordCut) : null)
}

function parsedByShipper(record: JsonObject, recordCut: boolean): Wrapped | null {
  if (record['@metadata'] !== undefined || record['agent'] !== undefined) return filebeat(record, recordCut)
  if (record['source_type'] !== undefined) return vector(record, recordCut)
  if (record['kubernetes'] !== undefined) return fluentBit(record, recordCut)
  return record['short_message'] === undefined ? null : gelfLine(record, recordCut)
}

function shipped(record: JsonObject, recordCut: boolean): Wrapped | null {
  const isFilebeat =
    record['@metadata'] !== undefined || record['agent'] !== undefined || record['input'] !== undefined || record['beat'] !== undefined
  return (
    (isFilebeat ? filebeat(record, recordCut) : null) ??
    (record['source_type'] !== undefined ? vector(record, recordCut) : null) ??
    (record['log'] !== undefined || record['kubernetes'] !== undefined || record['stream'] !== undefined
      ? fluentBit(record, recordCut)
      : null) ??
    (record['payload'] !== undefined ? kafkaConnect(record, recordCut) : null) ??
    (record['specversion'] !== undefined ? cloudEvent(record, recordCut) : null) ??
    (record['MESSAGE'] !== undefined ? journal(record, recordCut) : null)
  )
}

/** The marks were dropped on the way, or are in the part that was cut off: a line that is a record, in one that says nothing else, must do. */
function unmarked(record: JsonObject, recordCut: boolean): Wrapped | null {
  const line = record['message']
  if (!isLogLine(line)) return null
  return record['@timestamp'] === undefined ? vector(record, recordCut, true) : filebeat(record, recordCut, true)
}
