/** Conditions on the pipeline itself: dead_letter_ratio, pipeline_lag, blind. At the clock's time, since a pipeline that stands still has no other. Pure. */
import type { Leaf } from '../condition.ts'
import { duration, number } from '../deliver/words.ts'
import type { Check, Finding, PipelineReading } from './sight.ts'

type Of<K extends Leaf['kind']> = Extract<Leaf, { kind: K }>

export function deadLetterCheck({ above, overMs, minimum }: Of<'dead_letter_ratio'>): Check<PipelineReading> {
  return ({ minutes, nowMs }) => {
    const recent = minutes.filter(({ windowMs }) => windowMs > nowMs - overMs && windowMs <= nowMs)
    const consumed = recent.reduce((sum, minute) => sum + minute.consumed, 0)
    const dead = recent.reduce((sum, minute) => sum + minute.dead, 0)
    if (consumed < minimum || dead <= above * consumed) return null
    const since = recent.find((minute) => minute.dead > 0)?.windowMs ?? nowMs
    return finding(
      since,
      overMs,
      dead,
      `${percent(dead / consumed)} of ${number(consumed)} records became dead letters in ${duration(overMs)}, at most ${percent(above)} is expected`,
    )
  }
}

export function lagCheck({ aboveMs }: Of<'pipeline_lag'>): Check<PipelineReading> {
  return ({ lagMs, nowMs }) =>
    lagMs === null || lagMs <= aboveMs
      ? null
      : finding(nowMs - lagMs, aboveMs, null, `the stream is ${duration(lagMs)} behind, at most ${duration(aboveMs)} is expected`)
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

function percent(share: number): string {
  return `${number(share * 100)} %`
}
