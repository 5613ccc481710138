/** In: the settings of the fingerprint. Out: its rules, with the files that the settings name read and checked. Throws `config_invalid` with all faults. */
import { TracefoldError } from '../errors.ts'
import { loadChecked } from '../lib/checked-yaml.ts'
import { readOverrides, type Overrides } from './override-file.ts'
import type { FingerprintRules } from './rules.ts'

export interface FingerprintSettings {
  readonly ownPackages: readonly string[]
  readonly rulesFile: string | null
  /** Set while a change is under way. */
  readonly previousRulesFile: string | null
  /** ISO 8601 with a time zone: the event time at which the change is over. */
  readonly previousUntil?: string | null
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/

export function loadFingerprintRules({
  ownPackages,
  rulesFile,
  previousRulesFile,
  previousUntil = null,
}: FingerprintSettings): FingerprintRules {
  const previousUntilMs = previousUntil === null ? null : timeOf(previousUntil)
  const rules = rulesOf(ownPackages, rulesFile)
  return previousRulesFile === null ? rules : { ...rules, previous: rulesOf(ownPackages, previousRulesFile), previousUntilMs }
}

function timeOf(text: string): number {
  const timeMs = DATE_TIME.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(timeMs))
    throw new TracefoldError(
      'config_invalid',
      `fingerprint.previousUntil: expected a date and time with its zone, such as 2026-03-17T12:00:00Z, got ${text}`,
    )
  return timeMs
}

export function loadOverrides(file: string): Overrides {
  return loadChecked(file, 'fingerprint rules', readOverrides)
}

function rulesOf(ownPackages: readonly string[], file: string | null): FingerprintRules {
  return file === null ? { ownPackages } : { ownPackages, overrides: loadOverrides(file) }
}
