/**
 * In: folders of rule files, one rule each, named as its id. Out: the rules in force, by id, and their digest. A file of a later folder replaces the
 * rule of the same id, or switches it off (`enabled: false`).
 *
 * All or nothing (lib/rule-folder.ts).
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { YamlFault } from '../lib/checked-yaml.ts'
import { jsonDigest } from '../lib/json-digest.ts'
import { idOfFile, readRuleFolders, yamlFilesIn } from '../lib/rule-folder.ts'
import { packageFolder } from '../package-root.ts'
import { readAlertRule, type RuleEntry } from './rule-file.ts'
import type { Rule } from './rule.ts'

export interface AlertRuleSet {
  readonly rules: readonly Rule[]
  readonly digest: string
}

/** With the files that it comes from, the earlier folder's first. */
export interface FileRuleSet extends AlertRuleSet {
  readonly files: readonly RuleFile[]
}

/** A rule as somebody wrote it; `rule` is null where it is switched off, or has faults. */
export interface RuleText extends RuleEntry {
  readonly text: string
  readonly faults: readonly YamlFault[]
}

export interface RuleFile extends RuleText {
  readonly folder: string
  readonly file: string
}

export function readAlertRuleSet(folders: readonly string[]): FileRuleSet {
  const read = readRuleFolders(folders, 'alert rules', readAlertRule)
  const files = read.map(({ folder, file, text, rule: { id, rule } }) => ({ folder, file, text, id, rule, faults: [] }))
  return { ...alertRuleSet(files), files }
}

/** Each as it is written now. Throws where the folder cannot be read. */
export function readRuleFiles(folder: string): RuleFile[] {
  const taken = new Set<string>()
  return yamlFilesIn(folder).map((file) => {
    const read = readNamedRule(idOfFile(file), readFileSync(file, 'utf8'))
    const isTaken = read.faults.length === 0 && taken.has(read.id)
    if (read.faults.length === 0) taken.add(read.id)
    return { folder, file, ...(isTaken ? withFault(read, `${read.id} is taken by another file of this folder`) : read) }
  })
}

/** The text of the rule that is to have this id. */
export function readNamedRule(id: string, text: string): RuleText {
  const read = readAlertRule(text)
  if ('faults' in read) return { id, text, rule: null, faults: read.faults }
  const named = { id, text, rule: read.value.rule, faults: [] }
  return read.value.id === id ? named : withFault(named, `expected ${id}, as it is named, got ${read.value.id}`)
}

/** Later entries replace earlier ones of the same id: those of the API come last. */
export function alertRuleSet(entries: readonly RuleEntry[]): AlertRuleSet {
  const byId = new Map(entries.map(({ id, rule }) => [id, rule]))
  const rules = [...byId.values()].filter((rule) => rule !== null).sort((a, b) => (a.id < b.id ? -1 : 1))
  return { rules, digest: jsonDigest(rules) }
}

/** `alerts/` beside package.json. */
export function builtInAlertFolder(): string {
  return join(dirname(packageFolder('patterns')), 'alerts')
}

function withFault(named: RuleText, why: string): RuleText {
  return { ...named, rule: null, faults: [{ line: 1, field: 'id', why }] }
}
