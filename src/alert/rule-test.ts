/**
 * When would a rule have fired? A rule's text, a range and the reader of counts in; the episodes out. Reads the range, and before it as much of the past
 * as the rule compares with, an hour at a time; changes nothing.
 *
 * Rejects with `bad_request` for a rule with faults, or of which history says nothing; with `aborted` where the signal aborts.
 */
import { setImmediate } from 'node:timers/promises'
import { TracefoldError } from '../errors.ts'
import { HOUR_MS } from '../lib/durations.ts'
import type { TimeRange } from '../store/rollup-store.ts'
import type { AlertReader } from './alert-reader.ts'
import { leavesOf, memoryMs, readsPipeline, spanMs, type Condition, type Leaf } from './condition.ts'
import { DAY_MS } from './group-book.ts'
import { matchTest } from './matcher.ts'
import { hourOf, Replay, type Episode } from './replay.ts'
import { readAlertRule } from './rule-file.ts'
import { ANYTHING, type Rule } from './rule.ts'
import { HISTORY_DAYS } from './statistics/expectation.ts'

export interface RuleTest extends TimeRange {
  readonly rule: Rule
  /** In order of time. */
  readonly episodes: readonly Episode[]
  /** That the rule is for, of the range and of the past before it. */
  readonly rows: number
  /** Beginning of the past that was read. */
  readonly pastFromMs: number
}

export async function testRule(
  reader: Pick<AlertReader, 'counts'>,
  text: string,
  { fromMs, toMs }: TimeRange,
  signal: AbortSignal,
): Promise<RuleTest> {
  const rule = testableRule(text)
  const isFor = matchTest(rule.matcher)
  const isOfItsJobs = matchTest({ ...ANYTHING, job: rule.matcher.job })
  const replaying = new Replay([rule], { fromMs, toMs })
  const pastFromMs = hourOf(fromMs - pastMs(rule.condition))
  let rows = 0
  for (let at = pastFromMs; at < toMs; at += HOUR_MS) {
    await setImmediate() // a reader may answer without waiting: others have their turn, and the signal is heard
    if (signal.aborted) throw new TracefoldError('aborted', 'the rule is not tested to the end')
    const hour = { fromMs: at, toMs: at + HOUR_MS }
    const read = await reader.counts({ fromMs: at, toMs: Math.min(hour.toMs, toMs) })
    const counted = read.filter((row) => isFor(row))
    rows += counted.length
    replaying.take(hour, counted, read.filter(isOfItsJobs))
  }
  return { rule, fromMs, toMs, episodes: replaying.episodes(), rows, pastFromMs }
}

/** Throws `bad_request`. */
export function testableRule(text: string): Rule {
  const read = readAlertRule(text)
  if ('faults' in read)
    throw new TracefoldError(
      'bad_request',
      `the rule cannot be used:\n${read.faults.map(({ line, field, why }) => `line ${line}: ${field}: ${why}`).join('\n')}`,
    )
  const { id, rule } = read.value
  if (rule === null) throw new TracefoldError('bad_request', `the rule ${id} is switched off; to test it, leave out \`enabled: false\``)
  if (readsPipeline(rule.condition))
    throw new TracefoldError('bad_request', `the rule ${id} looks at the pipeline itself, of which no history is kept`)
  if (leavesOf(rule.condition).some(({ kind }) => kind === 'regression'))
    throw new TracefoldError('bad_request', `the rule ${id} looks at groups that somebody called resolved, which no counts tell of`)
  return rule
}

/** How far before its first minute a rule looks back. */
function pastMs(condition: Condition): number {
  return Math.max(spanMs(condition), memoryMs(condition), ...leavesOf(condition).map(pastOfLeaf))
}

/** What comes up in the first day that groups are watched is not called new: so a day more than it must not have been seen. */
function pastOfLeaf(leaf: Leaf): number {
  if (leaf.kind === 'new_group') return leaf.notSeenMs + DAY_MS
  return leaf.kind === 'spike' || leaf.kind === 'jobs_in_trouble' ? (HISTORY_DAYS + 1) * DAY_MS : 0
}
