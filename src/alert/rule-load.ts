/**
 * In: folders of rule files, one rule each, named as its id. Out: the rules in force, by id, and their digest. A file of a later folder replaces the
 * rule of the same id, or switches it off (`enabled: false`).
 *
 * All or nothing: one wrong file refuses the set with every fault of every file, so that the caller keeps the last good one. Throws `config_invalid`.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ruleFilesIn } from '../classify/load.ts'
import { TracefoldError } from '../errors.ts'
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
  const faults: string[] = []
  const entries = folders.flatMap((folder) => entriesIn(folder, faults))
  if (faults.length > 0) throw new TracefoldError('config_invalid', `alert rules cannot be used:\n${faults.join('\n')}`)
  return alertRuleSet(entries)
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

function entriesIn(folder: string, faults: string[]): RuleEntry[] {
  const entries = new Map<string, RuleEntry>()
  for (const { file, text } of textsIn(folder, faults)) {
    const result = readAlertRule(text)
    if ('faults' in result) {
      faults.push(...result.faults.map(({ line, field, why }) => `${file}:${line}: ${field}: ${why}`))
      continue
    }
    const { id } = result.value
    const expected = basename(file).replace(/\.ya?ml$/, '')
    if (id !== expected) faults.push(`${file}: id: expected ${expected}, as the file is named, got ${id}`)
    else if (entries.has(id)) faults.push(`${file}: id: ${id} is taken by another file of this folder`)
    else entries.set(id, result.value)
  }
  return [...entries.values()]
}

function textsIn(folder: string, faults: string[]): { file: string; text: string }[] {
  try {
    return ruleFilesIn(folder).map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  } catch (error) {
    faults.push(`${folder}: cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
}
