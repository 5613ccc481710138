/**
 * The records of a fault: Log4j events that are a function of their id, over a few jobs, error types and hosts, with a few that the default filter
 * drops and a few tombstones. Small, so that what is measured is the pipeline under faults and not parsing.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../../src/package-root.ts'

export interface ChaosRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Where the topic takes the producer's time; else the broker sets its own. */
  readonly timestampMs?: number
}

/** Makes the record of an id. */
export type MakeRecord = (id: number, nowMs: number) => ChaosRecord

const JOBS = 9
const TYPES = [
  'java.net.ConnectException',
  'java.lang.IllegalStateException',
  'java.sql.SQLTimeoutException',
  'java.io.IOException',
  'com.acme.OrderException',
  'java.lang.NullPointerException',
  'java.util.concurrent.TimeoutException',
]
/** The events of one id lie up to so long before now: a few windows, and mostly one day. */
const SPREAD_MS = 150_000
/** Every so many ids: an event below the filter's level, and a tombstone. */
const EVERY_INFO = 23
const EVERY_TOMBSTONE = 97
/** Every so many ids: a malformed sample, in `withMalformed`. */
const EVERY_MALFORMED = 100

export function anError(id: number, nowMs: number): ChaosRecord {
  const job = `job-${id % JOBS}`
  if (id % EVERY_TOMBSTONE === 0) return { key: Buffer.from(job), value: null }
  return { key: Buffer.from(job), value: Buffer.from(JSON.stringify(logEvent(id, job, nowMs - ((id * 7_919) % SPREAD_MS)))) }
}

/** The same at a time of its own. */
export function anErrorAt(id: number, timeMs: number): ChaosRecord {
  const job = `job-${id % JOBS}`
  return { key: Buffer.from(job), value: Buffer.from(JSON.stringify(logEvent(id, job, timeMs))) }
}

/** Every second one without a stack trace. */
export function withAndWithoutTrace(id: number, nowMs: number): ChaosRecord {
  if (id % 2 === 0) return anError(id, nowMs)
  const job = `job-${id % JOBS}`
  return {
    key: Buffer.from(job),
    value: Buffer.from(
      JSON.stringify({
        timeMillis: nowMs,
        level: 'ERROR',
        loggerName: `com.acme.${job}`,
        message: `order ${id} failed`,
        contextMap: { job },
      }),
    ),
  }
}

function logEvent(id: number, job: string, timeMillis: number) {
  const kind = (id * 31) % TYPES.length
  const type = TYPES[kind] as string // within the list
  const level = id % EVERY_INFO === 0 ? 'INFO' : 'ERROR'
  const base = {
    timeMillis,
    level,
    loggerName: `com.acme.${job}`,
    thread: `worker-${id % 5}`,
    message: `order ${id} failed`,
    contextMap: { job, host: `host-${id % 11}`, id: `event-${id}` },
  }
  if (level === 'INFO') return base
  return { ...base, thrown: { name: type, message: 'attempt', extendedStackTrace: traceOf(kind, id % 3) } }
}

/** As text, the way that `stacktraceAsString` writes it. */
function traceOf(kind: number, depth: number): string {
  const frames = Array.from({ length: 6 + depth }, (_, i) => `\tat com.acme.module${kind}.Step${i}.run(Step${i}.java:${20 + i})`)
  return [`${TYPES[kind]}: attempt`, ...frames].join('\n')
}

/** The malformed samples, by name. */
export function malformedSamples(): Buffer[] {
  const folder = join(packageFolder('samples'), '..', 'test', 'data', 'malformed')
  return readdirSync(folder)
    .toSorted()
    .map((name) => readFileSync(join(folder, name)))
}

/** One in a hundred is malformed. */
export function withMalformed(samples: readonly Buffer[]): MakeRecord {
  return (id, nowMs) =>
    id % EVERY_MALFORMED === 1
      ? { key: Buffer.from('job-0'), value: samples[Math.floor(id / EVERY_MALFORMED) % samples.length] as Buffer }
      : anError(id, nowMs)
}
