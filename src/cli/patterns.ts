/**
 * `tracefold patterns list | test [path] | docs`: which rules are in force, do they do what their examples say, and what do they mean?
 * The built-in rules and those of the folder that the settings name; `test` takes another folder, or a file, in its place.
 */
import { sep } from 'node:path'
import type { Command } from 'commander'
import type { CheckReport, RuleFailure } from '../classify/check.ts'
import type { PatternSet } from '../classify/load.ts'
import type { PatternRule } from '../classify/rule.ts'
import { TracefoldError } from '../errors.ts'
import { json, settingsFor, type Io } from './io.ts'
import { renderTable, type Column } from './table.ts'

const COLUMNS: readonly Column[] = [
  { heading: 'ID', align: 'left' },
  { heading: 'CATEGORY', align: 'left' },
  { heading: 'SEVERITY', align: 'left' },
  { heading: 'PRIORITY', align: 'right' },
  { heading: 'TITLE', align: 'left', flexible: true },
]

// The loader and zod are loaded when needed: the other commands start without them.
export function registerPatterns(program: Command, io: Io): void {
  const patterns = program.command('patterns').description('the rules that give an error its category: list, test, docs')
  patterns
    .command('list')
    .description('the rules in force, in the order in which they are tried')
    .option('--json', 'print a JSON array')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { rules } = await rulesInForce(command, io)
      io.stdout.write(options.json === true ? json(rules.map(shown)) : renderTable(COLUMNS, rules.map(row), io.columns))
    })
  patterns
    .command('test')
    .description(
      'check all rules: form, cost of matching, and examples, which no other rule may steal; exit code 1 where one fails, 78 where a file cannot be used',
    )
    .argument('[path]', 'rule file or folder to test on top of the built-in rules, in place of the configured folder')
    .action(async (path: string | undefined, _options: unknown, command: Command) => test(await rulesInForce(command, io, path), io))
  patterns
    .command('docs')
    .description('print a page (Markdown) on what each rule means and what to do')
    .action(async (_options: unknown, command: Command) => {
      const { patternsPage } = await import('../classify/page.ts')
      io.stdout.write(patternsPage(await rulesInForce(command, io)))
    })
}

async function rulesInForce(command: Command, io: Io, path?: string): Promise<PatternSet> {
  const { loadPatterns } = await import('../classify/load.ts')
  return loadPatterns(path ?? settingsFor(command, io).patterns.folder)
}

async function test(set: PatternSet, io: Io): Promise<void> {
  const [{ checkExamples }, { builtInFolder }, { slowest }] = await Promise.all([
    import('../classify/check.ts'),
    import('../classify/load.ts'),
    import('../classify/slowest.ts'),
  ])
  const home = builtInFolder() + sep
  const report = checkExamples(set, (rule) => rule.file.startsWith(home))
  io.stdout.write(reportText(set, report))
  const { rule, micros } = slowest(set.rules)
  io.stdout.write(`slowest on lines made to be slow: ${rule}, ${Math.round(micros)} µs\n`)
  if (report.failures.length > 0)
    throw new TracefoldError('patterns_failed', `${report.failures.length} of ${report.examples} examples fail.`)
}

function reportText({ rules }: PatternSet, { failures, taken, examples }: CheckReport): string {
  const lines = [
    ...failures.map(failureLine),
    ...taken.map((one) => `note: ${failureLine(one)}`),
    `${rules.length} rules, ${examples} examples, ${failures.length} failed`,
  ]
  return `${lines.join('\n')}\n`
}

function failureLine({ file, rule, field, why }: RuleFailure): string {
  return `${file}: ${rule}: ${field}: ${why}`
}

function row({ id, priority, fields }: PatternRule): string[] {
  return [id, fields.category, fields.severity, String(priority), fields.title]
}

function shown({ id, file, priority, classification, fields }: PatternRule): Record<string, unknown> {
  const { title, status, meaning, match } = fields
  return {
    id,
    title,
    status,
    category: classification.category,
    severity: classification.severity,
    priority,
    match,
    meaning,
    advice: classification.advice,
    link: classification.link,
    file,
  }
}
