/**
 * In: a JSON object. Out: what is inside, where the object is an envelope that we know; else null. Asked of every record, so one that is no
 * envelope costs a few look-ups: each kind has a key without which it cannot be.
 */
import type { JsonObject } from '../value.ts'
import { cloudEvent } from './cloudevents.ts'
import { filebeat } from './filebeat.ts'
import { fluentBit } from './fluent-bit.ts'
import { kafkaConnect } from './kafka-connect.ts'
import { vector } from './vector.ts'
import type { Wrapped } from './wrapped.ts'

/** `recordCut`: the record has lost its end, and with it perhaps what it is known by. */
export function unwrap(record: JsonObject, recordCut: boolean): Wrapped | null {
  const isFilebeat = record['@metadata'] !== undefined || record['agent'] !== undefined || record['input'] !== undefined || record['beat'] !== undefined
  return (
    (isFilebeat ? filebeat(record, recordCut) : null) ??
    (record['source_type'] !== undefined ? vector(record, recordCut) : null) ??
    (record['log'] !== undefined || record['kubernetes'] !== undefined || record['stream'] !== undefined ? fluentBit(record, recordCut) : null) ??
    (record['payload'] !== undefined ? kafkaConnect(record, recordCut) : null) ??
    (record['specversion'] !== undefined ? cloudEvent(record, recordCut) : null) ??
    (recordCut && record['message'] !== undefined ? vector(record, recordCut) : null)
  )
}
