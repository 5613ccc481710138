/**
 * The field `condition` of a rule file, checked: exactly one kind, or a list of them below `all` or `any`.
 *
 * In: what the YAML holds. Out: the condition as data, or every fault with its field. Pure.
 */
import { z } from 'zod'
import { parseDuration } from '../lib/time-range.ts'
import { MAX_WINDOW_MS, MINUTE_MS, type Condition } from './condition.ts'
import { globs } from './matcher-file.ts'

const DAY_MS = 86_400_000
const MAX_DEPTH = 3
const MAX_PARTS = 10
const MAX_JOBS = 1_000

export function duration(leastMs: number, mostMs: number) {
  return z.string('expected a duration such as 5m, 2h or 7d').transform((text, ctx) => {
    const ms = msOf(text)
    const fault =
      ms === null
        ? 'expected a duration such as 5m, 2h or 7d'
        : ms < leastMs || ms > mostMs
          ? `expected from ${words(leastMs)} to ${words(mostMs)}`
          : null
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault })
    return ms ?? 0
  })
}

/** Counts are kept by the minute. */
function minutes(leastMs: number, mostMs: number) {
  return duration(leastMs, mostMs).refine((ms) => ms % MINUTE_MS === 0, 'expected whole minutes')
}

const count = z.int().min(1).max(1_000_000_000_000)
const times = z.number().min(1).max(1_000)
const overMs = minutes(MINUTE_MS, MAX_WINDOW_MS)
const thresholds = {
  perJob: z
    .record(z.string(), count)
    .refine((map) => Object.keys(map).length <= MAX_JOBS, `expected at most ${MAX_JOBS} entries`)
    .superRefine((map, ctx) => {
      for (const glob of Object.keys(map)) {
        const result = globs.safeParse(glob)
        if (!result.success) ctx.addIssue({ code: 'custom', path: [glob], message: result.error.issues[0]?.message ?? 'expected a glob' })
      }
    })
    .default({}),
}

const kinds = {
  count: z
    .strictObject({ over: overMs, atLeast: count, ...thresholds })
    .transform((raw): Condition => ({ kind: 'count', overMs: raw.over, threshold: thresholdOf(raw) })),
  ratio: z
    .strictObject({ over: minutes(MINUTE_MS, MAX_WINDOW_MS / 2), atLeast: times, minimum: count })
    .transform((raw): Condition => ({ kind: 'ratio', overMs: raw.over, atLeast: raw.atLeast, minimum: raw.minimum })),
  spike: z
    .strictObject({
      baseline: duration(DAY_MS, 7 * DAY_MS)
        .refine((ms) => ms % DAY_MS === 0, 'expected whole days')
        .default(7 * DAY_MS),
      minimum: count,
      times: times.default(3),
      sensitivity: z.enum(['low', 'normal', 'high']).default('normal'),
    })
    .transform((raw): Condition => ({
      kind: 'spike',
      days: raw.baseline / DAY_MS,
      minimum: raw.minimum,
      times: raw.times,
      sensitivity: raw.sensitivity,
    })),
  new_group: z
    .strictObject({ notSeenForDays: z.int().min(1).max(400), minimum: count.default(1), over: overMs.default(60 * MINUTE_MS) })
    .transform((raw): Condition => ({ kind: 'new_group', notSeenMs: raw.notSeenForDays * DAY_MS, minimum: raw.minimum, overMs: raw.over })),
  regression: z
    .strictObject({ minimum: count.default(1), over: overMs.default(60 * MINUTE_MS) })
    .transform((raw): Condition => ({ kind: 'regression', minimum: raw.minimum, overMs: raw.over })),
  absence: z
    .strictObject({ over: overMs, seenWithin: minutes(MINUTE_MS, 7 * DAY_MS).default(DAY_MS) })
    .transform((raw): Condition => ({ kind: 'absence', overMs: raw.over, seenWithinMs: raw.seenWithin })),
  hosts: z
    .strictObject({ over: overMs, atLeast: count })
    .transform((raw): Condition => ({ kind: 'hosts', overMs: raw.over, atLeast: raw.atLeast })),
  jobs_in_trouble: z
    .strictObject({ over: overMs, atLeast: count, events: count, times: times.default(3), ...thresholds })
    .transform((raw): Condition => ({
      kind: 'jobs_in_trouble',
      overMs: raw.over,
      atLeast: raw.atLeast,
      times: raw.times,
      threshold: thresholdOf({ atLeast: raw.events, perJob: raw.perJob }),
    })),
  dead_letter_ratio: z
    .strictObject({ over: minutes(MINUTE_MS, 60 * MINUTE_MS), above: z.number().gt(0).lt(1), minimum: count.default(100) })
    .transform((raw): Condition => ({ kind: 'dead_letter_ratio', overMs: raw.over, above: raw.above, minimum: raw.minimum })),
  pipeline_lag: z
    .strictObject({ above: duration(1_000, MAX_WINDOW_MS) })
    .transform((raw): Condition => ({ kind: 'pipeline_lag', aboveMs: raw.above })),
  blind: z.strictObject({ over: duration(1_000, MAX_WINDOW_MS) }).transform((raw): Condition => ({ kind: 'blind', overMs: raw.over })),
} as const

const NAMES = [...Object.keys(kinds), 'all', 'any']

/** Fields of every kind are checked, also where there is one too many. */
export const condition: z.ZodType<Condition> = conditionAt(1)

function conditionAt(depth: number): z.ZodType<Condition> {
  const list =
    depth < MAX_DEPTH
      ? z
          .array(z.lazy(() => conditionAt(depth + 1)))
          .min(2, 'expected at least two conditions')
          .max(MAX_PARTS)
      : z.never(`expected at most ${MAX_DEPTH} levels`)
  const shape = Object.fromEntries(Object.entries({ ...kinds, all: list, any: list }).map(([name, schema]) => [name, schema.optional()]))
  return z.strictObject(shape).transform((raw, ctx): Condition => {
    const given = Object.entries(raw).filter(([, value]) => value !== undefined)
    const [first] = given
    if (given.length !== 1 || first === undefined) {
      ctx.addIssue({ code: 'custom', message: `expected exactly one of ${NAMES.join(', ')}` })
      return z.NEVER
    }
    // What the schemas of the shape give: a condition of a kind, or a list of conditions.
    return first[0] === 'all' || first[0] === 'any' ? { kind: first[0], of: first[1] as Condition[] } : (first[1] as Condition)
  })
}

function thresholdOf({ atLeast, perJob }: { atLeast: number; perJob: Record<string, number> }) {
  return { atLeast, perJob: Object.entries(perJob).map(([job, own]) => ({ job, atLeast: own })) }
}

function msOf(text: string): number | null {
  try {
    return parseDuration(text)
  } catch {
    return null // says nothing of a field; ours does
  }
}

function words(ms: number): string {
  const [unitMs, unit] = ms % DAY_MS === 0 ? [DAY_MS, 'd'] : ms % MINUTE_MS === 0 ? [MINUTE_MS, 'm'] : [1_000, 's']
  return `${ms / (unitMs as number)}${unit}`
}
