/**
 * In: folders of rule files, `<family>/<id>.yml`, or single files. Out: the rules in the order in which they are tried.
 *
 * A rule of a later folder replaces the one of the same id. Order: priority number, then id; the first match wins. Hidden files and
 * folders do not count (a mounted ConfigMap has its content twice, once below `..data`).
 * All or nothing: one wrong file refuses the set, with every fault by file, line and field, so that the caller keeps the last good one.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { TracefoldError } from '../errors.ts'
import { packageFolder } from '../package-root.ts'
import { readRule, type Rule } from './rule.ts'

/** Where the page about the built-in rules lies, from the package's folder. */
const PAGE = 'docs/patterns.md'

export interface RuleSet {
  readonly rules: readonly Rule[]
  /** Of the content of all rule files: another digest may classify differently. */
  readonly digest: string
}

interface Found {
  readonly rule: Rule
  readonly text: string
}

/** The built-in rules, and those of `userFolder`. Throws `config_invalid`. */
export function loadRules(userFolder: string | null = null): RuleSet {
  return readRuleSet(patternFolders(userFolder))
}

/** What `loadRules` reads: later ones beat earlier ones. */
export function patternFolders(userFolder: string | null): string[] {
  return [builtInFolder(), ...(userFolder === null ? [] : [userFolder])]
}

/** Later folders beat earlier ones. Throws `config_invalid`. */
export function readRuleSet(folders: readonly string[]): RuleSet {
  const byId = new Map<string, Found>()
  const faults: string[] = []
  for (const folder of folders) {
    for (const [id, found] of rulesIn(folder, faults)) byId.set(id, found)
  }
  if (faults.length > 0) throw new TracefoldError('config_invalid', `patterns cannot be used:\n${faults.join('\n')}`)
  const found = [...byId.values()].sort((a, b) => a.rule.priority - b.rule.priority || (a.rule.id < b.rule.id ? -1 : 1))
  const digest = createHash('sha256')
    .update(JSON.stringify(found.map(({ text }) => text)))
    .digest('hex')
    .slice(0, 16)
  return { rules: found.map(({ rule }) => rule), digest }
}

/** `patterns/` beside package.json, whether this runs from src/ or from dist/src/. */
export function builtInFolder(): string {
  return packageFolder('patterns')
}

/** The rule files of a folder, in order; a file is its own only one. Throws where it cannot be read. */
export function ruleFilesIn(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /\.ya?ml$/.test(name) && !/(?:^|[\\/])\./.test(name))
    .sort()
    .map((name) => join(path, name))
}

function rulesIn(folder: string, faults: string[]): Map<string, Found> {
  const rules = new Map<string, Found>()
  for (const { file, text } of readAll(folder, faults)) {
    const result = readFile(file, text, folder === builtInFolder())
    if ('faults' in result) faults.push(...result.faults)
    else if (rules.has(result.rule.id)) faults.push(`${file}: id: ${result.rule.id} is taken by another file of this folder`)
    else rules.set(result.rule.id, { rule: result.rule, text })
  }
  return rules
}

function readAll(folder: string, faults: string[]): { file: string; text: string }[] {
  try {
    return ruleFilesIn(folder).map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  } catch (error) {
    faults.push(`${folder}: cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
}

function readFile(file: string, text: string, isBuiltIn: boolean): { rule: Rule } | { faults: string[] } {
  const result = readRule(file, text)
  if ('faults' in result)
    return { faults: result.faults.map(({ line, field, why }) => `${line === null ? file : `${file}:${line}`}: ${field}: ${why}`) }
  const { rule } = result
  const expected = basename(file).replace(/\.ya?ml$/, '')
  if (rule.id !== expected) return { faults: [`${file}: id: expected ${expected}, as the file is named, got ${rule.id}`] }
  const link = rule.classification.link ?? (isBuiltIn ? `${PAGE}#${rule.id}` : null)
  return { rule: { ...rule, classification: { ...rule.classification, link } } }
}

/** The folder that a rule's file lies in: `flink`. */
export function familyOf(rule: Rule): string {
  return basename(dirname(rule.file))
}
