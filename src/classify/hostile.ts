/**
 * In: a rule. Out: texts on which its words and expressions have as much work as a log line can make them: as long as the text that
 * rules are tried on, and full of beginnings that come to nothing.
 *
 * The bound that rule files are held to is reckoned (regex-cost.ts); these lines are to measure it. Pure.
 */
import { MAX_MATCHED_CHARS } from '../match/regex-cost.ts'
import type { PatternRule } from './rule.ts'

export function hostileLines(rule: PatternRule): string[] {
  const seeds = (rule.fields.match.message ?? []).flatMap((entry) => [withoutEnd(plainOf(entry)), longest(plainOf(entry)), 'a', '1 ', '['])
  return [...new Set(seeds)]
    .filter((seed) => seed !== '')
    .map((seed) => seed.repeat(Math.ceil(MAX_MATCHED_CHARS / seed.length)).slice(0, MAX_MATCHED_CHARS))
}

/** What is left of an expression without its signs; words stay as they are. */
function plainOf(entry: string): string {
  return entry.replaceAll(/\\[dwsSDWb]|\{\d*,?\d*\}|\(\?:|[\\^$.*+?()[\]{}|/]/g, ' ').toLowerCase()
}

function withoutEnd(text: string): string {
  return text.trim().slice(0, -1)
}

function longest(text: string): string {
  return text.split(' ').reduce((best, word) => (word.length > best.length ? word : best), '')
}
