/**
 * In: folders of rule files, one rule each, named as its id. Out: the rules in force, by id, and their digest. A file of a later folder replaces the
 * rule of the same id, or switches it off (`enabled: false`).
 *
 * All or nothing (lib/rule-folder.ts).
 */
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { readRuleFolders } from '../lib/rule-folder.ts'
import { packageFolder } from '../package-root.ts'
import { readAlertRule, type RuleEntry } from './rule-file.ts'
import type { Rule } from './rule.ts'

export interface AlertRuleSet {
  readonly rules: readonly Rule[]
  readonly digest: string
}

export function loadAlertRules(userFolder: string | null = null): AlertRuleSet {
  return readAlertRuleSet([builtInAlertFolder(), ...(userFolder === null ? [] : [userFolder])])
}

export function readAlertRuleSet(folders: readonly string[]): AlertRuleSet {
  return alertRuleSet(readRuleFolders(folders, 'alert rules', readAlertRule).map(({ rule }) => rule))
}

/** Later entries replace earlier ones of the same id: those of the API come last. */
export function alertRuleSet(entries: readonly RuleEntry[]): AlertRuleSet {
  const byId = new Map(entries.map(({ id, rule }) => [id, rule]))
  const rules = [...byId.values()].filter((rule) => rule !== null).sort((a, b) => (a.id < b.id ? -1 : 1))
  return { rules, digest: createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 16) }
}

/** `alerts/` beside package.json. */
export function builtInAlertFolder(): string {
  return join(dirname(packageFolder('patterns')), 'alerts')
}
