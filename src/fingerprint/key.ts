/**
 * In: the parts that a key stands for. Out: `v1:` and 16 hex digits, the first 8 bytes of SHA-256 over the parts.
 *
 * Each part goes in as its length in UTF-8 bytes and its bytes, so that ("ab", "c") and ("a", "bc") differ.
 */
import { createHash } from 'node:crypto'
import type { Fingerprint } from '../event.ts'

/** Raised with every change of the algorithm or of a table in this folder that moves a key. */
export const FINGERPRINT_VERSION = 1

export function keyOf(parts: readonly string[]): Fingerprint {
  let all = ''
  for (const part of parts) all += `${Buffer.byteLength(part)}:${part}` // one update of the hash: each costs as much as 100 bytes
  // The one place that makes fingerprints.
  return `v${FINGERPRINT_VERSION}:${createHash('sha256').update(all).digest('hex').slice(0, 16)}` as Fingerprint
}
