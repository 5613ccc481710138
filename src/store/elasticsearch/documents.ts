/**
 * Elasticsearch as the place of converged documents and of the detail branch's ledger. In: updates and entries with absolute counts.
 * Out: the few that it refused. Everything merges by block marks, so every call may be repeated, in part or whole.
 *
 * Delivery: what is busy or away is retried until the signal aborts; what is refused for good is reported, never dropped.
 */
import type { Client, estypes } from '@elastic/elasticsearch'
import type { ElasticsearchSettings } from '../../config/schema.ts'
import type { Names } from '../../config/names.ts'
import type { HealthRegistry } from '../../health.ts'
import { DAY_MS } from '../../lib/durations.ts'
import type { Metrics } from '../../metrics.ts'
import type { DocumentUpdate, Refusal } from '../detail-store.ts'
import type { LedgerEntry, LedgerReader, LedgerTotal } from '../ledger.ts'
import type { Evidence } from '../resume.ts'
import type { Partition } from '../../source/source.ts'
import { contributorKey, incarnationOf } from '../position.ts'
import { asked } from './asked.ts'
import { bulkAll, type BulkHooks, type BulkItem, type ItemAnswer } from './bulk.ts'
import { dayAlias, dayIndex, dayOf, scriptId } from './schema.ts'
import { documentItem, ledgerItems } from './updates.ts'

/** Tries that Elasticsearch makes by itself when two processes update one document at once. */
const RETRY_ON_CONFLICT = 5
/** Of the ledger. Elasticsearch gives at most 10,000 unless told otherwise; some megabytes. */
const LINES_PER_ANSWER = 5_000
/** Together they are the line's id, and none of them ever changes: so pages meet without a gap, whatever is written meanwhile. */
const LINE_ORDER = [{ day: 'asc' }, { contributor: 'asc' }, { branch: 'asc' }] as const

export interface DocumentsOptions {
  readonly client: Client
  readonly names: Names
  readonly settings: ElasticsearchSettings
  readonly retentionDays: number
  readonly metrics: Metrics
  readonly health: HealthRegistry
  readonly now: () => number
  /** Only tests have reason to say. */
  readonly linesPerAnswer?: number
}

/** As it lies in the index, but for the marks. */
interface LedgerLine extends LedgerTotal {
  readonly reached: number
}

export class ElasticsearchDocuments implements LedgerReader {
  readonly #options: DocumentsOptions
  readonly #script: string

  constructor(options: DocumentsOptions) {
    this.#options = options
    this.#script = scriptId(options.names)
  }

