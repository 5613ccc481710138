/**
 * The text of a file of redaction rules, checked. Format and a rule to copy: docs/redaction.md.
 *
 *   builtIn: { email: false }                what is redacted without a rule; each can be switched off
 *   rules:
 *     - { id: employee, pattern: 'EMP-\d{4,8}' }        becomes [redacted:employee], wherever it stands
 *     - { id: badge, pattern: 'badge \w{6}', replace: '[redacted:employee]' }
 *     - { id: tax-number, key: '*taxId' }    what stands under a key becomes it whole
 *
 * In: YAML. Out: the rules as data, or every fault with its line, its field and why. Pure; never throws.
 */
import { z } from 'zod'
import { idsTakenTwice, loadChecked, membersOf, readChecked, type Checked, type Issue } from '../lib/checked-yaml.ts'
import { jsonDigest } from '../lib/json-digest.ts'
import { BUILT_IN, type BuiltIn } from './redact.ts'
import { faultOfPattern } from './redact-pattern.ts'

/** Each pattern looks at each text. */
const MAX_RULES = 100
const MAX_ID_CHARS = 60
const WORDS = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

const id = z
  .string()
  .max(MAX_ID_CHARS)
  .regex(WORDS, 'expected lower-case words joined by hyphens')
  .refine((text) => !BUILT_IN.some((own) => own === text), `a built-in rule has this id: ${BUILT_IN.join(', ')}`)
/** A form that no text has by chance: so it can be told from what is still to be redacted, however often that is done. */
const replace = z
  .string()
  .max(MAX_ID_CHARS + '[redacted:]'.length)
  .regex(/^\[redacted:[a-z][a-z0-9]*(?:-[a-z0-9]+)*\]$/, 'expected [redacted:<words>], by which what is redacted can be told')
  .refine((text) => !BUILT_IN.some((own) => text === `[redacted:${own}]`), 'a built-in rule has this placeholder')
const pattern = z
  .string()
  .min(1)
  .superRefine((source, ctx) => {
    const message = faultOfPattern(source)
    if (message !== null) ctx.addIssue({ code: 'custom', message })
  })
const key = z.string().regex(/[^*.]/, 'expected the name of a context key, in which * stands for anything')

const rule = z.strictObject({ id, pattern: pattern.optional(), key: key.optional(), replace: replace.optional() })
const file = z.strictObject({
  builtIn: z.strictObject(switches()).prefault({}),
  rules: z.array(rule).max(MAX_RULES, `expected at most ${MAX_RULES} rules`).default([]),
})

/** With either `pattern` or `key`. */
export type RedactionRule = z.output<typeof rule>

export interface RedactionRules {
  readonly builtIn: Readonly<Record<BuiltIn, boolean>>
  readonly rules: readonly RedactionRule[]
}

export const NO_REDACTION_RULES: RedactionRules = file.parse({})

export function readRedactionRules(yaml: string): Checked<RedactionRules> {
  return readChecked(yaml, file, (content) => [...idsTakenTwice(content, 'rules'), ...withoutOneKind(content)])
}

/** Of the file that `redaction.rulesFile` names; null stands for the built-in rules alone. Throws `config_invalid` with all faults. */
export function loadRedactionRules(path: string | null): RedactionRules {
  return path === null ? NO_REDACTION_RULES : loadChecked(path, 'redaction rules', readRedactionRules)
}

/** Another digest may redact otherwise. */
export function redactionDigest(rules: RedactionRules): string {
  return jsonDigest(rules)
}

function switches(): Record<BuiltIn, z.ZodDefault<z.ZodBoolean>> {
  const on = () => z.boolean('expected true or false').default(true)
  return { key: on(), password: on(), jwt: on(), authorization: on(), secret: on(), email: on(), card: on() }
}

function withoutOneKind(content: unknown): Issue[] {
  return membersOf(content, 'rules').flatMap((one, i) =>
    'pattern' in one === 'key' in one ? [{ path: ['rules', i], why: 'expected either pattern or key' }] : [],
  )
}
