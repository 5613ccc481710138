/**
 * DetailReader over Elasticsearch: one bounded search through the alias of all days, of which only the days of the range are looked into. What
 * the documents hold is written by updates.ts and the merge script. A day that a person changed may hold anything: what is missing is null.
 */
import type { Client } from '@elastic/elasticsearch'
import type { Names } from '../../config/names.ts'
import { MAX_PLACES, type DetailReader, type ErrorDocument, type ErrorQuery, type FullEvent, type Place } from '../detail-reader.ts'
import { asked } from './asked.ts'

/** All that is shown, and no more: marks tell where the events were read, and what else is kept is for merging. */
const FIELDS = `
  @timestamp job fingerprint title culprit count first_seen last_seen hosts marks
  sample_time log process.thread.name host.name service message message_template error.message error.stack_trace
  labels tags operator subtask layout envelopes truncated`
  .trim()
  .split(/\s+/)

interface Stored {
  readonly '@timestamp': string
  readonly job: string
  readonly fingerprint: string
  readonly title: string
  readonly culprit?: string | null
  readonly count: number
  readonly first_seen: number
  readonly last_seen: number
  readonly hosts?: readonly string[]
  readonly marks?: Readonly<Record<string, { readonly b: number; readonly n: number }>>
  readonly sample_time?: number | null
  readonly log?: { readonly level?: string; readonly logger?: string | null }
  readonly process?: { readonly thread?: { readonly name?: string | null } }
  readonly host?: { readonly name?: string | null }
  readonly service?: { readonly name?: string | null; readonly version?: string | null; readonly environment?: string | null }
  /** Missing where no event was kept. */
  readonly message?: string
  readonly message_template?: string | null
  readonly error?: { readonly message?: string | null; readonly stack_trace?: string }
  readonly labels?: Readonly<Record<string, string>>
  readonly tags?: readonly string[]
  readonly operator?: string | null
  readonly subtask?: number | null
  readonly layout?: string
  readonly envelopes?: readonly string[]
  readonly truncated?: boolean
}

export function elasticsearchDetail(client: Client, names: Names): DetailReader {
  return {
    errors: ({ job, fingerprint, fromMs, toMs, limit }: ErrorQuery) =>
      asked('not_available', async () => {
        const { hits } = await client.search<Stored>({
          index: names.detailIndex,
          ignore_unavailable: true, // before the first event there is no such alias
          size: limit,
          track_total_hits: false,
          sort: [{ '@timestamp': 'desc' }],
          _source: FIELDS,
          query: {
            bool: {
              filter: [
                { range: { '@timestamp': { gte: fromMs, lt: toMs, format: 'epoch_millis' } } },
                { bool: { should: [{ term: { fingerprint } }, { term: { fp_prev: fingerprint } }], minimum_should_match: 1 } },
                ...(job === null ? [] : [{ term: { job } }]),
              ],
            },
          },
        })
        return hits.hits.flatMap(({ _id, _source }) => (_id === undefined || _source === undefined ? [] : [documentOf(_id, _source)]))
      }),
  }
}

function documentOf(id: string, stored: Stored): ErrorDocument {
  return {
    id,
    job: stored.job,
    fingerprint: stored.fingerprint,
    windowMs: Date.parse(stored['@timestamp']),
    title: stored.title,
    culprit: stored.culprit ?? null,
    count: stored.count,
    firstMs: stored.first_seen,
    lastMs: stored.last_seen,
    hosts: stored.hosts ?? [],
    places: placesOf(stored.marks ?? {}),
    event: stored.message === undefined ? null : eventOf(stored, stored.message),
  }
}

function placesOf(marks: NonNullable<Stored['marks']>): Place[] {
  return Object.entries(marks)
    .map(([contributor, { b, n }]) => ({ contributor, block: b, n }))
    .toSorted((a, b) => (a.contributor < b.contributor ? -1 : 1))
    .slice(0, MAX_PLACES)
}

function eventOf(stored: Stored, message: string): FullEvent {
  const { log, service, error } = stored
  return {
    timeMs: stored.sample_time ?? null,
    level: log?.level ?? '',
    logger: log?.logger ?? null,
    thread: stored.process?.thread?.name ?? null,
    host: stored.host?.name ?? null,
    message,
    messageTemplate: stored.message_template ?? null,
    exceptionMessage: error?.message ?? null,
    stackTrace: error?.stack_trace ?? null,
    context: new Map(Object.entries(stored.labels ?? {})),
    tags: stored.tags ?? [],
    serviceName: service?.name ?? null,
    serviceVersion: service?.version ?? null,
    environment: service?.environment ?? null,
    operator: stored.operator ?? null,
    subtask: stored.subtask ?? null,
    layout: stored.layout ?? '',
    envelopes: stored.envelopes ?? [],
    truncated: stored.truncated ?? false,
  }
}
