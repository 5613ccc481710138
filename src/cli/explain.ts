/**
 * NDJSON bytes in; for each event of each line, in order, one JSON line out that says how it was decoded, whose it is, how it is grouped and
 * why, or why it could not be decoded. The same stages as in the stream, without the filter. Holds no more than a chunk and a line.
 */
import type { Settings } from '../config/schema.ts'
import type { ErrorEvent, Outcome } from '../event.ts'
import type { RecordNames } from '../job.ts'
import { createRules } from '../rules/rules.ts'
import { lineBatches } from './lines.ts'

/** A line has no key, headers or topic of its own. */
const NO_RECORD: RecordNames = { key: null, headers: {}, topic: '' }

type Fields = Readonly<Record<string, unknown>>

export function createExplainer(settings: Settings): (bytes: AsyncIterable<Buffer>) => AsyncGenerator<string> {
  const explainLine = lineExplainer(settings)
  return async function* explain(bytes) {
    let line = 0
    for await (const batch of lineBatches(bytes, settings.limits.maxRecordBytes)) {
      let text = ''
      for (const value of batch) text += asJsonLines(++line, explainLine(value))
      yield text
    }
  }
}

function asJsonLines(line: number, found: readonly Fields[]): string {
  return found.map((fields, index) => `${JSON.stringify({ line, ...(found.length > 1 ? { index } : {}), ...fields })}\n`).join('')
}

function lineExplainer(settings: Settings): (line: Buffer) => readonly Fields[] {
  const { decode, redactor, analyse, resolveJob } = createRules(settings)
  const fieldsOf = (outcome: Outcome<ErrorEvent>): Fields => {
    if (outcome.kind !== 'ok')
      return { reason: outcome.reason, ...(outcome.kind === 'dead' ? { detail: redactor.redact(outcome.detail) } : {}) }
    const event = redactor.redactEvent(outcome.value)
    const { job, environment, host, operator, subtask } = resolveJob(event, NO_RECORD)
    const { grouping, classification } = analyse(event, job)
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
    }
  }
  return (line) => decode(line).map(fieldsOf)
}
