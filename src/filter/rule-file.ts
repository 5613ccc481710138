/**
 * The text of a file of filter rules, checked. Format and a rule to copy: docs/filters.md.
 *
 *   rules:                                   in order; the first that matches decides
 *     - id: checkout-warnings
 *       action: keep                         whatever its level
 *       match: { level: WARN, logger: com.acme.checkout.* }
 *     - id: chatty-client
 *       action: sample
 *       keep: 0.01
 *       match: { type: ClientAbortException, message: '*broken pipe*' }
 *
 * In: YAML. Out: the rules as data, or every fault with its line, its field and why. Pure; never throws.
 */
import { z } from 'zod'
import { faultOfPhrase } from '../match/phrases.ts'
import { DROP_REASONS, LAYOUTS, LEVELS, type Level } from '../event.ts'
import { regexSource } from '../match/regex-syntax.ts'
import { idsTakenTwice, readChecked, type Checked } from '../lib/checked-yaml.ts'

/** Each rule may be tried on each event, and has counts of its own in every entry of the ledger. */
export const MAX_RULES = 200
const MAX_ID_CHARS = 60

const A_TEXT = 'expected a text, or a list of texts (in quotes where YAML would take it for something else)'
const A_LEVEL = `expected one of ${LEVELS.join(', ')}, a list of them, or { below: one of them }`

const id = z
  .string()
  .max(MAX_ID_CHARS)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens')
  .refine((text) => !isOneOf(DROP_REASONS, text), `this id would be taken for a reason of ours: ${DROP_REASONS.join(', ')}`)

const names = texts(() => null)
const match = z
  .strictObject({
    level: z.unknown().transform(levelsOf).optional(),
    layout: texts((text) => (isOneOf(LAYOUTS, text) ? null : `expected one of ${LAYOUTS.join(', ')}`)).optional(),
    environment: names.optional(),
    job: names.optional(),
    logger: names.optional(),
    type: names.optional(),
    message: texts(faultOfMessage).optional(),
    context: z.record(z.string(), names).optional(),
  })
  .refine(
    (asked) => Object.keys(asked).length > 0,
    'expected at least one of level, layout, environment, job, logger, type, message, context',
  )

const share = z
  .number('expected a number')
  .gt(0, 'expected more than 0; to keep nothing, use action: drop')
  .lt(1, 'expected less than 1; to keep all, use action: keep')
const rule = z.discriminatedUnion(
  'action',
  [
    z.strictObject({ id, action: z.literal('drop'), match }),
    z.strictObject({ id, action: z.literal('keep'), match }),
    z.strictObject({ id, action: z.literal('sample'), keep: share, match }),
  ],
  'expected one of drop, keep, sample',
)
const file = z.strictObject({ rules: z.array(rule).max(MAX_RULES, `expected at most ${MAX_RULES} rules`).default([]) })

export type FilterRule = z.output<typeof rule>
export type FilterMatch = FilterRule['match']

/** In the order in which they are tried. */
export interface FilterRules {
  readonly rules: readonly FilterRule[]
}

export const NO_FILTER_RULES: FilterRules = { rules: [] }

export function readFilterRules(yaml: string): Checked<FilterRules> {
  return readChecked(yaml, file, (content) => idsTakenTwice(content, 'rules'))
}

/** One or several, as a list. */
function texts(faultOf: (text: string) => string | null) {
  return z.unknown().transform((given, ctx): readonly string[] => {
    const list: readonly unknown[] = Array.isArray(given) ? given : [given]
    list.forEach((entry, i) => {
      const message = typeof entry === 'string' && entry !== '' ? faultOf(entry) : A_TEXT
      if (message !== null) ctx.addIssue({ code: 'custom', message, path: Array.isArray(given) ? [i] : [] })
    })
    if (list.length === 0) ctx.addIssue({ code: 'custom', message: A_TEXT })
    return list.filter((entry) => typeof entry === 'string')
  })
}

function levelsOf(given: unknown, ctx: z.RefinementCtx): readonly Level[] {
  const levels = isBelow(given) ? below(given.below) : Array.isArray(given) ? given : [given]
  if (levels.length > 0 && levels.every(isLevel)) return levels
  ctx.addIssue({ code: 'custom', message: A_LEVEL })
  return []
}

function isBelow(given: unknown): given is { readonly below: unknown } {
  return typeof given === 'object' && given !== null && Object.keys(given).join() === 'below'
}

/** None where it is no level, or where nothing is below it. */
function below(level: unknown): readonly Level[] {
  return isLevel(level) ? LEVELS.slice(0, LEVELS.indexOf(level)) : []
}

function isLevel(given: unknown): given is Level {
  return isOneOf(LEVELS, given)
}

function isOneOf(members: readonly string[], given: unknown): boolean {
  return members.some((member) => member === given)
}

function faultOfMessage(entry: string): string | null {
  const source = regexSource(entry)
  if (source === null) return null
  return faultOfPhrase(entry) ?? (RegExp(source, 'i').test('') ? 'matches the empty text, and so every message' : null)
}
