/** The rules of the fingerprint as one value, and their digest. Pure. */
import { createHash } from 'node:crypto'
import { FINGERPRINT_VERSION } from './key.ts'
import { NO_OVERRIDES, type Overrides } from './override-file.ts'

export interface FingerprintRules {
  /** Packages of the jobs' own code, `com.acme`; they win over the list of libraries. */
  readonly ownPackages: readonly string[]
  /** The operator's file of rules, where there is one. */
  readonly overrides?: Overrides
  /** The rules before a change, while both keys are computed: see Grouping.previous. Their own `previous` does not count. */
  readonly previous?: FingerprintRules | null
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
  return createHash('sha256').update(JSON.stringify({ ...decisive(rules), previous })).digest('hex').slice(0, 16)
}

function decisive(rules: FingerprintRules): Readonly<Record<string, unknown>> {
  return { version: FINGERPRINT_VERSION, ...overridesOf(rules), ownPackages: ownPackagesOf(rules) }
}
