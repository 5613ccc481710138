/**
 * The text of a file of fingerprint rules, checked.
 *
 *   ownPackages: [com.acme]                 these frames are own code; they beat the list of libraries
 *   producerFingerprint: true               an event's context key `error.fingerprint` beats all rules
 *   rules:                                  of each kind the first that matches wins; ids are cited in `why`
 *     - { id: aspects, frame: com.acme.aop.*, as: drop }
 *     - { id: retries, type: com.acme.RetryException, as: keep_wrapper }
 *     - { id: states, message: com.acme.flow.*, pattern: 'to \w{1,20}', as: keep }
 *     - { id: tenants, group: '{{default}} {{context.tenant}}', match: { type: QuotaException } }
 *
 * In: YAML. Out: the overrides as data, or every fault with its line, its field and why. Pure; never throws.
 */
import { z } from 'zod'
import { idsTakenTwice, readChecked, type Checked } from '../lib/checked-yaml.ts'
import { faultOfPhrase } from '../match/phrases.ts'

const id = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/, 'expected lower-case words joined by hyphens')
const name = z.string().regex(/^[\p{L}\p{N}_$.*<>-]+$/u, 'expected a class, logger or frame name, in which * stands for anything')
const pattern = z
  .string()
  .min(1)
  .superRefine((source, ctx) => {
    const fault = faultOfPattern(source)
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault })
  })
const template = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text.replace(/\{\{(?:default|job|context\.[^{}]+)\}\}/g, '').match(/\{\{|\}\}/) === null, {
    message: 'expected a name, in which {{default}}, {{job}} and {{context.<key>}} stand for values',
  })

const KINDS = {
  frame: z.strictObject({ id, frame: name, as: z.enum(['drop', 'library', 'own', 'skip_top', 'border_up', 'border_down']) }),
  type: z.strictObject({ id, type: name, as: z.enum(['wrapper', 'keep_wrapper', 'by_type', 'message_free', 'message_full']) }),
  message: z.strictObject({ id, message: name, pattern, as: z.enum(['keep', 'mask']) }),
  group: z.strictObject({
    id,
    group: template,
    match: z
      .strictObject({
        type: name.optional(),
        logger: name.optional(),
        job: name.optional(),
        message: pattern.optional(),
        frame: name.optional(),
        context: z.record(z.string(), name).optional(),
      })
      .refine((match) => Object.keys(match).length > 0, 'expected at least one of type, logger, job, message, frame, context'),
  }),
} as const

/** The kind is the first of these fields that it has: then every fault is one of this kind. */
const anyRule = z.record(z.string(), z.unknown()).transform((given, ctx) => {
  const kind = (['group', 'frame', 'type', 'message'] as const).find((field) => field in given)
  const parsed = kind === undefined ? null : KINDS[kind].safeParse(given)
  if (parsed?.success === true) return parsed.data
  if (parsed === null) ctx.addIssue({ code: 'custom', message: 'expected one of frame, type, message, group' })
  else ctx.issues.push(...(parsed.error.issues as z.core.$ZodRawIssue[])) // what a schema has found is an issue, too
  return z.NEVER
})

const file = z.strictObject({
  ownPackages: z
    .array(z.string().regex(/^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u, 'expected a package such as com.acme'))
    .default([]),
  producerFingerprint: z.boolean().default(true),
  rules: z.array(anyRule).default([]),
})

/** `drop`: counts in no key. `skip_top`: is never the site. `border_up`: what it called does not count; `border_down`: what called it. */
export type FrameOverride = z.output<(typeof KINDS)['frame']>
/** `wrapper`: says nothing of its own. `keep_wrapper`: type and site join the key of what it wraps. `by_type`: no site. */
export type TypeOverride = z.output<(typeof KINDS)['type']>
/** `message` names the exception types or loggers whose messages are meant. */
export type MessageOverride = z.output<(typeof KINDS)['message']>
export type GroupOverride = z.output<(typeof KINDS)['group']>

export interface Overrides {
  readonly ownPackages: readonly string[]
  readonly producerFingerprint: boolean
  readonly frame: readonly FrameOverride[]
  readonly type: readonly TypeOverride[]
  readonly message: readonly MessageOverride[]
  readonly group: readonly GroupOverride[]
}

export const NO_OVERRIDES: Overrides = { ownPackages: [], producerFingerprint: true, frame: [], type: [], message: [], group: [] }

export function ruleIdsOf({ frame, type, message, group }: Overrides): string[] {
  return [...frame, ...type, ...message, ...group].map((rule) => rule.id)
}

const overrides = file.transform(({ rules, ...rest }): Overrides => ({
  ...rest,
  frame: rules.filter((one) => 'frame' in one),
  type: rules.filter((one) => 'type' in one),
  message: rules.filter((one) => 'message' in one),
  group: rules.filter((one) => 'group' in one),
}))

export function readOverrides(yaml: string): Checked<Overrides> {
  return readChecked(yaml, overrides, (content) => idsTakenTwice(content, 'rules'))
}

function faultOfPattern(source: string): string | null {
  return faultOfPhrase(`/${source}/`) ?? (RegExp(source, 'i').test('') ? 'matches the empty text' : null)
}
