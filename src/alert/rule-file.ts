/**
 * An alert rule's text, checked: a YAML file, or the JSON that came over the API, which is YAML, too. Format and a rule to copy: docs/alert-rules.md.
 *
 * In: the text. Out: the rule, or every fault with its line, its field and why. Pure; never throws.
 */
import { z } from 'zod'
import { readChecked, type Checked, type Issue } from '../lib/checked-yaml.ts'
import { MINUTE_MS, DAY_MS } from '../lib/durations.ts'
import { ALERT_LEVELS, SEVERITIES } from './alert.ts'
import { condition, duration, msOf } from './condition-file.ts'
import { matcher } from './matcher-file.ts'
import { mute } from './mute-file.ts'
import { PER, ANYTHING, type Per, type Rule } from './rule.ts'
import { faultOfTemplate } from './template.ts'

const MAX_ID_CHARS = 60
const MAX_TEMPLATE_CHARS = 1_000
const MAX_ENTRIES = 30
/** What an alert has of its own; a label of the same name would be taken for it. */
const OWN_NAMES = ['alert', 'alertname', 'rule', 'level', 'severity', 'job', 'environment', 'category', 'fingerprint']

/** Kinds of conditions that make sense for some subjects only. */
const ONLY_PER: Readonly<Record<string, readonly Per[]>> = {
  new_group: ['group'],
  regression: ['group'],
  jobs_in_trouble: ['category', 'platform'],
  dead_letter_ratio: ['platform'],
  pipeline_lag: ['platform'],
  blind: ['platform'],
}
const OF_PIPELINE = ['dead_letter_ratio', 'pipeline_lag', 'blind']

const id = z
  .string()
  .max(MAX_ID_CHARS)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens')
const text = z.string().trim().min(1).max(200)
const name = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,59}$/, 'expected letters, digits and _, not beginning with a digit')
const template = z
  .string()
  .min(1)
  .max(MAX_TEMPLATE_CHARS)
  .superRefine((value, ctx) => {
    const fault = faultOfTemplate(value, null)
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault })
  })
