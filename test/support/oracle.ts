/**
 * The oracle of exactly-once tests: what was produced, counted for each job and fingerprint by the pure functions alone; and the same counts
 * as Elasticsearch, Druid and the API tell them.
 */
import type { Settings } from '../../src/config/schema.ts'
import { createRules } from '../../src/rules/rules.ts'
import type { Neighbours } from '../../src/cluster/neighbours.ts'

/** `job fingerprint` -> events. */
export type Counts = Map<string, number>

export interface Oracle {
  add(record: { readonly key: Buffer | null; readonly value: Buffer | null }): void
  readonly counts: Counts
  /** Events in all. */
  total(): number
}

export function createOracle(settings: Settings): Oracle {
  const { decode, redactor, analyse, resolveJob } = createRules(settings)
  const topic = settings.kafka.topics[0] ?? ''
  const counts: Counts = new Map()
  return {
    counts,
    add({ key, value }) {
      for (const outcome of decode(value)) {
        if (outcome.kind !== 'ok') continue
        const event = redactor.redactEvent(outcome.value)
        const { job } = resolveJob(event, { key, headers: {}, topic })
        count(counts, job, analyse(event, job).grouping.fp, 1)
      }
    },
    total: () => totalOf(counts),
  }
}

export function totalOf(counts: Counts): number {
  let total = 0
  for (const n of counts.values()) total += n
  return total
}

export async function countsInElasticsearch({ elasticsearch, names }: Neighbours): Promise<Counts> {
  await elasticsearch.indices.refresh({ index: `${names.detailIndex}-*`, ignore_unavailable: true, allow_no_indices: true })
  const counts: Counts = new Map()
  let after: Record<string, string> | undefined
  do {
    const answer = await elasticsearch.search<
      unknown,
      { groups: { after_key?: Record<string, string>; buckets: { key: { job: string; fp: string }; events: { value: number } }[] } }
    >({
      index: `${names.detailIndex}-*`,
      ignore_unavailable: true,
      allow_no_indices: true,
      size: 0,
      aggs: {
        groups: {
          composite: {
            size: 1_000,
            sources: [{ job: { terms: { field: 'job' } } }, { fp: { terms: { field: 'fingerprint' } } }],
            ...(after === undefined ? {} : { after }),
          },
          aggs: { events: { sum: { field: 'count' } } },
        },
      },
    })
    const groups = answer.aggregations?.groups
    for (const { key, events } of groups?.buckets ?? []) count(counts, key.job, key.fp, events.value)
    after = groups?.after_key
  } while (after !== undefined)
  return counts
}

export async function countsInDruid({ druid, names }: Neighbours): Promise<Counts> {
  const counts: Counts = new Map()
  const rows = await druid.sql<{ job: string; fingerprint: string; events: number }>(
    `SELECT job, fingerprint, SUM("count") AS events FROM "${names.datasource}" GROUP BY 1, 2`,
    [],
  )
  for (const { job, fingerprint, events } of rows) count(counts, job, fingerprint, events)
  return counts
}

/** What `GET /api/v1/jobs/{job}/exceptions/top` says of every job. */
export async function countsInApi(url: string): Promise<Counts> {
  const counts: Counts = new Map()
  const { jobs } = (await answerOf(`${url}api/v1/jobs?from=-7d&limit=1000`)) as { jobs: { job: string }[] }
  for (const { job } of jobs) {
    const top = (await answerOf(`${url}api/v1/jobs/${encodeURIComponent(job)}/exceptions/top?from=-7d&limit=1000`)) as {
      exceptions: { key: string; count: number }[]
    }
    for (const { key, count: events } of top.exceptions) count(counts, job, key, events)
  }
  return counts
}

async function answerOf(url: string): Promise<unknown> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response.json()
}

function count(counts: Counts, job: string, fp: string, n: number): void {
  const key = `${job} ${fp}`
  counts.set(key, (counts.get(key) ?? 0) + n)
}

/** In order of keys, so that a difference is easy to read. */
export function sorted(counts: Counts): [string, number][] {
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
}
