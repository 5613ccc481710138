/**
 * In: folders of rule files, `<family>/<id>.yml`, or single files. Out: the rules in the order in which they are tried.
 *
 * A rule of a later folder replaces the one of the same id. Order: priority number, then id; the first match wins. All or nothing
 * (lib/rule-folder.ts).
 */
import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { readRuleFolders, type RuleFile } from '../lib/rule-folder.ts'
import { packageFolder } from '../package-root.ts'
import { readRuleFile, type RuleFields } from './rule-file.ts'
import { ruleOf, type PatternRule } from './rule.ts'

/** Where the page about the built-in rules lies, from the package's folder. */
const PAGE = 'docs/patterns.md'

export interface PatternSet {
  readonly rules: readonly PatternRule[]
  /** Of the content of all rule files: another digest may classify differently. */
  readonly digest: string
}

/** The built-in rules, and those of `userFolder`. Throws `config_invalid`. */
export function loadPatterns(userFolder: string | null = null): PatternSet {
  return readPatternSet(patternFolders(userFolder))
}

/** What `loadPatterns` reads: later ones beat earlier ones. */
export function patternFolders(userFolder: string | null): string[] {
  return [builtInFolder(), ...(userFolder === null ? [] : [userFolder])]
}

/** Later folders beat earlier ones. Throws `config_invalid`. */
export function readPatternSet(folders: readonly string[]): PatternSet {
  const byId = new Map(readRuleFolders(folders, 'patterns', readRuleFile).map((found) => [found.rule.id, found]))
  const inOrder = [...byId.values()].sort((a, b) => a.rule.priority - b.rule.priority || (a.rule.id < b.rule.id ? -1 : 1))
  const digest = createHash('sha256')
    .update(JSON.stringify(inOrder.map(({ text }) => text)))
    .digest('hex')
    .slice(0, 16)
  return { rules: inOrder.map(ruleIn), digest }
}

/** `patterns/` beside package.json, whether this runs from src/ or from dist/src/. */
export function builtInFolder(): string {
  return packageFolder('patterns')
}

/** The folder that a rule's file lies in: `flink`. */
export function familyOf(rule: PatternRule): string {
  return basename(dirname(rule.file))
}

/** A built-in rule without a link of its own is described on our page. */
function ruleIn({ folder, file, rule }: RuleFile<RuleFields>): PatternRule {
  const whole = ruleOf(file, rule)
  const link = whole.classification.link ?? (folder === builtInFolder() ? `${PAGE}#${rule.id}` : null)
  return { ...whole, classification: { ...whole.classification, link } }
}
