/**
 * Kafka Connect's JsonConverter with its schema: `{"schema":{"type":"struct",...},"payload":{...}}`, these two keys and no others. The payload is an
 * object, a text, bytes (as Base64, where the schema says so), or null, which is a tombstone.
 */
import { isObject, textOf, type JsonObject } from '../value.ts'
import { NOTHING_AROUND, type Wrapped } from './wrapped.ts'

export function kafkaConnect(record: JsonObject, recordCut: boolean): Wrapped | null {
  const { schema, payload } = record
  if (payload === undefined || schema === undefined || Object.keys(record).length !== 2) return null
  if (schema !== null && !(isObject(schema) && typeof schema['type'] === 'string')) return null
  const isBytes = isObject(schema) && schema['type'] === 'bytes' && typeof payload === 'string'
  return {
    envelope: 'kafka-connect',
    inside: isBytes ? Buffer.from(payload, 'base64') : payload,
    isCut: recordCut,
    orElse: null,
    around: { ...NOTHING_AROUND, context: [{ 'schema.name': isObject(schema) ? textOf(schema['name']) : null }] },
  }
}
