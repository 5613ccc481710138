/** In: the settings of the fingerprint. Out: its rules, with the files that the settings name read and checked. Throws `config_invalid` with all faults. */
import { readFileSync } from 'node:fs'
import { TracefoldError } from '../errors.ts'
import { readOverrides, type Overrides } from './override-file.ts'
import type { FingerprintRules } from './rules.ts'

export interface FingerprintSettings {
  readonly ownPackages: readonly string[]
  readonly rulesFile: string | null
  /** Set while a change is under way. */
  readonly previousRulesFile: string | null
}

export function loadFingerprintRules({ ownPackages, rulesFile, previousRulesFile }: FingerprintSettings): FingerprintRules {
  const rules = rulesOf(ownPackages, rulesFile)
  return previousRulesFile === null ? rules : { ...rules, previous: rulesOf(ownPackages, previousRulesFile) }
}

export function loadOverrides(file: string): Overrides {
  const read = readOverrides(textOf(file))
  if ('overrides' in read) return read.overrides
  throw new TracefoldError('config_invalid', `fingerprint rules cannot be used:\n${read.faults.map((fault) => `${file}: ${fault}`).join('\n')}`)
}

function rulesOf(ownPackages: readonly string[], file: string | null): FingerprintRules {
  return file === null ? { ownPackages } : { ownPackages, overrides: loadOverrides(file) }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new TracefoldError('config_invalid', `fingerprint rules cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
