/** A document's identity: the same job, fingerprint and window always give the same id, and its window names its index. */
import { hash } from 'node:crypto'
import type { GroupedEvent } from '../event.ts'
import type { DocumentIdentity, Hashed, Sample } from '../store/detail-store.ts'

/** 32 hex digits of the SHA-256 of `job NUL fp NUL window`. */
export function documentId(key: string): string {
  return hash('sha256', key, 'hex').slice(0, 32)
}

export function identityOf(grouped: GroupedEvent): DocumentIdentity {
  const { job, grouping, window, classification, environment, event } = grouped
  return {
    job,
    fp: grouping.fp,
    window,
    fpSite: grouping.fpSite,
    title: grouping.title,
    culprit: grouping.culprit,
    exceptionClass: grouping.exceptionClass,
    rootCauseClass: grouping.rootCauseClass,
    classification,
    environment,
    serviceVersion: event.serviceVersion,
    level: event.level,
    logger: event.logger,
    why: grouping.why,
  }
}

export function sampleOf({ event, operator, subtask }: GroupedEvent): Sample {
  return { ...event, operator, subtask }
}

/** A set that keeps the `size` members with the smallest hashes: whatever the order of arrival, the same members stay. */
export class SmallestByHash {
  readonly #size: number
  /** Made for the first member: most documents have neither operators nor previous keys. */
  #members: Map<string, string> | null = null

  constructor(size: number) {
    this.#size = size
  }

  add(value: string): void {
    const members = (this.#members ??= new Map())
    if (members.has(value)) return
    members.set(value, hash('sha256', value, 'hex').slice(0, 8))
    if (members.size > this.#size) dropLargest(members)
  }

  list(): Hashed[] {
    return [...(this.#members ?? [])].map(([value, hashed]) => ({ hash: hashed, value }))
  }
}

function dropLargest(members: Map<string, string>): void {
  let largest = ''
  let victim = ''
  for (const [value, hashed] of members) {
    if (hashed < largest) continue
    largest = hashed
    victim = value
  }
  members.delete(victim)
}
