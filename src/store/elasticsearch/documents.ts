/**
 * Elasticsearch as the place of converged documents and of the detail branch's ledger. In: updates and entries with absolute counts.
 * Out: the few that it refused. Everything merges by block marks, so every call may be repeated, in part or whole.
 *
 * Delivery: what is busy or away is retried until the signal aborts; what is refused for good is reported, never dropped.
 */
import type { Client } from '@elastic/elasticsearch'
import type { ElasticsearchSettings } from '../../config/schema.ts'
import type { Names } from '../../config/names.ts'
import { TracefoldError } from '../../errors.ts'
import type { HealthRegistry } from '../../health.ts'
import type { Metrics } from '../../metrics.ts'
import type { DocumentUpdate, Refusal } from '../detail-store.ts'
import type { LedgerEntry, LedgerReader, LedgerTotal } from '../ledger.ts'
import type { Evidence } from '../resume.ts'
import type { Partition } from '../../source/source.ts'
import { contributorKey, incarnationOf } from '../position.ts'
import { bulkAll, type BulkHooks, type BulkItem, type ItemAnswer } from './bulk.ts'
import { dayAlias, dayIndex, dayOf, scriptId } from './schema.ts'
import { documentItem, ledgerItems } from './updates.ts'

/** Tries that Elasticsearch makes by itself when two processes update one document at once. */
const RETRY_ON_CONFLICT = 5
const DAY_MS = 86_400_000

export interface DocumentsOptions {
  readonly client: Client
  readonly names: Names
  readonly settings: ElasticsearchSettings
  readonly retentionDays: number
  readonly metrics: Metrics
  readonly health: HealthRegistry
  readonly now: () => number
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
      const found = await client.search<{ contributor: string; reached: number }>({
        index,
        size: 1_000,
        sort: [{ reached: 'desc' }],
        query: { bool: { filter: [{ term: { branch: 'detail' } }, { wildcard: { contributor: pattern } }] } },
      })
      return newest(found.hits.hits.flatMap((hit) => (hit._source === undefined ? [] : [hit._source])))
    })
  }

  async ledger(query: { from: string; to: string }): Promise<LedgerTotal[]> {
    return asked('not_available', async () => {
      const found = await this.#options.client.search<LedgerTotal>({
        index: ledgerAlias(this.#options.names),
        size: 10_000,
        sort: [{ day: 'asc' }, { contributor: 'asc' }],
        query: { bool: { filter: [{ range: { day: { gte: query.from, lte: query.to } } }] } },
      })
      return found.hits.hits.flatMap((hit) => (hit._source === undefined ? [] : [totalOf(hit._source)]))
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

async function asked<T>(code: 'neighbour_away' | 'not_available', ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    throw new TracefoldError(code, `Elasticsearch does not answer as expected: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}

export function ledgerAlias(names: Names): string {
  return names.ledgerIndex
}

export function ledgerIndex(names: Names): string {
  return `${names.ledgerIndex}-v1`
}

function newest(entries: readonly { contributor: string; reached: number }[]): Evidence | null {
  let best: Evidence | null = null
  for (const { contributor, reached } of entries) {
    const incarnation = incarnationOf(contributor)
    if (best === null || incarnation > best.incarnation || (incarnation === best.incarnation && reached > best.next))
      best = { incarnation, next: reached }
  }
  return best
}

function totalOf(entry: LedgerTotal): LedgerTotal {
  return { branch: entry.branch, contributor: entry.contributor, day: entry.day, counts: entry.counts }
}
