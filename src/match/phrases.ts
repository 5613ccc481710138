/**
 * In: the `message` entries of a rule, words or `/regular expression/`. Out: a test, and the needles by which the rule can be looked up.
 *
 * Case does not count: the text comes in lower case, and is at most MAX_MATCHED_CHARS long.
 * Invariant: a text that passes the test holds one of the needles, where there are any. Pure; the time is bounded (see regex-cost.ts).
 */
import { needlesOfRegex } from './needles-of-regex.ts'
import type { Test } from './class-names.ts'
import { MAX_STEPS_PER_START, regexCost } from './regex-cost.ts'
import { regexSource, regexSyntaxFault } from './regex-syntax.ts'

export interface Phrases {
  readonly test: Test
  /** Lower case, MIN_NEEDLE_CHARS or longer. Null: an expression asks for no certain words, and is tried on every text. */
  readonly needles: readonly string[] | null
}

interface Phrase extends Phrases {
  readonly isRegex: boolean
}

export function phrasesOf(entries: readonly string[]): Phrases {
  const phrases = entries.map(phraseOf).sort((a, b) => Number(a.isRegex) - Number(b.isRegex))
  const needles = phrases.flatMap((phrase) => phrase.needles ?? [])
  return {
    test: (text) => phrases.some(({ test }) => test(text)),
    needles: phrases.every((phrase) => phrase.needles !== null) ? needles : null,
  }
}

/** Why an entry cannot be taken, or null. */
export function faultOfPhrase(entry: string): string | null {
  const source = regexSource(entry)
  if (source === null) return null
  const cost = regexCost(source)
  if ('refused' in cost) return `${cost.refused}, because matching could take too long`
  if (cost.steps > MAX_STEPS_PER_START) {
    return `may take ${cost.steps} steps per position, at most ${MAX_STEPS_PER_START} are taken; bound its quantifiers, as in .{0,80}`
  }
  return regexSyntaxFault(source)
}

function phraseOf(entry: string): Phrase {
  const source = regexSource(entry)
  if (source === null) {
    const literal = entry.toLowerCase()
    return { isRegex: false, test: (text) => text.includes(literal), needles: [literal] }
  }
  const regex = new RegExp(source, 'i')
  return { isRegex: true, test: (text) => regex.test(text), needles: needlesOfRegex(source) }
}
