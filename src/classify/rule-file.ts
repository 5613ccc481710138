/**
 * The text of a rule file, checked. Format and examples: patterns/README.md.
 *
 * In: YAML. Out: the fields, or every fault with its line, its field and why. Pure; never throws.
 */
import { z } from 'zod'
import { SEVERITIES } from '../event.ts'
import { readChecked, type Checked } from '../lib/checked-yaml.ts'
import { faultOfPhrase } from '../match/phrases.ts'

const DEFAULT_PRIORITY = 100

const text = z.string().trim().min(1)
const word = z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected lower-case words joined by hyphens')
const name = z.string().regex(/^[\p{L}\p{N}_$.*-]+$/u, 'expected a class or logger name, in which * stands for anything')
const names = z.array(name).min(1)
const phrase = z
  .string()
  .min(3)
  .superRefine((entry, ctx) => {
    const fault = faultOfPhrase(entry)
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault })
  })
const example = z.union([
  z.string().min(1),
  z.strictObject({ logger: z.string().optional(), message: z.string().optional(), trace: z.string().optional() }),
])

/** Fields in the order in which a file has them. */
const ruleFields = z
  .strictObject({
    title: text,
    id: word,
    status: z.enum(['experimental', 'stable', 'deprecated']),
    reason: text.optional(),
    category: word,
    severity: z.enum(SEVERITIES),
    priority: z.int().min(0).max(1_000).default(DEFAULT_PRIORITY),
    match: z
      .strictObject({
        exception: names.optional(),
        message: z.array(phrase).min(1).optional(),
        logger: names.optional(),
        frame: names.optional(),
      })
      .refine((match) => Object.keys(match).length > 0, 'expected at least one of exception, message, logger, frame'),
    meaning: text,
    advice: text.optional(),
    link: z.url({ protocol: /^https?$/ }).optional(),
    notes: text.optional(),
    examples: z.strictObject({ match: z.array(example).min(1), no_match: z.array(example).min(1) }),
  })
  .refine((rule) => (rule.status === 'deprecated') === (rule.reason !== undefined), {
    path: ['reason'],
    message: 'expected with status deprecated, and only there',
  })

export type RuleFields = z.infer<typeof ruleFields>

export function readRuleFile(yaml: string): Checked<RuleFields> {
  return readChecked(yaml, ruleFields)
}
