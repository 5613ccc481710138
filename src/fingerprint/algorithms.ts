/**
 * The versions of the algorithm that this program can compute, the newest first. The newest makes the keys; an older one is there to link what it
 * called otherwise, as `previous` of the rules says.
 *
 * A version is what is imported by its `ladder.ts`: how frames, types and messages are read, and every table of this folder that moves a key. Once released it is
 * never edited. To make version 2: copy ladder.ts and what it alone imports (abbreviated, brackets, chain, documents, error-code, exception-types, frames, hole, host, kept-frames, mask,
 * ownership, packages, recursion, site, sql-code, status, traceback) to `v1/`, where they stay as they are; change the originals; give ladder.ts the number 2 and put it in front
 * of this list. Operators' rules, group rules, words for people and the cache are of no version, and a test sees that nothing else leans on those files.
 */
import type { Throwable } from '../event.ts'
import type { Link } from './chain.ts'
import type { KeyOf } from './key.ts'
import { version1, type Ladder } from './ladder.ts'
import type { Subject } from './known-traces.ts'
import type { Ownership } from './ownership.ts'
import type { Matcher } from './overrides.ts'

export type { Link }

export interface Algorithm {
  readonly version: number
  readonly keyOf: KeyOf
  /** What it makes of a trace or a message by the operator's rules. */
  readonly createLadder: (ownPackages: readonly string[], matcher: Matcher) => (subject: Subject) => Ladder
  /** How it reads a throwable. */
  readonly chainOf: (throwable: Throwable) => Link[]
  /** Whose code a frame is. */
  readonly createOwnership: (ownPackages: readonly string[]) => Ownership
}

const ALGORITHMS = [version1] as const satisfies readonly Algorithm[]

/** Raised with every change of the algorithm or of a table in this folder that moves a key. */
export const FINGERPRINT_VERSION = ALGORITHMS[0].version

/** As the newest version reads them. Exceptions: at least one, outermost first; patterns speak of the same ones. */
export const { chainOf, createOwnership } = ALGORITHMS[0]

/** Throws where the rules name a version that was never there. */
export function algorithmOf(version: number = FINGERPRINT_VERSION): Algorithm {
  const found = ALGORITHMS.find((algorithm) => algorithm.version === version)
  if (found === undefined)
    throw new RangeError(`fingerprint version ${version} is not known; known: ${ALGORITHMS.map((one) => one.version).join(', ')}`)
  return found
}
