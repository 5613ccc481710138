/**
 * The bulk loop: items in, each one settled. Every item's answer is judged by itself, because the `errors` flag of a bulk answer
 * says little and the client's own helper drops what it cannot place.
 *
 *   2xx                                            done (a no-op too: the merge had it already)
 *   409 conflict, 429, 5xx, blocked or missing index   busy: sent again with back-off, for ever, until the signal aborts
 *   anything else                                  refused for good, with Elasticsearch's own words
 *
 * A request that is answered as a whole is about one of its items where Elasticsearch found it too large or could not parse it: then it is cut
 * in halves until the item is alone. Everything else (away, no rights, a proxy's words) ends the round, and what is left waits with it.
 *
 * Delivery: a request whose answer is lost is sent again. That is harmless, since every item merges by block marks.
 */
import { messageOf, TracefoldError } from '../../errors.ts'
import { backoffMs, pause } from '../../lib/retry.ts'

export interface BulkItem {
  readonly id: string
  /** The write alias. */
  readonly index: string
  /** The body of the update, as JSON. */
  readonly body: string
}

export interface ItemAnswer {
  readonly status: number
  readonly result?: string | undefined
  readonly error?: { readonly type?: string; readonly reason?: string; readonly caused_by?: { readonly reason?: string } } | undefined
}

/** Sends one bulk request. Rejects where there is no answer for the items; `status` of the error, if any, is HTTP's. */
export type SendBulk = (items: readonly BulkItem[], signal: AbortSignal) => Promise<readonly ItemAnswer[]>

export interface BulkLimits {
  readonly maxBytes: number
  readonly maxItems: number
  readonly concurrency: number
}

export interface BulkHooks {
  /** A round in which something was busy: called before the wait. */
  readonly onBusy: (what: string, items: number, waitMs: number) => void
  /** Called for every settled item. */
  readonly onSettled: (result: 'ok' | 'noop' | 'refused') => void
  /** An index is missing: make it, or say that it must not be made (its window is past retention). */
  readonly onMissingIndex: (index: string) => Promise<'made' | 'too_old'>
}

export interface BulkRefusal {
  readonly id: string
  readonly detail: string
  readonly expired: boolean
}

type Verdict =
  { kind: 'done'; result: 'ok' | 'noop' } | { kind: 'busy'; why: string } | { kind: 'no_index' } | { kind: 'refused'; detail: string }

/** Resolves when every item is stored or refused. Rejects with `aborted` only. */
export async function bulkAll(
  items: readonly BulkItem[],
  send: SendBulk,
  limits: BulkLimits,
  hooks: BulkHooks,
  signal: AbortSignal,
): Promise<BulkRefusal[]> {
  const refusals: BulkRefusal[] = []
  let open = items
  for (let attempt = 0; open.length > 0; attempt++) {
    const round = new Round(open, { send, limits, hooks, signal })
    await round.run()
    if (signal.aborted && round.again.length > 0) throw new TracefoldError('aborted', 'a stop or a new assignment ended the writing')
    for (const refusal of round.refusals) refusals.push(refusal)
    open = round.again
    if (open.length === 0) break
    if (round.progressed) attempt = 0
    const waitMs = backoffMs(attempt)
    hooks.onBusy(round.why, open.length, waitMs)
    await pause(waitMs, signal)
  }
  return refusals
}

interface RoundParts {
  readonly send: SendBulk
  readonly limits: BulkLimits
  readonly hooks: BulkHooks
  readonly signal: AbortSignal
}

/** Every item sent once, in as many requests as the limits want. */
class Round {
  /** What was busy, or waited for its index. */
  readonly again: BulkItem[] = []
  readonly refusals: BulkRefusal[] = []
  why = ''
  progressed = false
  readonly #parts: RoundParts
  readonly #chunks: BulkItem[][]
  readonly #missing = new Map<string, BulkItem[]>()

  constructor(items: readonly BulkItem[], parts: RoundParts) {
    this.#parts = parts
    this.#chunks = chunked(items, parts.limits)
  }

