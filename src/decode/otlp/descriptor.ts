/**
 * The part of opentelemetry-proto (logs, common and resource, all v1) that a log event is made of, as a protobuf descriptor, and from it a table
 * by field number. `LogsData` and `ExportLogsServiceRequest` are the same on the wire. What is not here is skipped.
 */
import protobuf from 'protobufjs/light.js'

type Fields = Readonly<Record<string, readonly [id: number, type: string, rule?: 'repeated']>>

const MESSAGES: Readonly<Record<string, Fields>> = {
  Request: { resourceLogs: [1, 'ResourceLogs', 'repeated'] },
  ResourceLogs: {
    resource: [1, 'Resource'],
    scopeLogs: [2, 'ScopeLogs', 'repeated'],
    schemaUrl: [3, 'string'],
    // Until 2022, with the same fields inside.
    instrumentationLibraryLogs: [1_000, 'ScopeLogs', 'repeated'],
  },
  Resource: { attributes: [1, 'KeyValue', 'repeated'] },
  ScopeLogs: { scope: [1, 'Scope'], logRecords: [2, 'LogRecord', 'repeated'], schemaUrl: [3, 'string'] },
  Scope: { name: [1, 'string'], version: [2, 'string'], attributes: [3, 'KeyValue', 'repeated'] },
  LogRecord: {
    timeUnixNano: [1, 'fixed64'],
    severityNumber: [2, 'int32'],
    severityText: [3, 'string'],
    body: [5, 'AnyValue'],
    attributes: [6, 'KeyValue', 'repeated'],
    droppedAttributesCount: [7, 'uint32'],
    flags: [8, 'fixed32'],
    traceId: [9, 'bytes'],
    spanId: [10, 'bytes'],
    observedTimeUnixNano: [11, 'fixed64'],
    eventName: [12, 'string'],
  },
  KeyValue: { key: [1, 'string'], value: [2, 'AnyValue'] },
  AnyValue: {
    stringValue: [1, 'string'],
    boolValue: [2, 'bool'],
    intValue: [3, 'int64'],
    doubleValue: [4, 'double'],
    arrayValue: [5, 'ArrayValue'],
    kvlistValue: [6, 'KeyValueList'],
    bytesValue: [7, 'bytes'],
  },
  ArrayValue: { values: [1, 'AnyValue', 'repeated'] },
  KeyValueList: { values: [1, 'KeyValue', 'repeated'] },
}

const WIRE_TYPES: Readonly<Record<string, number>> = {
  int32: 0,
  uint32: 0,
  int64: 0,
  bool: 0,
  fixed64: 1,
  double: 1,
  string: 2,
  bytes: 2,
  fixed32: 5,
}
const DELIMITED = 2

export interface WireField {
  readonly wireType: number
  readonly isText: boolean
  /** Of a message within the message. */
  readonly inner: WireMessage | null
}
export type WireMessage = ReadonlyMap<number, WireField>

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(Object.entries(MESSAGES).map(([name, fields]) => [name, typeOf(name, fields)])),
})

export const Request = root.lookupType('Request')
export const REQUEST = tableOf('Request', new Map())

/** A value is one of its fields: so that `false` and 0, which are sent there alone, are not taken for nothing. */
function typeOf(name: string, fields: Fields): protobuf.IType {
  const json = Object.fromEntries(
    Object.entries(fields).map(([field, [id, type, rule]]) => [field, { id, type, ...(rule === undefined ? {} : { rule }) }]),
  )
  return name === 'AnyValue' ? { fields: json, oneofs: { value: { oneof: Object.keys(fields) } } } : { fields: json }
}

/** Messages refer to each other, so a table is known before it is filled. */
function tableOf(name: string, known: Map<string, WireMessage>): WireMessage {
  const there = known.get(name)
  if (there !== undefined) return there
  const table = new Map<number, WireField>()
  known.set(name, table)
  for (const [id, type] of Object.values(MESSAGES[name] ?? {})) {
    const inner = type in MESSAGES ? tableOf(type, known) : null
    table.set(id, { wireType: WIRE_TYPES[type] ?? DELIMITED, isText: type === 'string', inner })
  }
  return table
}
