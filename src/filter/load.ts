/** In: the file that `filter.rulesFile` names, or null. Out: its rules, checked, and their digest. Throws `config_invalid` with all faults. */
import { loadChecked } from '../lib/checked-yaml.ts'
import { jsonDigest } from '../lib/json-digest.ts'
import { NO_FILTER_RULES, readFilterRules, type FilterRules } from './rule-file.ts'

export function loadFilterRules(file: string | null): FilterRules {
  return file === null ? NO_FILTER_RULES : loadChecked(file, 'filter rules', readFilterRules)
}

/** Another digest may decide otherwise for the same event. */
export function filterDigest({ rules }: FilterRules): string {
  return jsonDigest(rules)
}
