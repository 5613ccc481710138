/**
 * `tracefold fingerprint --compare old.yaml new.yaml [sample]`: what would change if the rules in `new.yaml` took over from those in `old.yaml`?
 * The sample (NDJSON) is grouped by both, and the groups that would merge, split or move are printed. Nothing is stored and nothing is filtered.
 */
import type { Settings } from '../config/schema.ts'
import { createDecoder } from '../decode/decode.ts'
import { redactEvent } from '../decode/redact-event.ts'
import { createFingerprinter } from '../fingerprint/fingerprint.ts'
import { loadOverrides } from '../fingerprint/load.ts'
import { createJobResolver } from '../job.ts'
import { GroupComparison, type Change, type Comparison, type GroupSummary } from './compare-groups.ts'
import { lineBatches } from './lines.ts'
import { renderLine } from './table.ts'

/** A line has no key, headers or topic of its own. */
const NO_RECORD = { key: null, headers: {}, topic: '' }
const WORDS = { merged: 'MERGE', split: 'SPLIT', mixed: 'MIXED', moved: 'MOVE' } as const

export interface Compared extends Comparison {
  /** Records that could not be decoded. */
  readonly dead: number
}

/** Throws `config_invalid` where a file of rules cannot be used. */
export async function compareRules(files: { readonly before: string; readonly after: string }, sample: AsyncIterable<Buffer>, settings: Settings): Promise<Compared> {
  const { limits, job, fingerprint } = settings
  const fingerprinterOf = (file: string) => createFingerprinter({ ownPackages: fingerprint.ownPackages, overrides: loadOverrides(file) })
  const [before, after] = [fingerprinterOf(files.before), fingerprinterOf(files.after)]
  const decode = createDecoder(limits)
  const resolveJob = createJobResolver(job)
  const groups = new GroupComparison()
  let line = 0
  let dead = 0
  for await (const batch of lineBatches(sample, limits.maxRecordBytes)) {
    for (const value of batch) {
      line++
      for (const outcome of decode(value)) {
        if (outcome.kind === 'dead') dead++
        if (outcome.kind !== 'ok') continue
        const event = redactEvent(outcome.value)
        const name = resolveJob(event, NO_RECORD).job
        const [old, next] = [before(event, name), after(event, name)]
        groups.add(line, { key: old.fp, title: old.title }, { key: next.fp, title: next.title })
      }
    }
  }
  return { ...groups.result(), dead }
}

/** `width` null: lines are as long as they need to be. */
export function renderComparison(compared: Compared, width: number | null): string {
  const { events, dead, groupsBefore, groupsAfter, unchanged, changes } = compared
  const deadWords = dead === 0 ? '' : `; not decoded: ${dead}`
  const head = `${events} events in ${groupsBefore} groups by the old rules, ${groupsAfter} by the new ones; unchanged: ${unchanged}${deadWords}`
  return [head, ...changes.flatMap(linesOf)].map((line) => `${line.trim() === '' ? '' : fitted(line, width)}\n`).join('')
}

function linesOf(change: Change): string[] {
  const { kind, events, before, after } = change
  return ['', `${WORDS[kind]} ${before.length} -> ${after.length}, ${events} events`, ...before.map((group) => lineOf('-', group)), ...after.map((group) => lineOf('+', group))]
}

function lineOf(sign: string, { key, title, events, line }: GroupSummary): string {
  return `${sign} ${key} ${String(events).padStart(7)} x  line ${line}  ${title}`
}

function fitted(line: string, width: number | null): string {
  return renderLine(line, width ?? Number.POSITIVE_INFINITY)
}
