/**
 * In: rules in order. Out: for an exception chain or a text, the places of the few rules that may match it, in order.
 *
 *   asks for a class                 found by the parts of the chain's class names; always, where `*Exception` leaves none
 *   asks for words                   found by the needles that a text holds
 *   asks for a logger, a frame, or words that nothing is known of: always
 *
 * Invariant: a rule that is left out does not match, so the index saves time and never changes an answer. Pure.
 */
import { partsOf } from '../match/class-names.ts'
import { createNeedleIndex } from './needle-index.ts'
import type { PatternRule } from './rule.ts'

export interface RuleIndex {
  /** Rules that may match by classes and messages of a chain (`texts`: the messages, lower case), or without a throwable by the logger. */
  ofChain(types: readonly string[], texts: readonly string[]): number[]
  /** Rules that may match by a log message, in lower case. */
  ofText(text: string): number[]
  /** The first rule that a log message can decide; the number of rules where there is none. */
  readonly firstOfText: number
}

export function createRuleIndex(rules: readonly PatternRule[]): RuleIndex {
  const places = [...rules.keys()]
  const only = (asks: (rule: PatternRule) => boolean): number[] => places.filter((place) => asks(rules[place]!))
  const byWords = only(asksForWords)
  const byPart = filedByPart(rules)
  const find = createNeedleIndex(
    byWords.flatMap((place) => (rules[place]!.message?.needles ?? []).map((needle) => [needle, place] as const)),
  )
  const ofEveryText = only((rule) => asksForWords(rule) && rule.message?.needles === null)
  const ofEveryChain = only((rule) => rule.exception?.parts === null)
  const ofEveryEvent = only((rule) => rule.exception === null && rule.message === null)
  return {
    ofChain(types, texts) {
      const found = new Set(ofEveryEvent)
      if (types.length > 0) for (const place of ofEveryChain) found.add(place)
      for (const type of types) for (const part of partsOf(type)) for (const place of byPart.get(part) ?? []) found.add(place)
      if (texts.length > 0) for (const place of ofEveryText) found.add(place)
      for (const text of texts) find(text, (place) => found.add(place))
      return inOrder(found)
    },
    ofText(text) {
      const found = new Set(ofEveryText)
      find(text, (place) => found.add(place))
      return inOrder(found)
    },
    firstOfText: byWords[0] ?? rules.length,
  }
}

function asksForWords(rule: PatternRule): boolean {
  return rule.exception === null && rule.message !== null
}

function filedByPart(rules: readonly PatternRule[]): Map<string, number[]> {
  const byPart = new Map<string, number[]>()
  for (const [place, { exception }] of rules.entries()) {
    for (const part of exception?.parts ?? []) byPart.set(part, [...(byPart.get(part) ?? []), place])
  }
  return byPart
}

function inOrder(places: ReadonlySet<number>): number[] {
  return [...places].sort((a, b) => a - b)
}
