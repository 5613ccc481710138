/** Top exceptions as the API and `--json` show them (see schemas.ts). Pure. */
import type { z } from 'zod'
import type { TopBy, TopQuery, TopResult, TopRow } from '../store/rollup-store.ts'
import type { RuleBook } from './deps.ts'
import { NO_STATES, type GroupStates } from './group-states.ts'
import { iso } from './range.ts'
import type { topAnswer } from './schemas.ts'

/** The answer's body; `tracefold top --json` prints the same. */
export function topBody(
  { job, fromMs, toMs, by }: TopQuery,
  { rows, total }: TopResult,
  rules: RuleBook | null,
  states: GroupStates = NO_STATES,
): z.output<typeof topAnswer> {
  return {
    job,
    from: iso(fromMs),
    to: iso(toMs),
    by,
    total,
    exceptions: rows.map((row) => exceptionOf(row, by, total, states, rules)),
  }
}

/** Null where there was nothing before: no number says how much more than nothing something is. */
export function changeOf(row: { count: number; previousCount: number }): number | null {
  return row.previousCount === 0 ? null : (row.count - row.previousCount) / row.previousCount
}

export function exceptionOf(row: TopRow, by: TopBy, total: number, states: GroupStates, rules: RuleBook | null) {
  return {
    key: row.key,
    previous_fingerprints: [...row.previousKeys],
    title: row.title,
    culprit: row.culprit,
    exception_class: row.exceptionClass,
    root_cause_class: row.rootCauseClass,
    category: row.category,
    severity: row.severity,
    rule: row.rule,
    level: row.level,
    count: row.count,
    share: total === 0 ? 0 : row.count / total,
    previous_count: row.previousCount,
    change: changeOf(row),
    is_new: row.isNew,
    group_state: states.get(row.key) ?? null,
    hosts: row.hosts,
    jobs: row.jobs,
    first_seen: iso(row.firstMs),
    last_seen: iso(row.lastMs),
    sample_message: row.sampleMessage,
    ...adviceFor(row, by, rules),
  }
}

/** A row by another dimension stands for many errors: the advice for the newest of them would mislead. */
function adviceFor({ rule }: TopRow, by: TopBy, rules: RuleBook | null) {
  const words = rule === null || (by !== 'fingerprint' && by !== 'rule') ? null : (rules?.adviceOf(rule) ?? null)
  return { rule_title: words?.title ?? null, advice: words?.advice ?? null, link: words?.link ?? null }
}
