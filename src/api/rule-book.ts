/**
 * What the pattern rules in force say to people. In: the set of rules, asked for at each question, since it may be swapped whole. Out: words by rule id. A rule
 * that is not in force any more has none: what was counted under it keeps its category and severity.
 */
import { familyOf, type PatternSet } from '../classify/load.ts'
import type { PatternRule } from '../classify/rule.ts'
import type { RuleBook, RuleWords } from './deps.ts'

/** `inForce` is null where no rules have been read yet. */
export function ruleBookOf(inForce: () => PatternSet | null): RuleBook {
  let known: { readonly set: PatternSet; readonly words: ReadonlyMap<string, RuleWords> } | null = null
  const wordsInForce = (): ReadonlyMap<string, RuleWords> => {
    const set = inForce()
    if (set === null) return new Map()
    if (known?.set !== set) known = { set, words: new Map(set.rules.map((rule) => [rule.id, wordsOf(rule)])) }
    return known.words
  }
  return {
    adviceOf: (id) => wordsInForce().get(id) ?? null,
    all: () => [...wordsInForce().values()],
  }
}

function wordsOf(rule: PatternRule): RuleWords {
  const { id, classification, fields } = rule
  const { category, severity, advice } = classification
  return {
    id,
    family: familyOf(rule),
    title: fields.title,
    category,
    severity,
    meaning: fields.meaning,
    advice,
    link: linkOf(classification.link, id),
  }
}

/** An address that the rule names stays. A path of the package is on our own page about all rules, which has the same anchors. */
function linkOf(link: string | null, id: string): string {
  return link !== null && /^https?:\/\//.test(link) ? link : `patterns.html#${id}`
}
