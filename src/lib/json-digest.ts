import { createHash } from 'node:crypto'

/** 16 hex digits, equal for values that are equal as JSON, key order included. */
export function jsonDigest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
}
