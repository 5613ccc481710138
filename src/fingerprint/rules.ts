/** The rules of the fingerprint as one value, and their digest. Pure. */
import { jsonDigest } from '../lib/json-digest.ts'
import { FINGERPRINT_VERSION } from './algorithms.ts'
import { NO_OVERRIDES, type Overrides } from './override-file.ts'

export interface FingerprintRules {
  /** Packages of the jobs' own code, `com.acme`; they win over the list of libraries. */
  readonly ownPackages: readonly string[]
  /** The operator's file of rules, where there is one. */
  readonly overrides?: Overrides
  /** Version of the algorithm; the newest where it is not said. */
  readonly version?: number
  /** The rules before a change, while both keys are computed: see Grouping.previous. Their own `previous` does not count. */
  readonly previous?: FingerprintRules | null
  /** Event time from which the key before is not to be told any more; null: as long as there is a `previous`. Whoever knows the event's time applies it. */
  readonly previousUntilMs?: number | null
}

export function overridesOf({ overrides = NO_OVERRIDES }: FingerprintRules): Overrides {
  return overrides
}

export function ownPackagesOf(rules: FingerprintRules): string[] {
  return [...new Set([...rules.ownPackages, ...overridesOf(rules).ownPackages])].sort()
}

/** Changes when, and only when, the same event may get another fingerprint, or another one before it. */
export function rulesDigest(rules: FingerprintRules): string {
  const previous = rules.previous === undefined || rules.previous === null ? null : decisive(rules.previous)
  const until = previous === null ? null : (rules.previousUntilMs ?? null)
  return jsonDigest({ ...decisive(rules), previous, until })
}

function decisive(rules: FingerprintRules): Readonly<Record<string, unknown>> {
  return { version: rules.version ?? FINGERPRINT_VERSION, ...overridesOf(rules), ownPackages: ownPackagesOf(rules) }
}
