/**
 * Reads documents, newest window first: for a job, a group, or words that occur in a stack trace, a title or a message. What Kibana
 * is beside Elasticsearch, the API is beside the embedded store. The work of a query is bounded by its limit and by `MAX_TEXTS`.
 */
import type { LoggedThrowable, Throwable } from '../../event.ts'
import { MAX_PLACES, type DetailReader, type ErrorDocument, type FullEvent, type Place } from '../detail-reader.ts'
import type { DocumentIdentity, Sample } from '../detail-store.ts'
import { exceptionMessageOf, traceOf } from '../logged-throwable.ts'
import type { TimeRange } from '../rollup-store.ts'
import type { Database, SqlValue } from '../sqlite.ts'
import type { VariableParts } from './documents.ts'
import { parseKept, type Kept } from './merge.ts'

/** Texts that a search goes on with, the newest: a word that half of all texts have must not read them all. */
const MAX_TEXTS = 500

export interface DocumentQuery extends TimeRange {
  readonly job: string | null
  /** Also finds what had this key by the rules before. Null for any. */
  readonly fingerprint: string | null
  /** All its words occur in one text of the document; the last may be the beginning of one. Null for any text. */
  readonly text: string | null
  readonly limit: number
}

export interface StoredDocument {
  readonly id: string
  readonly identity: DocumentIdentity
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
  readonly hosts: readonly string[]
  readonly messages: readonly string[]
  readonly stacks: readonly string[]
  readonly previous: readonly string[]
  readonly operators: readonly string[]
  readonly sample: Sample | null
}

export interface DocumentReader extends DetailReader {
  documents(query: DocumentQuery): Promise<StoredDocument[]>
}

interface Found {
  readonly seq: number
  readonly window_ms: number
}

interface DocumentRow {
  readonly id: string
  readonly window_ms: number
  readonly count: number
  readonly first_ms: number
  readonly last_ms: number
  readonly kept: string
  readonly identity: string
  readonly message: string | null
  readonly trace: string | null
  readonly event: string | null
}

/** Of samples that an earlier version stored. */
const UNKNOWN_BEFORE = { envelopes: [], operator: null, subtask: null }

export function detailReader(db: Database): DocumentReader {
  const documents = (query: DocumentQuery) =>
    find(db, query).flatMap(({ seq }) => {
      const document = read(db, seq)
      return document === null ? [] : [{ seq, document }]
    })
  return {
    documents: async (query) => db.snapshot(() => documents(query).map(({ document }) => document)),
    errors: async (query) =>
      db.snapshot(() => documents({ ...query, text: null }).map(({ seq, document }) => errorOf(document, placesOf(db, seq)))),
  }
}

function find(db: Database, query: DocumentQuery): Found[] {
  const { conditions, values } = conditionsOf(query)
  if (query.text === null)
    return db
      .prepare(`SELECT seq, window_ms FROM document WHERE ${conditions} ORDER BY window_ms DESC, id LIMIT ?`)
      .all<Found>(...values, query.limit)
  const found = new Map<number, Found>()
  for (const text of textsWith(db, query.text)) {
    for (const column of ['title', 'message', 'trace']) {
      const rows = db
        .prepare(`SELECT seq, window_ms FROM document WHERE ${column} = ? AND ${conditions} ORDER BY window_ms DESC LIMIT ?`)
        .all<Found>(text, ...values, query.limit)
      for (const row of rows) found.set(row.seq, row)
    }
  }
  return [...found.values()].toSorted((a, b) => b.window_ms - a.window_ms || a.seq - b.seq).slice(0, query.limit)
}

function conditionsOf(query: DocumentQuery): { conditions: string; values: SqlValue[] } {
  const conditions = ['window_ms >= ?', 'window_ms < ?']
  const values: SqlValue[] = [query.fromMs, query.toMs]
  if (query.job !== null) {
    conditions.push('job = ?')
    values.push(query.job)
  }
  if (query.fingerprint !== null) {
    conditions.push('(fingerprint = ? OR seq IN (SELECT document FROM document_previous WHERE fingerprint = ?))')
    values.push(query.fingerprint, query.fingerprint)
  }
  return { conditions: conditions.join(' AND '), values }
}

