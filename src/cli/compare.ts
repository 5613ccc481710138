/**
 * `tracefold fingerprint --compare old.yaml new.yaml [sample]`: what would change if the rules in `new.yaml` took over from those in `old.yaml`?
 * The sample is grouped by both, and the groups that would merge, split or move are printed with the reason for the new ones, and the new rules that
 * nothing met (a name that is written wrong matches nothing, and silently). Nothing is stored and nothing is filtered.
 */
import type { Settings } from '../config/schema.ts'
import { createDecoder } from '../decode/decode.ts'
import { loadRedactionRules } from '../decode/redaction-file.ts'
import { createRedactor } from '../decode/redactor.ts'
import type { Grouping } from '../event.ts'
import { createFingerprinter } from '../fingerprint/fingerprint.ts'
import { loadOverrides } from '../fingerprint/load.ts'
import { ruleIdsOf, type Overrides } from '../fingerprint/override-file.ts'
import { citedIn } from '../fingerprint/words.ts'
import { createJobResolver } from '../job.ts'
import { GroupComparison, type Change, type Comparison, type GroupOfEvent, type GroupSummary } from './compare-groups.ts'
import { recordsOf, type Input } from './input.ts'
import { renderLine } from './table.ts'

const WORDS = { merged: 'MERGE', split: 'SPLIT', mixed: 'MIXED', moved: 'MOVE' } as const

export interface Compared extends Comparison {
  /** Records that could not be decoded. */
  readonly dead: number
  /** Ids of new rules that no event of the sample met. */
  readonly unmet: readonly string[]
}

/** Throws `config_invalid` where a file of rules cannot be used. */
export async function compareRules(
  files: { readonly before: string; readonly after: string },
  { bytes, key }: Input,
  settings: Settings,
): Promise<Compared> {
  const { limits, job, fingerprint, redaction } = settings
  const fingerprinterOf = (overrides: Overrides) => createFingerprinter({ ownPackages: fingerprint.ownPackages, overrides })
  const [oldRules, newRules] = [loadOverrides(files.before), loadOverrides(files.after)]
  const [before, after] = [fingerprinterOf(oldRules), fingerprinterOf(newRules)]
  const decode = createDecoder(limits)
  const { redactEvent } = createRedactor(loadRedactionRules(redaction.rulesFile))
  const resolveJob = createJobResolver(job)
  const groups = new GroupComparison()
  const reasons = new Set<string>()
  let dead = 0
  for await (const batch of recordsOf(bytes, { maxRecordBytes: limits.maxRecordBytes, key })) {
    for (const { line, value } of batch) {
      for (const outcome of decode(value)) {
        if (outcome.kind === 'dead') dead++
        if (outcome.kind !== 'ok') continue
        const event = redactEvent(outcome.value)
        const name = resolveJob(event, { key, headers: {}, topic: '' }).job
        const [old, next] = [before(event, name), after(event, name)]
        groups.add(line, groupOf(old), groupOf(next))
        reasons.add(next.why)
      }
    }
  }
  const met = new Set([...reasons].flatMap(citedIn))
  return { ...groups.result(), dead, unmet: ruleIdsOf(newRules).filter((id) => !met.has(id)) }
}

function groupOf({ fp, title, culprit, why }: Grouping): GroupOfEvent {
  return { key: fp, title, culprit, why }
}

/** `width` null: lines are as long as they need to be. */
export function renderComparison(compared: Compared, width: number | null): string {
  const { events, dead, groupsBefore, groupsAfter, unchanged, changes, unmet } = compared
  const deadWords = dead === 0 ? '' : `; not decoded: ${dead}`
  const head = `${events} events in ${groupsBefore} groups by the old rules, ${groupsAfter} by the new ones; unchanged: ${unchanged}${deadWords}`
  const foot = unmet.length === 0 ? [] : ['', `new rules that nothing in the sample met: ${unmet.join(', ')}`]
  return [head, ...changes.flatMap(linesOf), ...foot].map((line) => `${line.trim() === '' ? '' : fitted(line, width)}\n`).join('')
}

function linesOf(change: Change): string[] {
  const { kind, events, before, after } = change
  const reasons = [...new Set(after.map(({ why }) => why))].map((why) => `why: ${why}`)
  return [
    '',
    `${WORDS[kind]} ${before.length} -> ${after.length}, ${events} events`,
    ...before.map((group) => lineOf('-', group)),
    ...after.map((group) => lineOf('+', group)),
    ...reasons,
  ]
}

function lineOf(sign: string, { key, title, culprit, events, line }: GroupSummary): string {
  return `${sign} ${key} ${String(events).padStart(7)} x  line ${line}  ${title}${culprit === null ? '' : `  at ${culprit}`}`
}

function fitted(line: string, width: number | null): string {
  return renderLine(line, width ?? Number.POSITIVE_INFINITY)
}
