/**
 * A rule in the form that matching, checking and the page about the rules need.
 *
 * In: a rule file's name and fields. Out: the rule. Pure.
 */
import type { Classification } from '../event.ts'
import { abbreviatedNamesOf, type Names } from '../match/class-names.ts'
import { phrasesOf, type Phrases } from '../match/phrases.ts'
import type { RuleFields } from './rule-file.ts'

export interface Example {
  readonly logger: string | null
  readonly message: string
  readonly trace: string | null
}

export interface PatternRule {
  readonly file: string
  readonly id: string
  readonly priority: number
  readonly classification: Classification
  /** Null: the rule does not ask. */
  readonly exception: Names | null
  readonly message: Phrases | null
  readonly logger: Names | null
  readonly frame: Names | null
  readonly examples: { readonly match: readonly Example[]; readonly noMatch: readonly Example[] }
  /** As the file has it, for people. */
  readonly fields: RuleFields
}

export function ruleOf(file: string, fields: RuleFields): PatternRule {
  const { id, priority, category, severity, advice, link, match, examples } = fields
  return {
    file,
    id,
    priority,
    classification: { category, severity, rule: id, advice: advice ?? null, link: link ?? null },
    exception: match.exception === undefined ? null : abbreviatedNamesOf(match.exception),
    message: match.message === undefined ? null : phrasesOf(match.message),
    logger: match.logger === undefined ? null : abbreviatedNamesOf(match.logger),
    frame: match.frame === undefined ? null : abbreviatedNamesOf(match.frame),
    examples: { match: examples.match.map(exampleOf), noMatch: examples.no_match.map(exampleOf) },
    fields,
  }
}

function exampleOf(raw: RuleFields['examples']['match'][number]): Example {
  if (typeof raw !== 'string') return { logger: raw.logger ?? null, message: raw.message ?? '', trace: raw.trace ?? null }
  const isTrace = /^\s+at /m.test(raw) || /^[\w.$]+(?:Exception|Error)(?:\$\w+)?(?:: |$)/.test(raw)
  return { logger: null, message: isTrace ? '' : raw, trace: isTrace ? raw : null }
}
