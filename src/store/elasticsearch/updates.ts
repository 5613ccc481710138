/**
 * Document updates and ledger entries as the bodies of scripted upserts. The upsert holds the identity (and, on a first flush, the
 * whole event), so that a missing document comes back; the script's parameters hold what merges. Pure.
 */
import type { LoggedThrowable } from '../../event.ts'
import { KEPT, type DocumentIdentity, type DocumentUpdate, type Hashed, type Sample, type SetName } from '../detail-store.ts'
import type { LedgerEntry } from '../ledger.ts'
import { exceptionMessageOf, traceOf } from '../logged-throwable.ts'
import type { BulkItem } from './bulk.ts'

const MAX_LABEL_KEY_CHARS = 256
const SETS = Object.keys(KEPT) as SetName[] // the keys of KEPT are SetName

export function documentItem(update: DocumentUpdate, alias: string, script: string): BulkItem {
  const body = JSON.stringify({
    scripted_upsert: true,
    script: { id: script, params: documentParams(update) },
    upsert: {
      ...(update.sample === null ? {} : sampleFields(update.sample)),
      ...identityFields(update.identity, update.sample),
      count: 0,
      marks: {},
      kept: {},
    },
  })
  return { id: update.id, index: alias, body }
}

/** One item for each ledger document: its blocks must arrive in order, so they travel together. */
export function ledgerItems(entries: readonly LedgerEntry[], index: string, script: string): BulkItem[] {
  const byDocument = new Map<string, LedgerEntry[]>()
  for (const entry of entries) {
    const id = `${entry.branch}|${entry.contributor}|${entry.day}`
    byDocument.set(id, [...(byDocument.get(id) ?? []), entry])
  }
  return [...byDocument].map(([id, list]) => ({ id, index, body: ledgerBody(list, script) }))
}

function ledgerBody(entries: readonly LedgerEntry[], script: string): string {
  const { branch, contributor, day } = entries[0] as LedgerEntry // never empty
  const parts = entries.map((entry) => ({
    c: contributor,
    b: entry.block,
    n: entry.counts['consumed'] ?? 0,
    next: entry.next,
    counts: entry.counts,
  }))
  const upsert = { kind: 'ledger', branch, contributor, day, counts: {}, marks: {} }
  return JSON.stringify({ scripted_upsert: true, script: { id: script, params: { parts } }, upsert })
}

function documentParams(update: DocumentUpdate) {
  return {
    parts: update.contributions.map((part) => ({ c: part.contributor, b: part.block, n: part.n })),
    first: update.firstMs,
    last: update.lastMs,
    ...Object.fromEntries(SETS.map((name) => [name, byHash(update[name])])),
  }
}

function byHash(members: readonly Hashed[]): Record<string, string> {
  return Object.fromEntries(members.map(({ hash, value }) => [hash, value]))
}

function identityFields(identity: DocumentIdentity, sample: Sample | null) {
  return {
    '@timestamp': new Date(identity.window).toISOString(),
    job: identity.job,
    fingerprint: identity.fp,
    fp_site: identity.fpSite,
    title: identity.title,
    culprit: identity.culprit,
    why: identity.why,
    category: identity.classification?.category ?? null,
    severity: identity.classification?.severity ?? null,
    rule: identity.classification?.rule ?? null,
    advice: identity.classification?.advice ?? null,
    link: identity.classification?.link ?? null,
    log: { level: identity.level, logger: identity.logger },
    service: { name: sample?.serviceName ?? null, environment: identity.environment, version: identity.serviceVersion },
    error: {
      type: identity.exceptionClass,
      root_type: identity.rootCauseClass,
      grouping_key: identity.fp,
      ...errorFields(sample?.throwable ?? null),
    },
  }
}

function sampleFields(sample: Sample) {
  return {
    message: sample.message,
    message_template: sample.messageTemplate,
    sample_time: sample.timeMs,
    labels: labelsOf(sample.context),
    tags: sample.tags,
    process: { thread: { name: sample.thread } },
    host: { name: sample.host },
    operator: sample.operator,
    subtask: sample.subtask,
    layout: sample.layout,
    envelopes: sample.envelopes,
    truncated: sample.truncated,
  }
}

/** Elasticsearch refuses the whole document for one key with a NUL, or so long that key and value are no term any more. */
function labelsOf(context: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...context].map(([key, value]) => [key.replaceAll('\0', '\ufffd').slice(0, MAX_LABEL_KEY_CHARS).toWellFormed(), value]),
  )
}

function errorFields(throwable: LoggedThrowable | null): { message?: string | null; stack_trace?: string } {
  return throwable === null ? {} : { message: exceptionMessageOf(throwable), stack_trace: traceOf(throwable) }
}