  /** Resolves when every document is merged or refused. */
  async merge(updates: readonly DocumentUpdate[], signal: AbortSignal): Promise<Refusal[]> {
    const items = updates.map((update) => documentItem(update, dayAlias(this.#options.names, update.identity.window), this.#script))
    return this.#bulk(items, signal)
  }

  async writeLedger(entries: readonly LedgerEntry[], signal: AbortSignal): Promise<void> {
    const refused = await this.#bulk(ledgerItems(entries, ledgerAlias(this.#options.names), this.#script), signal)
    if (refused[0] !== undefined) throw new Error(`Elasticsearch refused a ledger entry: ${refused[0].detail}`)
  }

  /** How far the ledger says that the detail branch came in a partition, or null where it knows nothing of it. Rejects with `neighbour_away`. */
  async evidence(p: Partition): Promise<Evidence | null> {
    const { client, names } = this.#options
    const index = ledgerAlias(names)
    const pattern = contributorKey(p, 0).replace(/\/0\/(\d+)$/, '/*/$1')
    return asked('neighbour_away', async () => {
      await client.indices.refresh({ index })
      let best: Evidence | null = null
      for await (const line of this.#lines([{ term: { branch: 'detail' } }, { wildcard: { contributor: pattern } }]))
        best = newer(best, line)
      return best
    })
  }

  async ledger(query: { from: string; to: string }): Promise<LedgerTotal[]> {
    return asked('not_available', async () => {
      const totals: LedgerTotal[] = []
      for await (const { branch, contributor, day, counts } of this.#lines([{ range: { day: { gte: query.from, lte: query.to } } }]))
        totals.push({ branch, contributor, day, counts })
      return totals
    })
  }

  /** Deletes the indices of days past retention. Safe to call from several processes. */
  async dropOldDays(): Promise<string[]> {
    const { client, names } = this.#options
    const indices = Object.keys(await client.indices.get({ index: `${names.detailIndex}-*`, ignore_unavailable: true }))
    const old = indices.filter((index) => this.#isTooOld(index))
    for (const index of old) await client.indices.delete({ index, ignore_unavailable: true })
    return old
  }

  /** All that there are, in order. */
  async *#lines(filter: estypes.QueryDslQueryContainer[]): AsyncGenerator<LedgerLine> {
    const { client, names, linesPerAnswer = LINES_PER_ANSWER } = this.#options
    for (let after: estypes.SortResults | undefined; ;) {
      const { hits } = await client.search<LedgerLine>({
        index: ledgerAlias(names),
        size: linesPerAnswer,
        sort: [...LINE_ORDER],
        _source: ['branch', 'contributor', 'day', 'counts', 'reached'],
        query: { bool: { filter } },
        ...(after === undefined ? {} : { search_after: after }),
      })
      for (const { _source } of hits.hits) if (_source !== undefined) yield _source
      after = hits.hits.at(-1)?.sort
      if (after === undefined || hits.hits.length < linesPerAnswer) return
    }
  }

  #bulk(items: readonly BulkItem[], signal: AbortSignal): Promise<Refusal[]> {
    const { settings, metrics, health } = this.#options
    const hooks: BulkHooks = {
      onBusy: (why, count, waitMs) => {
        metrics.storeRetries.inc({ store: 'elasticsearch' })
        health.set('elasticsearch', false, `${count} items wait ${waitMs} ms: ${why}`)
      },
      onSettled: (result) => metrics.storeItems.inc({ result }),
      onMissingIndex: (index) => this.#makeIndex(index),
    }
    const limits = { maxBytes: settings.bulkBytes, maxItems: settings.bulkDocuments, concurrency: settings.bulkConcurrency }
    return bulkAll(items, (chunk, abort) => this.#send(chunk, abort), limits, hooks, signal)
  }

  async #send(items: readonly BulkItem[], signal: AbortSignal): Promise<ItemAnswer[]> {
    const operations: string[] = []
    for (const item of items) {
      operations.push(
        JSON.stringify({ update: { _index: item.index, _id: item.id, retry_on_conflict: RETRY_ON_CONFLICT, require_alias: true } }),
        item.body,
      )
    }
    const answer = await this.#options.client.bulk({ operations, filter_path: 'items.*.status,items.*.result,items.*.error' }, { signal })
    if (!Array.isArray(answer.items)) throw new Error('the answer to a bulk request names no items: is this Elasticsearch?')
    this.#options.health.set('elasticsearch', true, 'answers')
    return answer.items.map((item) => item.update as ItemAnswer) // every operation sent was an update
  }

  /** Makes the index behind an alias that a write did not find, or its alias alone; but for a day that is not kept any more. */
  async #makeIndex(alias: string): Promise<'made' | 'too_old'> {
    const { client, names, health } = this.#options
    if (this.#isTooOld(alias)) return 'too_old'
    const index = alias === ledgerAlias(names) ? ledgerIndex(names) : dayIndex(alias)
    try {
      await makeWithAlias(client, index, alias)
    } catch (error) {
      health.set('elasticsearch', false, `cannot make ${alias}: ${String(error)}`)
    }
    return 'made'
  }

  #isTooOld(index: string): boolean {
    const day = dayOf(this.#options.names, index)
    return day !== null && day + DAY_MS < this.#options.now() - this.#options.retentionDays * DAY_MS
  }
}

async function makeWithAlias(client: Client, index: string, alias: string): Promise<void> {
  try {
    await client.indices.create({ index, aliases: { [alias]: {} } })
  } catch (error) {
    if (!String(error).includes('resource_already_exists')) throw error
    await client.indices.putAlias({ index, name: alias }) // another process made it just now, or its alias was taken away
  }
}

export function ledgerAlias(names: Names): string {
  return names.ledgerIndex
}

export function ledgerIndex(names: Names): string {
  return `${names.ledgerIndex}-v1`
}

function newer(best: Evidence | null, { contributor, reached }: LedgerLine): Evidence {
  const incarnation = incarnationOf(contributor)
  const isNewer = best === null || incarnation > best.incarnation || (incarnation === best.incarnation && reached > best.next)
  return isNewer ? { incarnation, next: reached } : best
}
