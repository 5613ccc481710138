/** A document's identity: the same job, fingerprint and window always give the same id, and its window names its index. */
import { hash } from 'node:crypto'
import type { GroupedEvent } from '../event.ts'
import type { DocumentIdentity, Hashed } from '../store/detail-store.ts'

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

/** A set that keeps the `size` members with the smallest hashes: whatever the order of arrival, the same members stay. */
export class SmallestByHash {
  readonly #size: number
  readonly #members = new Map<string, string>()

  constructor(size: number) {
    this.#size = size
  }

  add(value: string): void {
    if (this.#members.has(value)) return
    this.#members.set(value, hash('sha256', value, 'hex').slice(0, 8))
    if (this.#members.size > this.#size) this.#dropLargest()
  }

  list(): Hashed[] {
    return [...this.#members].map(([value, hashed]) => ({ hash: hashed, value }))
  }

  #dropLargest(): void {
    let largest = ''
    let victim = ''
    for (const [value, hashed] of this.#members) {
      if (hashed < largest) continue
      largest = hashed
      victim = value
    }
    this.#members.delete(victim)
  }
}
