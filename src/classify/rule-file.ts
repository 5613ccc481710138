/**
 * The text of a rule file, checked. Format and examples: patterns/README.md.
 *
 * In: YAML. Out: the fields, or every fault with its line, its field and why. Pure; never throws.
 */
import { LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
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
    severity: z.enum(['critical', 'high', 'medium', 'low']),
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

export interface RuleFault {
  /** From 1; null where the fault is in no line, as a field that is missing is. */
  readonly line: number | null
  /** `match.message.0`, or `(file)`. */
  readonly field: string
  readonly why: string
}

export function readRuleFile(yaml: string): { readonly fields: RuleFields } | { readonly faults: readonly RuleFault[] } {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        field: '(file)',
        why: `not YAML: ${error.message}`,
      })),
    }
  }
  const content = contentOf(document)
  if ('why' in content) return { faults: [{ line: null, field: '(file)', why: `not YAML: ${content.why}` }] }
  const parsed = ruleFields.safeParse(content.value)
  if (parsed.success) return { fields: parsed.data }
  return {
    faults: parsed.error.issues.map(({ path, message }) => ({
      line: lineOf(document, lines, path),
      field: path.join('.') || '(file)',
      why: message,
    })),
  }
}

/** An alias that multiplies itself, or names nothing, is found here only. */
function contentOf(document: Document): { readonly value: unknown } | { readonly why: string } {
  try {
    return { value: document.toJS() }
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) }
  }
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  const node = path.length === 0 ? undefined : document.getIn(path, true)
  const start =
    typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? (node.range[0] as unknown) : null
  return typeof start === 'number' ? lines.linePos(start).line : null
}
