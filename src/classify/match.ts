/**
 * In: rules in order, and what an event is about. Out: what the first matching rule says, or null.
 *
 * All fields of a rule must match, one entry of each is enough. Its exceptions are the chain's and those that messages begin with (links.ts). With `exception`, `message` speaks of that same exception; alone,
 * of any exception's message or of the log message. What the throwable and the logger decide is decided once per distinct trace;
 * what is left per event is one pass over its log message, where a rule that stands earlier could be met by it.
 * Pure; never throws; the time is bounded by the rules' own checks (see phrases.ts), and hardly grows with their number (rule-index.ts).
 */
import type { Classification } from '../event.ts'
import type { Subject } from '../fingerprint/known-traces.ts'
import { linksOf, type Link } from './links.ts'
import type { PatternSet } from './load.ts'
import type { Names } from '../match/class-names.ts'
import { MAX_MATCHED_CHARS } from '../match/regex-cost.ts'
import type { PatternRule } from './rule.ts'
import { createRuleIndex, type RuleIndex } from './rule-index.ts'

/** Tried with the log message of each event of a subject. */
export type Classify = (logMessage: string) => Classification | null

/** An exception of the chain, and its message as rules see it. */
interface Part {
  readonly link: Link
  readonly text: string | null
}

export function createClassifier({ rules }: Pick<PatternSet, 'rules'>): (subject: Subject) => Classify {
  const index = createRuleIndex(rules)
  const asking = rules.filter((rule) => rule.message !== null && rule.exception === null && (rule.logger !== null || rule.frame !== null))
  return (subject) => {
    const parts = linksOf(subject).map((link) => ({ link, text: link.message === null ? null : readable(link.message) }))
    const candidates = index.ofChain(
      parts.map(({ link }) => link.type),
      parts.flatMap(({ text }) => text ?? []),
    )
    const place = candidates.find((candidate) => isMet(rules[candidate]!, parts, subject.logger)) ?? rules.length
    const otherwise = rules[place]?.classification ?? null
    // What is answered stays in memory for each known trace: it is made elsewhere and of answers alone, so that it holds no frames.
    if (index.firstOfText >= place) return always(otherwise)
    const unmeant = new Set(asking.filter((rule) => !isFrom(rule, parts, subject.logger)))
    return byLogMessage(rules, index, place, otherwise, unmeant)
  }
}

function always(classification: Classification | null): Classify {
  return () => classification
}

/** A rule before `place` that the log message meets, else what the throwable has decided. */
function byLogMessage(
  rules: readonly PatternRule[],
  index: RuleIndex,
  place: number,
  otherwise: Classification | null,
  unmeant: ReadonlySet<PatternRule>,
): Classify {
  return (logMessage) => {
    const text = readable(logMessage)
    for (const candidate of index.ofText(text)) {
      if (candidate >= place) break
      const rule = rules[candidate]!
      if (!unmeant.has(rule) && rule.message!.test(text)) return rule.classification
    }
    return otherwise
  }
}

/** Without the log message. */
function isMet(rule: PatternRule, parts: readonly Part[], logger: string | null): boolean {
  if (!isFrom(rule, parts, logger)) return false
  if (rule.exception === null && rule.message === null) return true
  return parts.some(
    ({ link, text }) => (rule.exception?.test(link.type) ?? true) && (rule.message === null || (text !== null && rule.message.test(text))),
  )
}

function isFrom({ logger: loggers, frame }: PatternRule, parts: readonly Part[], logger: string | null): boolean {
  if (loggers !== null && (logger === null || !loggers.test(logger))) return false
  return frame === null || hasFrame(parts, frame)
}

function hasFrame(parts: readonly Part[], { test }: Names): boolean {
  return parts.some(({ link }) => link.frames.some(({ className, method }) => test(`${className}.${method}`)))
}

/** What a pattern may cost is reckoned for a text of this length. */
function readable(text: string): string {
  return (text.length > MAX_MATCHED_CHARS ? text.slice(0, MAX_MATCHED_CHARS) : text).toLowerCase()
}
