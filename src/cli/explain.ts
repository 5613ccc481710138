/**
 * Bytes in; for each event of each record, in order, one JSON line out that says how it was decoded, whose it is, how it is grouped and
 * why, and what would drop it; or why it could not be decoded. The same stages as in the stream. Holds no more than a chunk and a record.
 */
import type { Settings } from '../config/schema.ts'
import type { ErrorEvent, Outcome } from '../event.ts'
import { typesOf } from '../filter/filter.ts'
import { createRules } from '../rules/rules.ts'
import { recordsOf, type InputRecord } from './input.ts'

/** A sample is drawn by a record's position, which is another one where it is counted. */
const PLACE = { partition: { cluster: 'file', topic: '', partition: 0 }, index: 0 }

type Fields = Readonly<Record<string, unknown>>

/** `key`: what stands in as the job where a record names none. */
export function createExplainer(settings: Settings, key: Buffer | null): (bytes: AsyncIterable<Buffer>) => AsyncGenerator<string> {
  const explainRecord = recordExplainer(settings, key)
  return async function* explain(bytes) {
    for await (const batch of recordsOf(bytes, { maxRecordBytes: settings.limits.maxRecordBytes, key })) {
      let text = ''
      for (const record of batch) text += asJsonLines(record.line, explainRecord(record))
      yield text
    }
  }
}

function asJsonLines(line: number, found: readonly Fields[]): string {
  return found.map((fields, index) => `${JSON.stringify({ line, ...(found.length > 1 ? { index } : {}), ...fields })}\n`).join('')
}

function recordExplainer(settings: Settings, key: Buffer | null): (record: InputRecord) => readonly Fields[] {
  const { decode, redactor, analyse, resolveJob, filter } = createRules(settings)
  const fieldsOf = (outcome: Outcome<ErrorEvent>, line: number): Fields => {
    if (outcome.kind !== 'ok')
      return { reason: outcome.reason, ...(outcome.kind === 'dead' ? { detail: redactor.redact(outcome.detail) } : {}) }
    const event = redactor.redactEvent(outcome.value)
    const { job, environment, host, operator, subtask } = resolveJob(event, { key, headers: {}, topic: '' })
    const { grouping, classification } = analyse(event, job)
    const verdict = filter({ event, job, environment, types: () => typesOf(grouping) }, { ...PLACE, offset: line - 1 })
    return {
      layout: event.layout,
      envelopes: event.envelopes,
      job,
      environment,
      host,
      operator,
      subtask,
      fingerprint: grouping.fp,
      ...(grouping.previous === null ? {} : { previous_fingerprint: grouping.previous }),
      fp_site: grouping.fpSite,
      fp_stack: grouping.fpStack,
      title: grouping.title,
      culprit: grouping.culprit,
      category: classification?.category ?? null,
      severity: classification?.severity ?? null,
      advice: classification?.advice ?? null,
      link: classification?.link ?? null,
      why: grouping.why,
      dropped_by: verdict.kind === 'keep' ? null : verdict.reason === 'rule' ? verdict.rule : verdict.reason,
    }
  }
  return ({ line, value }) => decode(value).map((outcome) => fieldsOf(outcome, line))
}
