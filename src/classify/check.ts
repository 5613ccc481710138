/**
 * In: a set of rules. Out: every way in which their examples show that the set is not what its authors mean.
 *
 * Each `match` must be taken by its own rule when all are tried in order; each `no_match` must not be taken by that rule alone. What a
 * user's rule takes from a built-in one is meant, since users override, and is listed apart. Pure; never throws.
 */
import { parseTrace } from '../decode/stack-trace.ts'
import type { Classification } from '../event.ts'
import type { PatternSet } from './load.ts'
import { createClassifier } from './match.ts'
import type { Example, PatternRule } from './rule.ts'

export interface RuleFailure {
  readonly file: string
  readonly rule: string
  /** `examples.match.0`. */
  readonly field: string
  readonly why: string
}

export interface CheckReport {
  readonly failures: readonly RuleFailure[]
  /** Examples of built-in rules that rules of the user take. */
  readonly taken: readonly RuleFailure[]
  /** Examples tried. */
  readonly examples: number
}

export function checkExamples(set: PatternSet, isBuiltIn: (rule: PatternRule) => boolean): CheckReport {
  const classify = classifierOf(set)
  const byId = new Map(set.rules.map((rule) => [rule.id, rule]))
  const report = { failures: [] as RuleFailure[], taken: [] as RuleFailure[], examples: 0 }
  for (const rule of set.rules) {
    const { match, noMatch } = rule.examples
    const alone = classifierOf({ rules: [rule] })
    report.examples += match.length + noMatch.length
    for (const [i, example] of match.entries()) {
      if (alone(example) === null) {
        report.failures.push(failure(rule, `match.${i}`, 'the rule does not match it'))
        continue
      }
      const first = byId.get(classify(example)?.rule ?? rule.id) ?? rule
      if (first === rule) continue
      const list = isBuiltIn(rule) && !isBuiltIn(first) ? report.taken : report.failures
      list.push(failure(rule, `match.${i}`, `${first.id} (priority ${first.priority}) takes it, before priority ${rule.priority}`))
    }
    for (const [i, example] of noMatch.entries()) {
      if (alone(example) !== null) report.failures.push(failure(rule, `no_match.${i}`, 'the rule matches it'))
    }
  }
  return report
}

/** As the stream does it: the same parser, the chain first, then the log message. */
function classifierOf(set: Pick<PatternSet, 'rules'>): (example: Example) => Classification | null {
  const classifierFor = createClassifier(set)
  return ({ logger, message, trace }) => {
    const throwable = trace === null ? null : parseTrace(trace, { type: null, message: null }).throwable
    return classifierFor({ throwable, truncated: false, logger, message: throwable === null ? message : '', messageTemplate: null })(
      message,
    )
  }
}

function failure(rule: PatternRule, field: string, why: string): RuleFailure {
  return { file: rule.file, rule: rule.id, field: `examples.${field}`, why }
}
