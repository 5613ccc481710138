/**
 * Whose event is it? The chains of the settings `job.from`, `job.environmentFrom` and `job.hostFrom` in; for each event and its record
 * the job, the environment and the host out: the first place of the chain that holds something. Without any, the job is `unknown`.
 *
 * Names are trimmed, free of control characters and at most 256 characters long, so that they can be parts of keys. Pure; runs for
 * every event, so the chains are compiled once.
 */
import { isUtf8 } from 'node:buffer'
import type { ErrorEvent, Job } from './event.ts'

export const UNKNOWN_JOB = 'unknown'
export const MAX_NAME_CHARS = 256

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
  return (event, record) => ({
    // What the chain gives is a job's name by definition.
    job: (firstOf(jobFrom, event, record) ?? UNKNOWN_JOB) as Job,
    environment: firstOf(environmentFrom, event, record),
    host: firstOf(hostFrom, event, record),
    operator: null,
    subtask: null,
  })
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
  return name.length <= MAX_NAME_CHARS ? name : name.slice(0, MAX_NAME_CHARS).replace(/[\ud800-\udbff]$/, '').trimEnd()
}
