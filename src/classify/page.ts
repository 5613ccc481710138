/**
 * In: a set of rules. Out: a page in Markdown with a heading for each rule, whose anchor is the rule's id; classifications link to it.
 *
 * Families in alphabetical order, in each the rules as they are tried. Pure: equal rules give an equal page.
 */
import { familyOf, type PatternSet } from './load.ts'
import type { PatternRule } from './rule.ts'

const EXAMPLE_CHARS = 240

export function patternsPage({ rules }: PatternSet): string {
  const families = [...new Set(rules.map(familyOf))]
    .sort()
    .map((family) => [family, rules.filter((rule) => familyOf(rule) === family)] as const)
  const sections = families.map(([family, ofFamily]) => `## ${family}\n\n${ofFamily.map(section).join('\n')}`)
  return `${head(rules.length)}\n${contents(families)}\n${sections.join('\n')}`
}

function head(count: number): string {
  return `# What each pattern means, and what to do

The ${count} rules by which an error gets its category, made from the rule files by \`tracefold patterns docs\`. How a rule is written:
[patterns/README.md](../patterns/README.md).
`
}

function contents(families: readonly (readonly [string, readonly PatternRule[]])[]): string {
  return families.map(([family, rules]) => `- **${family}**: ${rules.map(({ id }) => `[${id}](#${id})`).join(', ')}\n`).join('')
}

function section({ id, priority, fields }: PatternRule): string {
  const { title, category, severity, status, reason, meaning, advice, notes, link } = fields
  const paragraphs = [
    `### ${id}`,
    `**${escaped(title)}.** Category \`${category}\`, severity ${severity}, priority ${priority}${status === 'stable' ? '' : `, ${status}${reason === undefined ? '' : `: ${escaped(reason)}`}`}.`,
    escaped(meaning),
    advice === undefined ? null : `**What to do:** ${escaped(advice)}`,
    notes === undefined ? null : `*Note:* ${escaped(notes)}`,
    link === undefined ? null : `More: <${link}>`,
    `\`\`\`\n${firstExample(fields.examples.match[0])}\n\`\`\``,
  ]
  return `${paragraphs.filter((paragraph) => paragraph !== null).join('\n\n')}\n`
}

/** The line that shows the error: of a trace, its head; of a longer chain, its root. */
function firstExample(example: PatternRule['fields']['examples']['match'][number] | undefined): string {
  const text = typeof example === 'string' ? example : (example?.trace ?? example?.message ?? example?.logger ?? '')
  const lines = text
    .trim()
    .split('\n')
    .filter((line) => !/^\s+at /.test(line))
    .slice(0, 3)
  return lines.map((line) => (line.length > EXAMPLE_CHARS ? `${line.slice(0, EXAMPLE_CHARS)}...` : line)).join('\n')
}

/** `<`, `*` and `_` would be read as markup outside of code. */
function escaped(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/[<*_\\]/g, String.raw`\$&`)
}