  async run(): Promise<void> {
    const { limits, signal } = this.#parts
    await Promise.all(Array.from({ length: Math.min(limits.concurrency, this.#chunks.length) }, () => this.#work()))
    for (const [index, waiting] of signal.aborted ? [] : this.#missing) await this.#placeMissing(index, waiting)
  }

  async #work(): Promise<void> {
    const { send, signal } = this.#parts
    for (let chunk = this.#chunks.pop(); chunk !== undefined; chunk = this.#chunks.pop()) {
      let answers: readonly ItemAnswer[]
      try {
        answers = await send(chunk, signal)
      } catch (error) {
        this.#judgeRequest(chunk, error)
        continue
      }
      for (const [i, item] of chunk.entries()) this.#settle(item, judge(answers[i]))
    }
  }

  #judgeRequest(chunk: BulkItem[], error: unknown): void {
    const [only] = chunk
    if (isAboutAnItem(error) && chunk.length > 1) this.#chunks.push(...halves(chunk).toReversed())
    else if (isAboutAnItem(error) && only !== undefined) this.#settle(only, { kind: 'refused', detail: messageOf(error) })
    else
      for (const item of [...chunk, ...this.#chunks.splice(0).toReversed().flat()])
        this.#settle(item, { kind: 'busy', why: messageOf(error) })
  }

  #settle(item: BulkItem, verdict: Verdict): void {
    if (verdict.kind === 'busy') {
      this.again.push(item)
      this.why = verdict.why
      return
    }
    if (verdict.kind === 'no_index') {
      const waiting = this.#missing.get(item.index)
      if (waiting === undefined) this.#missing.set(item.index, [item])
      else waiting.push(item)
      return
    }
    this.progressed = true
    if (verdict.kind === 'refused') this.refusals.push({ id: item.id, detail: verdict.detail, expired: false })
    this.#parts.hooks.onSettled(verdict.kind === 'refused' ? 'refused' : verdict.result)
  }

  async #placeMissing(index: string, waiting: readonly BulkItem[]): Promise<void> {
    const isMade = (await this.#parts.hooks.onMissingIndex(index)) === 'made'
    if (isMade) this.why = `index ${index} was missing`
    for (const item of waiting) {
      if (isMade) this.again.push(item)
      else this.refusals.push({ id: item.id, detail: 'older than what is kept', expired: true })
    }
  }
}

function chunked(items: readonly BulkItem[], limits: BulkLimits): BulkItem[][] {
  const chunks: BulkItem[][] = []
  let chunk: BulkItem[] = []
  let bytes = 0
  for (const item of items) {
    const size = Buffer.byteLength(item.body) // not `length`: text of many scripts takes three bytes a character
    if (chunk.length > 0 && (bytes + size > limits.maxBytes || chunk.length >= limits.maxItems)) {
      chunks.push(chunk)
      chunk = []
      bytes = 0
    }
    chunk.push(item)
    bytes += size
  }
  if (chunk.length > 0) chunks.push(chunk)
  return chunks.reverse() // workers take from the end: the first items go first
}

function halves<T>(list: T[]): T[][] {
  const middle = list.length >> 1
  return [list.slice(0, middle), list.slice(middle)]
}

const BUSY_TYPES =
  /cluster_block|unavailable_shards|rejected_execution|circuit_breaking|process_cluster_event_timeout|no_shard_available|not_master|master_not_discovered|security_exception/

function judge(answer: ItemAnswer | undefined): Verdict {
  if (answer === undefined) return { kind: 'busy', why: 'an answer without this item' }
  const { status, error } = answer
  if (status < 300) return { kind: 'done', result: answer.result === 'noop' ? 'noop' : 'ok' }
  const type = error?.type ?? ''
  const reason = reasonOf(answer)
  if (type === 'index_not_found_exception' || reason.includes('require_alias')) return { kind: 'no_index' }
  if (reason.includes('unable to find script')) return { kind: 'busy', why: `${reason}: run \`tracefold setup\`` }
  if (status === 409 || status === 429 || status >= 500 || status === 404 || BUSY_TYPES.test(type))
    return { kind: 'busy', why: `${status} ${reason}` }
  return { kind: 'refused', detail: reason }
}

function reasonOf(answer: ItemAnswer): string {
  const { error } = answer
  const cause = error?.caused_by?.reason
  return `${error?.type ?? 'error'}: ${error?.reason ?? `status ${answer.status}`}${cause === undefined ? '' : ` (${cause})`}`
}

/** 413 comes from Elasticsearch or a proxy. A 400 counts only in Elasticsearch's own words, and not if they are about how we speak to it. */
function isAboutAnItem(error: unknown): boolean {
  const { statusCode, body } = (error ?? {}) as { statusCode?: unknown; body?: { error?: { type?: unknown } } | null }
  const type = body?.error?.type
  return statusCode === 413 || (statusCode === 400 && typeof type === 'string' && !type.startsWith('media_type'))
}
