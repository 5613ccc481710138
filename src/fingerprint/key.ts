/**
 * In: the parts that a key stands for. Out: `v1:` and 16 hex digits, the first 8 bytes of SHA-256 over the parts.
 *
 * Each part goes in as its length in UTF-8 bytes and its bytes, so that ("ab", "c") and ("a", "bc") differ.
 */
import { createHash } from 'node:crypto'
import type { Fingerprint } from '../event.ts'

export type KeyOf = (parts: readonly string[]) => Fingerprint

/** Of the group that a job's errors fall into where there are too many to tell apart. It stays as it is in every version, and is no hash's. */
export const OVERFLOW_FP = 'v1:overflow' as Fingerprint

export function keysOfVersion(version: number): KeyOf {
  return (parts) => {
    let all = ''
    for (const part of parts) all += `${Buffer.byteLength(part)}:${part}` // one update of the hash: each costs as much as 100 bytes
    // Fingerprints are made in this file alone.
    return `v${version}:${createHash('sha256').update(all).digest('hex').slice(0, 16)}` as Fingerprint
  }
}
