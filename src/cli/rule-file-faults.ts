/**
 * For `check-config`: the files of rules that the settings name, read as the start reads them. In: settings. Out: every fault of every file, by the
 * setting that names it. What the start does not read is not looked at: alert rules where they are not evaluated.
 */
import { readAlertRuleSet } from '../alert/rule-load.ts'
import { loadPatterns } from '../classify/load.ts'
import type { Fault } from '../config/fault.ts'
import type { Settings } from '../config/schema.ts'
import { loadRedactionRules } from '../decode/redaction-file.ts'
import { isTracefoldError } from '../errors.ts'
import { loadFilterRules } from '../filter/load.ts'
import { loadFingerprintRules } from '../fingerprint/load.ts'

type Read = readonly [setting: string, expected: string, read: () => unknown]

export function ruleFileFaults(settings: Settings): Fault[] {
  return readsOf(settings).flatMap(([setting, expected, read]) =>
    faultsOf(read).map((got) => ({ setting, origin: setting, expected, got })),
  )
}

function readsOf({ filter, redaction, fingerprint, patterns, alerts }: Settings): Read[] {
  const noFile = { ...fingerprint, rulesFile: null, previousRulesFile: null, previousUntil: null }
  return [
    ['filter.rulesFile', 'filter rules', () => loadFilterRules(filter.rulesFile)],
    ['redaction.rulesFile', 'redaction rules', () => loadRedactionRules(redaction.rulesFile)],
    ['fingerprint.rulesFile', 'fingerprint rules', () => loadFingerprintRules({ ...noFile, rulesFile: fingerprint.rulesFile })],
    [
      'fingerprint.previousRulesFile',
      'fingerprint rules',
      () => loadFingerprintRules({ ...noFile, previousRulesFile: fingerprint.previousRulesFile }),
    ],
    ['fingerprint.previousUntil', 'an event time', () => loadFingerprintRules({ ...noFile, previousUntil: fingerprint.previousUntil })],
    ['patterns.folder', 'pattern rules', () => loadPatterns(patterns.folder)],
    ['alerts.folders', 'alert rules', () => alerts.enabled && alerts.folders.length > 0 && readAlertRuleSet(alerts.folders)],
  ]
}

/** A heading and then a fault on each line, or one line that says all. */
function faultsOf(read: () => unknown): string[] {
  try {
    read()
    return []
  } catch (error) {
    if (!isTracefoldError(error, 'config_invalid')) throw error
    const [first = '', ...faults] = error.message.split('\n')
    return faults.length === 0 ? [first] : faults
  }
}
