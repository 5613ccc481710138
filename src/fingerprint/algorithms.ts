/**
 * The versions of the algorithm that this program can compute, the newest first. The newest makes the keys; an older one is there to link what it
 * called otherwise, as `previous` of the rules says.
 *
 * A version is what is imported by its `ladder.ts`: how frames, types and messages are read, and every table of this folder that moves a key. Once released it is
 * never edited. To make version 2: copy ladder.ts and what it alone imports (chain, exception-types, frames, kept-frames, mask, ownership, recursion, site,
 * sql-code) to `v1/`, where they stay as they are; change the originals; put version 2 in front of this list. Operators' rules, group rules and the cache are of no version.
 */
import { keysOfVersion, type KeyOf } from './key.ts'
import { ladderOf, type Ladder, type Rules } from './ladder.ts'
import type { Subject } from './known-traces.ts'

export interface Algorithm {
  readonly version: number
  readonly ladderOf: (subject: Subject, rules: Rules) => Ladder
  readonly keyOf: KeyOf
}

const ALGORITHMS = [{ version: 1, ladderOf, keyOf: keysOfVersion(1) }] as const satisfies readonly Algorithm[]

/** Raised with every change of the algorithm or of a table in this folder that moves a key. */
export const FINGERPRINT_VERSION = ALGORITHMS[0].version

/** Throws where the rules name a version that was never there. */
export function algorithmOf(version: number = FINGERPRINT_VERSION): Algorithm {
  const found = ALGORITHMS.find((algorithm) => algorithm.version === version)
  if (found === undefined)
    throw new RangeError(`fingerprint version ${version} is not known; known: ${ALGORITHMS.map((one) => one.version).join(', ')}`)
  return found
}