const url = template.refine(
  (value) => /^https?:\/\/[^/{}\s]+(?:[/?#]|$)/.test(value),
  'expected an address that begins with http:// or https:// and a host of its own',
)
const labels = z
  .record(
    name.refine((value) => !OWN_NAMES.includes(value), `expected another name: ${OWN_NAMES.join(', ')} are an alert's own`),
    text,
  )
  .refine(isFew, `expected at most ${MAX_ENTRIES}`)

/** `0`, too. */
const upToADay = z.preprocess((raw) => (raw === 0 ? '0s' : raw), duration(0, DAY_MS))

const fields = z.strictObject({
  title: text,
  id,
  level: z.enum(ALERT_LEVELS),
  severity: z.enum(SEVERITIES),
  enabled: z.boolean().default(true),
  for: matcher.default(ANYTHING),
  per: z.enum(PER),
  condition,
  pending: upToADay.default(0),
  keepFiring: upToADay.default(5 * MINUTE_MS),
  labels: labels.default({}),
  annotations: z.record(name, template).refine(isFew, `expected at most ${MAX_ENTRIES}`).default({}),
  links: z
    .array(z.strictObject({ title: template, url }))
    .max(MAX_ENTRIES)
    .default([]),
  mute: mute.default([]),
  receivers: z.array(text).min(1).max(MAX_ENTRIES).nullable().default(null),
  groupBy: z.array(name).max(MAX_ENTRIES).nullable().default(null),
  repeatInterval: duration(MINUTE_MS, 30 * DAY_MS)
    .nullable()
    .default(null),
  exponentialRepeat: z
    .strictObject({ upTo: duration(MINUTE_MS, 30 * DAY_MS) })
    .nullable()
    .default(null),
})
/** Switches off the rule of the same id. */
const switchedOff = z.strictObject({ id, enabled: z.literal(false) })

/** `rule` is null where it is switched off. */
export interface RuleEntry {
  readonly id: string
  readonly rule: Rule | null
}

export function readAlertRule(yaml: string): Checked<RuleEntry> {
  const off = readChecked(yaml, switchedOff)
  if ('value' in off) return { value: { id: off.value.id, rule: null } }
  const read = readChecked(yaml, fields, crossIssues)
  if ('faults' in read) return read
  return { value: { id: read.value.id, rule: read.value.enabled ? ruleOf(read.value) : null } }
}

function ruleOf(raw: z.infer<typeof fields>): Rule {
  const { enabled: _, for: matched, pending, keepFiring, repeatInterval, exponentialRepeat, ...rest } = raw
  return {
    ...rest,
    matcher: matched,
    pendingMs: pending,
    keepFiringMs: keepFiring,
    repeatIntervalMs: repeatInterval,
    maxRepeatIntervalMs: exponentialRepeat?.upTo ?? null,
  }
}

/** What several fields say together. Looks at the content as it is, which may be anything. */
function crossIssues(content: unknown): Issue[] {
  const raw = asMap(content)
  const per = PER.find((one) => one === raw['per'])
  const found = kindsIn(raw['condition'], ['condition'])
  return [
    ...(per === undefined ? [] : [...perIssues(per, raw, found), ...templateIssues(per, raw)]),
    ...mixedIssues(found),
    ...pipelineMatcherIssues(raw, found),
    ...repeatIssues(raw),
  ]
}

interface FoundKind {
  readonly kind: string
  readonly path: readonly PropertyKey[]
  readonly content: unknown
}

function kindsIn(raw: unknown, path: readonly PropertyKey[]): FoundKind[] {
  return Object.entries(asMap(raw)).flatMap(([kind, content]) =>
    (kind === 'all' || kind === 'any') && Array.isArray(content)
      ? content.flatMap((part: unknown, i) => kindsIn(part, [...path, kind, i]))
      : [{ kind, path: [...path, kind], content }],
  )
}

function perIssues(per: Per, raw: Readonly<Record<string, unknown>>, found: readonly FoundKind[]): Issue[] {
  const issues: Issue[] = []
  const isWide = per === 'category' || per === 'platform'
  if (raw['level'] === 'platform' && !isWide)
    issues.push({ path: ['per'], why: 'expected category or platform in a rule of level platform' })
  if (raw['level'] === 'basic' && isWide) issues.push({ path: ['per'], why: 'expected job or group in a rule of level basic' })
  for (const { kind, path, content } of found) {
    const only = ONLY_PER[kind]
    if (only !== undefined && !only.includes(per)) issues.push({ path, why: `expected per ${only.join(' or ')} with ${kind}` })
    if (kind === 'count' && isWide && 'perJob' in asMap(content))
      issues.push({ path: [...path, 'perJob'], why: `a threshold of a job says nothing in a rule per ${per}` })
  }
  return issues
}

function mixedIssues(found: readonly FoundKind[]): Issue[] {
  const pipeline = found.filter(({ kind }) => OF_PIPELINE.includes(kind))
  if (pipeline.length === 0 || pipeline.length === found.length) return []
  return pipeline.map(({ kind, path }) => ({ path, why: `${kind} looks at the pipeline and cannot be joined with conditions on counts` }))
}

function pipelineMatcherIssues(raw: Readonly<Record<string, unknown>>, found: readonly FoundKind[]): Issue[] {
  return 'for' in raw && found.some(({ kind }) => OF_PIPELINE.includes(kind))
    ? [{ path: ['for'], why: 'says nothing where the condition looks at the pipeline' }]
    : []
}

function templateIssues(per: Per, raw: Readonly<Record<string, unknown>>): Issue[] {
  const links = Array.isArray(raw['links']) ? (raw['links'] as unknown[]) : []
  const templates: { path: PropertyKey[]; value: unknown }[] = [
    ...Object.entries(asMap(raw['annotations'])).map(([key, value]) => ({ path: ['annotations', key], value })),
    ...links.flatMap((link, i) => Object.entries(asMap(link)).map(([key, value]) => ({ path: ['links', i, key], value }))),
  ]
  return templates.flatMap(({ path, value }) => {
    if (typeof value !== 'string' || faultOfTemplate(value, null) !== null) return []
    const why = faultOfTemplate(value, per)
    return why === null ? [] : [{ path, why }]
  })
}

function repeatIssues(raw: Readonly<Record<string, unknown>>): Issue[] {
  if (!('exponentialRepeat' in raw)) return []
  if (!('repeatInterval' in raw)) return [{ path: ['exponentialRepeat'], why: 'expected repeatInterval beside it, which is doubled' }]
  const firstMs = givenMs(raw['repeatInterval'])
  const lastMs = givenMs(asMap(raw['exponentialRepeat'])['upTo'])
  return firstMs !== null && lastMs !== null && lastMs < firstMs
    ? [{ path: ['exponentialRepeat', 'upTo'], why: 'expected no less than repeatInterval, which is doubled up to this' }]
    : []
}

function givenMs(value: unknown): number | null {
  return typeof value === 'string' ? msOf(value) : null
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function isFew(map: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(map).length <= MAX_ENTRIES
}