function textsWith(db: Database, text: string): number[] {
  const match = matchOf(text)
  if (match === null) return []
  return db
    .prepare('SELECT rowid AS seq FROM text_index WHERE text_index MATCH ? ORDER BY rowid DESC LIMIT ?')
    .all<{ seq: number }>(match, MAX_TEXTS)
    .map(({ seq }) => seq)
}

/** Each word as a quoted phrase, so that nothing a person types is read as FTS5's own language. Null where nothing is left to look for. */
function matchOf(text: string): string | null {
  const words = text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))
  return words.length === 0 ? null : `${words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' AND ')} *`
}

function read(db: Database, seq: number): StoredDocument | null {
  const row = db
    .prepare(
      `SELECT d.id, d.window_ms, d.count, d.first_ms, d.last_ms, d.kept, i.value AS identity, m.value AS message, t.value AS trace, s.event
       FROM document d JOIN identity i ON i.seq = d.identity LEFT JOIN text m ON m.seq = d.message LEFT JOIN text t ON t.seq = d.trace LEFT JOIN sample s ON s.document = d.seq
       WHERE d.seq = ?`,
    )
    .get<DocumentRow>(seq)
  return row === undefined ? null : documentOf(row)
}

/** What is parsed here was written by documents.ts only. */
function documentOf(row: DocumentRow): StoredDocument {
  const identity = {
    ...(JSON.parse(row.identity) as Omit<DocumentIdentity, 'window'>),
    window: row.window_ms as DocumentIdentity['window'],
  }
  const kept = parseKept(row.kept)
  const values = (members: Kept[keyof Kept]) => members.map(({ value }) => value)
  return {
    id: row.id,
    identity,
    count: row.count,
    firstMs: row.first_ms,
    lastMs: row.last_ms,
    hosts: values(kept.hosts),
    messages: values(kept.messages),
    stacks: values(kept.stacks),
    previous: values(kept.previous),
    operators: values(kept.operators),
    sample: row.event === null ? null : sampleOf(JSON.parse(row.event) as VariableParts, row.message ?? '', row.trace ?? ''),
  }
}

function sampleOf({ context, throwable, ...event }: VariableParts, message: string, trace: string): Sample {
  return {
    ...UNKNOWN_BEFORE,
    ...event,
    message,
    context: new Map(context),
    throwable: throwable === null ? null : throwableOf(throwable, trace),
  }
}

function throwableOf(throwable: NonNullable<VariableParts['throwable']>, trace: string): LoggedThrowable {
  if (throwable.form === 'text') return { ...throwable, text: trace }
  return { form: 'chain', chain: JSON.parse(trace) as Throwable }
}

function placesOf(db: Database, seq: number): Place[] {
  return db
    .prepare(
      'SELECT c.value AS contributor, m.block, m.n FROM mark m JOIN contributor c ON c.seq = m.contributor WHERE m.document = ? ORDER BY c.value LIMIT ?',
    )
    .all<{ contributor: string; block: number; n: number }>(seq, MAX_PLACES)
}

function errorOf({ id, identity, count, firstMs, lastMs, hosts, sample }: StoredDocument, places: readonly Place[]): ErrorDocument {
  const { job, fp, window, title, culprit } = identity
  const event = sample === null ? null : eventOf(sample)
  return { id, job, fingerprint: fp, windowMs: window, title, culprit, count, firstMs, lastMs, hosts, places, event }
}

function eventOf({ throwable, ...event }: Sample): FullEvent {
  return {
    ...event,
    exceptionMessage: throwable === null ? null : exceptionMessageOf(throwable),
    stackTrace: throwable === null ? null : traceOf(throwable),
  }
}
