/**
 * In: the rules of redaction, built in and a user's own. Out: what takes secrets out of text, values, bytes and events by them, and the rules' digest.
 *
 *   key of a value ── a user's rule by key ──> its placeholder
 *   text ── patterns of the user, then the built-in ones (redact-rules.ts, redact.ts)
 *
 * Redacting twice changes nothing more. Pure but for what it remembers, which it would find again; another set of rules is another redactor, so nothing
 * of one set is left in the next.
 */
import { namesOf } from '../match/class-names.ts'
import type { ErrorEvent } from '../event.ts'
import { remembered } from '../lib/remembered.ts'
import { createBodyRedactor, type TextRedactor } from './redact-body.ts'
import { createEventRedactor } from './redact-event.ts'
import { BUILT_IN, createBuiltInRedactor } from './redact.ts'
import { createRuleRedactor } from './redact-rules.ts'
import { redactionDigest, type RedactionRule, type RedactionRules } from './redaction-file.ts'
import { hidesSecret } from './secret-values.ts'

export interface Redactor extends TextRedactor {
  readonly redactBytes: (bytes: Buffer) => Buffer
  readonly redactEvent: (event: ErrorEvent) => ErrorEvent
  /** Equal for rules that redact alike. */
  readonly digest: string
}

/** A longer key, which only a dead letter can have, is known by its whole name alone. */
const KEYS = { maxTexts: 10_000, maxChars: 1_024 } as const
const PLACEHOLDERS: ReadonlySet<string> = new Set(BUILT_IN.map((name) => `[redacted:${name}]`))

export function createRedactor(rules: RedactionRules): Redactor {
  const builtIn = createBuiltInRedactor(BUILT_IN.filter((name) => rules.builtIn[name]))
  const patterns = rules.rules.flatMap((rule) =>
    rule.pattern === undefined ? [] : [{ pattern: rule.pattern, placeholder: placeholderOf(rule) }],
  )
  const byRules = patterns.length === 0 ? null : createRuleRedactor(patterns, PLACEHOLDERS)
  const redact = byRules === null ? builtIn : (text: string) => byRules(text, builtIn)
  const placeholderFor = keyTest(rules)
  const hidesSecrets = rules.builtIn.secret
  const redactValue = (key: string, value: string): string => {
    const placeholder = placeholderFor(key)
    if (placeholder !== null) return placeholder
    return hidesSecrets && hidesSecret(key, value) ? '[redacted:secret]' : redact(value)
  }
  const text = { redact, redactValue }
  return {
    ...text,
    redactBytes: createBodyRedactor(text),
    redactEvent: createEventRedactor({ ...text, redactByRules: byRules === null ? null : (one) => byRules(one, unchanged) }),
    digest: redactionDigest(rules),
  }
}

function placeholderOf({ id, replace }: RedactionRule): string {
  return replace ?? `[redacted:${id}]`
}

/** What a value under this key becomes whole, by the first rule that names the key or one that it stands under; else null. */
function keyTest({ rules }: RedactionRules): (key: string) => string | null {
  const asked = rules.flatMap((rule) =>
    rule.key === undefined ? [] : [{ test: namesOf([rule.key.toLowerCase()]).test, placeholder: placeholderOf(rule) }],
  )
  if (asked.length === 0) return () => null
  const placeholderFor = (names: readonly string[]): string | null => asked.find(({ test }) => names.some(test))?.placeholder ?? null
  const known = remembered((key) => placeholderFor(namesAbove(key.toLowerCase())), KEYS)
  return (key) => (key.length > KEYS.maxChars ? placeholderFor([key.toLowerCase()]) : known(key))
}

/** `user`, `user.address` and `user.address.street`, of the last. */
function namesAbove(key: string): string[] {
  const parts = key.split('.')
  return parts.map((_, i) => parts.slice(0, i + 1).join('.'))
}

function unchanged(text: string): string {
  return text
}
