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
 * In: YAML. Out: the overrides as data, or every fault with its field and why. Pure; never throws.
 */
import { parseDocument } from 'yaml'
import { z } from 'zod'
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

const file = z.strictObject({
  ownPackages: z
    .array(z.string().regex(/^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u, 'expected a package such as com.acme'))
    .default([]),
  producerFingerprint: z.boolean().default(true),
  rules: z.array(z.record(z.string(), z.unknown())).default([]),
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

type Read = { readonly overrides: Overrides } | { readonly faults: readonly string[] }

export function readOverrides(yaml: string): Read {
  const content = contentOf(yaml)
  if ('faults' in content) return content
  const parsed = file.safeParse(content.value ?? {})
  if (!parsed.success) return { faults: faultsOf(parsed.error, []) }
  const { rules, ...rest } = parsed.data
  const found = { frame: [] as FrameOverride[], type: [] as TypeOverride[], message: [] as MessageOverride[], group: [] as GroupOverride[] }
  const faults = [...rules.flatMap((rule, i) => readRule(rule, i, found)), ...takenTwice(rules)]
  return faults.length > 0 ? { faults } : { overrides: { ...rest, ...found } }
}

/** The kind is the field that only this kind has first: frame, type, message or group. */
function readRule(
  rule: Record<string, unknown>,
  index: number,
  found: { [K in keyof typeof KINDS]: z.output<(typeof KINDS)[K]>[] },
): string[] {
  const add = <K extends keyof typeof KINDS>(kind: K, schema: z.ZodType<z.output<(typeof KINDS)[K]>>): string[] => {
    const parsed = schema.safeParse(rule)
    if (parsed.success) found[kind].push(parsed.data)
    return parsed.success ? [] : faultsOf(parsed.error, ['rules', index])
  }
  if ('group' in rule) return add('group', KINDS.group)
  if ('frame' in rule) return add('frame', KINDS.frame)
  if ('type' in rule) return add('type', KINDS.type)
  if ('message' in rule) return add('message', KINDS.message)
  return [`rules.${index}: expected one of frame, type, message, group`]
}

function takenTwice(rules: readonly Record<string, unknown>[]): string[] {
  const ids = rules.map((rule) => rule['id'])
  return ids.flatMap((one, i) =>
    one !== undefined && ids.indexOf(one) < i ? [`rules.${i}.id: ${String(one)} is taken by rules.${ids.indexOf(one)}`] : [],
  )
}

function contentOf(yaml: string): { readonly value: unknown } | { readonly faults: readonly string[] } {
  const document = parseDocument(yaml)
  if (document.errors.length > 0) return { faults: document.errors.map((error) => `not YAML: ${error.message}`) }
  try {
    return { value: document.toJS() }
  } catch (error) {
    // an alias that names nothing, or multiplies itself, is found here only
    return { faults: [`not YAML: ${error instanceof Error ? error.message : String(error)}`] }
  }
}

function faultsOf(error: z.ZodError, at: readonly PropertyKey[]): string[] {
  return error.issues.map(({ path, message }) => `${[...at, ...path].map(String).join('.') || '(file)'}: ${message}`)
}

function faultOfPattern(source: string): string | null {
  return faultOfPhrase(`/${source}/`) ?? (RegExp(source, 'i').test('') ? 'matches the empty text' : null)
}
