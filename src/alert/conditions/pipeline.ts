/** Conditions on the pipeline itself: dead_letter_ratio, pipeline_lag, blind. At the clock's time, since a pipeline that stands still has no other. Pure. */
import { EXPLANATIONS } from '../../dlq/words.ts'
import type { Leaf } from '../condition.ts'
import { counted, duration, exact, number, numberBeside } from '../deliver/words.ts'
import type { Check, ConsumedMinute, Finding, PipelineReading } from './sight.ts'

const MAX_REASONS = 4

type Of<K extends Leaf['kind']> = Extract<Leaf, { kind: K }>

export function deadLetterCheck({ above, overMs, minimum }: Of<'dead_letter_ratio'>): Check<PipelineReading> {
  return ({ minutes, nowMs }) => {
    const recent = minutes.filter(({ windowMs }) => windowMs > nowMs - overMs && windowMs <= nowMs)
    const consumed = recent.reduce((sum, minute) => sum + minute.consumed, 0)
    const dead = recent.reduce((sum, minute) => sum + minute.dead, 0)
    if (consumed < minimum || dead <= above * consumed) return null
    const since = recent.find((minute) => minute.dead > 0)?.windowMs ?? nowMs
    const share = numberBeside((dead / consumed) * 100, above * 100)
    const reasons = reasonsOf(recent)
    const [worst] = reasons[0] ?? []
    const why = `${share} % of ${number(consumed)} records became dead letters in ${duration(overMs)}, at most ${exact(above * 100)} % is expected`
    return {
      ...finding(since, overMs, dead, `${why}${reasonWords(reasons)}`),
      noun: 'dead letter',
      ...(isExplained(worst) ? { advice: `${worst}: ${EXPLANATIONS[worst].help}` } : {}),
    }
  }
}

export function lagCheck({ aboveMs }: Of<'pipeline_lag'>): Check<PipelineReading> {
  return ({ lagMs, nowMs }) =>
    lagMs === null || lagMs <= aboveMs
      ? null
      : finding(
          nowMs - lagMs,
          aboveMs,
          null,
          `the stream is ${longerThan(lagMs, aboveMs)} behind, at most ${duration(aboveMs)} is expected`,
        )
}

export function blindCheck({ overMs }: Of<'blind'>): Check<PipelineReading> {
  return ({ blindSinceMs, blindWhy, nowMs }) =>
    blindSinceMs === null || nowMs - blindSinceMs < overMs
      ? null
      : finding(
          blindSinceMs,
          overMs,
          null,
          `alert rules have been blind for ${duration(nowMs - blindSinceMs)}${blindWhy === null ? '' : `: ${blindWhy}`}`,
        )
}

function finding(sinceMs: number, windowMs: number, count: number | null, why: string): Finding {
  return { count, usual: null, hosts: null, windowMs, sinceMs, why, jobs: null }
}

/** The most frequent first. */
function reasonsOf(minutes: readonly ConsumedMinute[]): (readonly [string, number])[] {
  const sums = new Map<string, number>()
  for (const { reasons = {} } of minutes)
    for (const [reason, count] of Object.entries(reasons)) sums.set(reason, (sums.get(reason) ?? 0) + count)
  return [...sums].filter(([, count]) => count > 0).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
}

/** `: truncated 120, not_json 60` */
function reasonWords(reasons: readonly (readonly [string, number])[]): string {
  const named = reasons.slice(0, MAX_REASONS).map(([reason, count]) => `${reason} ${number(count)}`)
  const rest = reasons.length - named.length
  return named.length === 0 ? '' : `: ${named.join(', ')}${rest > 0 ? ` and ${counted(rest, 'more reason')}` : ''}`
}

/** Another process may know reasons that this one does not. */
function isExplained(reason: string | undefined): reason is keyof typeof EXPLANATIONS {
  return reason !== undefined && Object.hasOwn(EXPLANATIONS, reason)
}

/** By less than words tell, too. */
function longerThan(ms: number, limitMs: number): string {
  return duration(ms) === duration(limitMs) ? `more than ${duration(limitMs)}` : duration(ms)
}
