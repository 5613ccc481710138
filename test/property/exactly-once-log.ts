/**
 * A Kafka log in memory for the simulation of exactly-once.test.ts: what its records hold, as bytes for the product and as facts for the
 * oracle. The two are made from one description, so that the oracle never asks the product what a record means.
 */
import fc from 'fast-check'
import type { Analyse } from '../../src/classify/analyse.ts'
import type { Fingerprint, Grouping } from '../../src/event.ts'
import type { Partition, SourceRecord } from '../../src/source/source.ts'

export const TOPIC = 'error-logs'
export const CLUSTER = 'main'
/** Ten seconds before midnight (UTC): with a second for each offset, blocks fall on two days. */
export const LOG_START_MS = Date.UTC(2026, 10, 20, 23, 59, 50)
export const NOW_MS = Date.UTC(2026, 10, 21, 9)

export interface LoggedEvent {
  readonly job: number
  readonly error: number
  readonly minute: number
  readonly level: 'ERROR' | 'INFO'
  readonly host: number
}

/** `control`: an offset that no reader ever sees, as a transaction marker is. */
export type LogRecord =
  | { readonly kind: 'events'; readonly events: readonly LoggedEvent[] }
  | { readonly kind: 'junk' }
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'control' }

/** What should become of one event. `counted` ones name where. */
export type Fact =
  | {
      readonly outcome: 'counted'
      readonly job: string
      readonly fp: string
      readonly window: number
      readonly timeMs: number
      readonly host: string
    }
  | { readonly outcome: 'filtered.level' | 'filtered.tombstone' | 'dead.not_json' }

export function partitionOf(index: number): Partition {
  return { cluster: CLUSTER, topic: TOPIC, partition: index }
}

export function logs(): fc.Arbitrary<LogRecord[][]> {
  const event = fc.record({
    job: fc.nat(1),
    error: fc.nat(3),
    minute: fc.nat(1),
    level: fc.oneof({ arbitrary: fc.constant('ERROR' as const), weight: 5 }, { arbitrary: fc.constant('INFO' as const), weight: 1 }),
    host: fc.nat(2),
  })
  const record: fc.Arbitrary<LogRecord> = fc.oneof(
    { weight: 12, arbitrary: fc.array(event, { minLength: 1, maxLength: 3 }).map((events): LogRecord => ({ kind: 'events', events })) },
    { weight: 1, arbitrary: fc.constantFrom<LogRecord>({ kind: 'junk' }, { kind: 'tombstone' }, { kind: 'control' }) },
  )
  return fc.array(fc.array(record, { minLength: 5, maxLength: 40 }), { minLength: 1, maxLength: 3 })
}

/** Null where no reader sees the offset. */
export function sourceRecord(record: LogRecord, offset: number): SourceRecord | null {
  if (record.kind === 'control') return null
  return { offset, timestampMs: LOG_START_MS + offset * 1_000, key: null, headers: {}, value: bytesOf(record) }
}

function bytesOf(record: Exclude<LogRecord, { kind: 'control' }>): Buffer | null {
  if (record.kind === 'tombstone') return null
  if (record.kind === 'junk') return Buffer.from('no JSON at all, password=hunter2')
  return Buffer.from(record.events.map(line).join('\n'))
}

function line(event: LoggedEvent): string {
  return JSON.stringify({
    instant: { epochSecond: timeOf(event) / 1_000, nanoOfSecond: 0 },
    level: event.level,
    loggerName: 'com.acme.Orders',
    message: `error-${event.error}`,
    loggerFqcn: 'org.apache.logging.log4j.spi.AbstractLogger',
    contextMap: { job: `job-${event.job}`, host: `host-${event.host}` },
  })
}

function timeOf({ minute, error, host }: LoggedEvent): number {
  return LOG_START_MS - 600_000 + 10_000 + minute * 60_000 + error * 1_000 + host * 2_000
}

/** What should become of a record's events, by the rules of a version. */
export function factsOf(record: LogRecord, version: number): Fact[] {
  if (record.kind === 'control') return []
  if (record.kind === 'tombstone') return [{ outcome: 'filtered.tombstone' }]
  if (record.kind === 'junk') return [{ outcome: 'dead.not_json' }]
  return record.events.map((event): Fact => {
    if (event.level === 'INFO') return { outcome: 'filtered.level' }
    const timeMs = timeOf(event)
    return {
      outcome: 'counted',
      job: `job-${event.job}`,
      fp: fpOf(`error-${event.error}`, version),
      window: Math.floor(timeMs / 60_000) * 60_000,
      timeMs,
      host: `host-${event.host}`,
    }
  })
}

/** Each version of the rules sees error 3 as another error; the others stay what they are. */
function fpOf(message: string, version: number): string {
  return message === 'error-3' ? `v1:${message}-by-${version}` : `v1:${message}`
}

/** The fingerprint and category stage, cut down to what the simulation is about: which group an event falls into. */
export function analyseBy(version: number): Analyse {
  return (event) => {
    const fp = fpOf(event.message, version) as Fingerprint // the stage that brands them is not here
    const grouping: Grouping = {
      fp,
      fpSite: fp,
      fpStack: fp,
      previous: null,
      title: event.message,
      culprit: null,
      exceptionClass: null,
      rootCauseClass: null,
      why: 'the simulation says so',
    }
    return { grouping, classification: null }
  }
}
