/**
 * Whose event is it? The chains of the settings `job.from`, `job.environmentFrom` and `job.hostFrom` in; for each event and its record
 * the job, the environment and the host out: the first place of the chain that holds something. Without any, the job is `unknown`.
 * And which part of a Flink job: its operator and subtask, as the thread's name says.
 *
 * Names are trimmed, free of control characters and at most 256 characters long, so that they can be parts of keys. Pure; runs for
 * every event, so the chains are compiled once.
 */
import { isUtf8 } from 'node:buffer'
import type { ErrorEvent, Job } from './event.ts'

export const UNKNOWN_JOB = 'unknown'
export const MAX_NAME_CHARS = 256

/**
 * A Flink task runs in a thread of its name: what it executes, its subtask of how many, and the attempt. Threads that work for a task are named after
 * it; the ones that cancel it name the execution behind.
 *
 *   `Source: Kafka -> Map -> Sink: out (3/16)#0`        `Canceler for Map (1/2)#0 (8f2c1d0e9b7a46f5a3c2b1d0e9f8a7b6).`
 */
const TASK = /^(.*\S) \((\d{1,9})\/(\d{1,9})\)(?:#\d{1,9})?(?: \(\w{1,128}\)\.?)?$/s
const FOR_TASK =
  /^(?:Legacy Source Thread - |Async calls on |(?:Kafka Fetcher|Kafka Partition Discovery|Source Data Fetcher|OutputFlusher|Canceler|Canceler\/Interrupts|Cancellation Watchdog|Time Trigger|System Time Trigger) for |Channel state writer )/

export interface JobRules {
  readonly from: readonly string[]
  readonly environmentFrom: readonly string[]
  readonly hostFrom: readonly string[]
}

/** The part of a record that a name may stand in. */
export interface RecordNames {
  readonly key: Buffer | null
  readonly headers: Readonly<Record<string, string>>
  readonly topic: string
}

export interface Whose {
  readonly job: Job
  readonly environment: string | null
  readonly host: string | null
  readonly operator: string | null
  readonly subtask: number | null
}

export type JobResolver = (event: ErrorEvent, record: RecordNames) => Whose

type Getter = (event: ErrorEvent, record: RecordNames) => string | null | undefined

export function createJobResolver(rules: JobRules): JobResolver {
  const jobFrom = rules.from.map((place) => getter(place, (event) => event.serviceName))
  const environmentFrom = rules.environmentFrom.map((place) => getter(place, (event) => event.environment))
  const hostFrom = rules.hostFrom.map((place) => getter(place, (event) => event.host))
  return (event, record) => {
    const task = event.thread === null ? null : taskOf(event.thread)
    return {
      // What the chain gives is a job's name by definition.
      job: (firstOf(jobFrom, event, record) ?? UNKNOWN_JOB) as Job,
      environment: firstOf(environmentFrom, event, record),
      host: firstOf(hostFrom, event, record),
      operator: task?.operator ?? null,
      subtask: task?.subtask ?? null,
    }
  }
}

/** Null for a thread that is no task's: a Spark executor's, a timer's, a pool's. */
function taskOf(thread: string): { readonly operator: string; readonly subtask: number } | null {
  const match = thread.includes('/') ? TASK.exec(thread) : null
  if (match === null) return null
  const operator = cleanName((match[1] ?? '').replace(FOR_TASK, ''))
  const subtask = Number(match[2])
  return operator !== '' && subtask >= 1 && subtask <= Number(match[3]) ? { operator, subtask } : null
}

/** `layoutField` stands for `service` and `event`: the layout's own field. The schema admits no other words. */
function getter(place: string, layoutField: Getter): Getter {
  if (place.startsWith('context:')) {
    const key = place.slice('context:'.length)
    return (event) => event.context.get(key)
  }
  if (place.startsWith('header:')) {
    const name = place.slice('header:'.length)
    return (_, { headers }) => (Object.hasOwn(headers, name) ? headers[name] : null)
  }
  if (place === 'key') return (_, { key }) => (key !== null && isUtf8(key) ? key.toString('utf8') : null)
  return place === 'topic' ? (_, { topic }) => topic : layoutField
}

function firstOf(getters: readonly Getter[], event: ErrorEvent, record: RecordNames): string | null {
  for (const get of getters) {
    const value = get(event, record)
    if (value === null || value === undefined) continue
    const name = cleanName(value)
    if (name !== '') return name
  }
  return null
}

function cleanName(value: string): string {
  const plain = /\p{Cc}/u.test(value) ? value.replace(/\p{Cc}/gu, '') : value
  const name = plain.trim()
  return name.length <= MAX_NAME_CHARS
    ? name
    : name
        .slice(0, MAX_NAME_CHARS)
        .replace(/[\ud800-\udbff]$/, '')
        .trimEnd()
}
