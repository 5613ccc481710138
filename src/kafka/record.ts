/** A message of kafkajs as a record of ours. Pure. */
import type { KafkaMessage } from 'kafkajs'
import type { SourceRecord } from '../source/source.ts'

/** 9999-12-31: Kafka lets a producer write any number as a timestamp, and no calendar has room for some. */
const LAST_TIMESTAMP_MS = 253_402_300_799_999

export function recordOf(message: KafkaMessage): SourceRecord {
  return {
    offset: Number(message.offset),
    timestampMs: timestampOf(message.timestamp),
    key: message.key,
    value: message.value,
    headers: message.headers === undefined ? NO_HEADERS : headersOf(message.headers),
  }
}

/** Null for -1, which stands for none. */
function timestampOf(text: string): number | null {
  const ms = Number(text)
  return ms >= 0 ? Math.min(ms, LAST_TIMESTAMP_MS) : null
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})

function headersOf(headers: NonNullable<KafkaMessage['headers']>): Record<string, string> {
  const named: Record<string, string> = Object.create(null) as Record<string, string> // a header may be called __proto__
  for (const [name, value] of Object.entries(headers)) {
    const first: Buffer | string | null | undefined = Array.isArray(value) ? value[0] : value // null is legal, whatever the types say
    if (first !== undefined && first !== null) named[name] = first.toString()
  }
  return named
}
