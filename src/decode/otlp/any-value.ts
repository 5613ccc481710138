/**
 * OTLP's `AnyValue` and lists of `KeyValue`, from JSON (lowerCamelCase or snake_case) or protobuf, -> plain values. What is nested deeper than
 * `MAX_DEPTH` is left out. Objects have no prototype, so that no key can touch one. Pure; never throws.
 */
import { isObject, type JsonObject } from '../value.ts'

const MAX_DEPTH = 8

/** A member under one of its two spellings. */
export function member(object: JsonObject, camel: string, snake: string): unknown {
  return object[camel] ?? object[snake]
}

export function plainValue(value: unknown, depth = 0): unknown {
  if (!isObject(value) || depth > MAX_DEPTH) return null
  const text = member(value, 'stringValue', 'string_value')
  if (text !== undefined) return text
  const list = member(value, 'arrayValue', 'array_value')
  if (isObject(list)) return Array.isArray(list['values']) ? list['values'].map((item) => plainValue(item, depth + 1)) : []
  const map = member(value, 'kvlistValue', 'kvlist_value')
  if (isObject(map)) return plainMap(map['values'], depth + 1)
  return scalar(value)
}

/** The first value of a key stays. */
export function plainMap(pairs: unknown, depth = 0): Record<string, unknown> {
  const map = Object.create(null) as Record<string, unknown> // has nothing, so nothing that is not unknown
  if (!Array.isArray(pairs)) return map
  for (const pair of pairs) {
    if (!isObject(pair) || typeof pair['key'] !== 'string' || pair['key'] in map) continue
    map[pair['key']] = plainValue(pair['value'], depth)
  }
  return map
}

function scalar(value: JsonObject): unknown {
  const bytes = member(value, 'bytesValue', 'bytes_value')
  if (bytes !== undefined) return Buffer.isBuffer(bytes) ? bytes.toString('base64') : bytes
  return (
    member(value, 'intValue', 'int_value') ??
    member(value, 'doubleValue', 'double_value') ??
    member(value, 'boolValue', 'bool_value') ??
    null
  )
}
