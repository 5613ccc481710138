/**
 * One shard that is ours: its rules evaluated, its alerts told, its state kept.
 *
 *   evaluate ──> states, news ──┐                    ┌──> what delivery makes of it ──> receivers
 *                               └── one save of both ┘
 *
 * What evaluation has come to and what delivery is about to say of it are kept together, all or nothing, before anything is sent. So a process that dies at
 * any point leaves a state in which every alert is either told of, or known as yet to be told of; its successor goes on from there.
 *
 * Delivery: see deliver/delivery.ts. Once the state cannot be kept for good, the shard is not ours any more: `ended` rejects, and nothing more is sent.
 */
import type { Alert } from '../alert.ts'
import { Delivery, type DeliveryEvents, type Route } from '../deliver/delivery.ts'
import type { SuppressionOf } from '../deliver/group.ts'
import type { ReceiverStatus, Undelivered } from '../deliver/status.ts'
import type { AlertState } from '../episode.ts'
import { evaluate, firing, type EvaluationInput, type EvaluationState } from '../evaluate.ts'
import { RuleIndex } from '../rule-index.ts'
import type { Rule } from '../rule.ts'
import type { GroupRecord } from '../group-book.ts'
import { DELIVER, pastKey, readSaved, savedAt, savedPast, savedState } from './saved.ts'
import type { OpenShard, SavedRecord } from './state-log.ts'

const HISTORY_MS = 30 * 86_400_000
/** Of a shard: some megabytes in every process. */
const MAX_HISTORY = 2_000

export interface ShardOptions {
  readonly shard: number
  readonly log: OpenShard
  readonly routes: readonly Route[]
  readonly suppressionOf: SuppressionOf
  readonly events: DeliveryEvents
  readonly owner: string
  readonly now: () => number
  /** Where nothing was evaluated yet. */
  readonly startMs: number
}

export type ShardInput = Omit<EvaluationInput, 'index' | 'unwatchedMs'>

export interface Outcome {
  readonly refused: number
  readonly alerts: number
}

export class Shard {
  readonly shard: number
  /** As it was found: the group book is kept by the owner of shard 0. */
  readonly groups: readonly GroupRecord[]
  readonly bookSinceMs: number | null
  /** Rejects when the state can no longer be kept. */
  readonly ended: Promise<void>
  readonly #options: ShardOptions
  readonly #delivery: Delivery
  /** Episodes of the history, the oldest first: by record key, when they ended. */
  readonly #history: Map<string, number>
  #index = new RuleIndex([])
  #state: EvaluationState
  #beside: SavedRecord[] = []
  #savedUntilMs: number | null
  #hasEnded = false
  /** When another process evaluated last, until we have looked at the pipeline; null: nobody did. */
  #beforeUsMs: number | null
  #isWatching = false

  /** Throws `store_corrupt` where the state cannot be read. */
  constructor(options: ShardOptions) {
    const restored = restore(options.log)
    this.shard = options.shard
    this.groups = restored.groups
    this.bookSinceMs = restored.bookSinceMs
    this.#options = options
    this.#history = new Map(
      restored.past.sort((a, b) => (a.endsAtMs ?? 0) - (b.endsAtMs ?? 0)).map((alert) => [pastKey(alert), alert.endsAtMs ?? 0]),
    )
    this.#savedUntilMs = restored.untilMs
    this.#beforeUsMs = restored.atMs
    this.#state = { version: 1, untilMs: restored.untilMs ?? options.startMs, alerts: restored.alerts }
    this.#delivery = new Delivery({
      routes: options.routes,
      restored: restored.deliver,
      save: (records, _signal, beside) =>
        options.log.save([...beside, ...records.map(({ key, value }) => ({ key: `${DELIVER}${key}`, value }))]),
      takeBeside: () => this.#beside.splice(0),
      suppressionOf: options.suppressionOf,
      events: options.events,
      now: options.now,
    })
    this.#delivery.reconcile(firing(this.#state))
    this.ended = this.#delivery.ended
    this.ended.catch(() => (this.#hasEnded = true))
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Complete minutes are evaluated up to here. */
  get untilMs(): number {
    return this.#state.untilMs ?? this.#options.startMs
  }

  get state(): EvaluationState {
    return this.#state
  }

  /** Minutes before are not evaluated any more. True: there were such. */
  skipTo(timeMs: number): boolean {
    if (this.untilMs >= timeMs) return false
    this.#state = { ...this.#state, untilMs: timeMs }
    return true
  }

  /** Those of this shard. */
  use(rules: readonly Rule[]): void {
    this.#index = new RuleIndex(rules)
  }

  /** Resolves once all of it is kept. `also`: records of the caller's to be kept with it. Rejects where the shard is lost. */
  async evaluate(input: ShardInput, also: readonly SavedRecord[]): Promise<Outcome> {
    const { state, news, changed, refused } = evaluate({ ...input, index: this.#index, unwatchedMs: this.#unwatchedMs(input) }, this.#state)
    this.#isWatching ||= input.pipeline !== null
    this.#state = state
    this.#beside.push(...this.#records(changed, news), ...also)
    this.#delivery.observe([...news, ...firing(state)])
    await Promise.race([this.#delivery.kept(), this.ended])
    return { refused, alerts: state.alerts.size }
  }

  receivers(): ReceiverStatus[] {
    return this.#delivery.status()
  }

  undelivered(): Undelivered[] {
    return this.#delivery.undelivered()
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.#delivery.stop(deadlineMs)
    await this.#options.log.close()
  }

  #unwatchedMs({ pipeline }: ShardInput): number {
    return pipeline === null || this.#isWatching ? 0 : pipeline.nowMs - (this.#beforeUsMs ?? 0)
  }

  /** Where nothing has changed but the time, that is kept once a minute, with the minute. */
  #records(changed: readonly string[], news: readonly Alert[]): SavedRecord[] {
    const { owner, now } = this.#options
    const { untilMs, alerts } = this.#state
    const records = changed.map((key) => savedState(key, alerts.get(key) ?? null))
    for (const alert of news) if (alert.status === 'resolved') records.push(savedPast(alert))
    records.push(...this.#trimmed(news))
    if (records.length === 0 && untilMs === this.#savedUntilMs) return []
    this.#savedUntilMs = untilMs
    return [...records, savedAt({ untilMs: this.untilMs, owner, atMs: now() })]
  }

  #trimmed(news: readonly Alert[]): SavedRecord[] {
    for (const alert of news) if (alert.status === 'resolved') this.#history.set(pastKey(alert), alert.endsAtMs ?? 0)
    const gone: SavedRecord[] = []
    for (const [key, endsAtMs] of this.#history) {
      if (this.#history.size <= MAX_HISTORY && endsAtMs > this.#options.now() - HISTORY_MS) break
      this.#history.delete(key)
      gone.push({ key, value: null })
    }
    return gone
  }
}

function restore({ restored }: OpenShard) {
  const alerts = new Map<string, AlertState>()
  const [past, groups, deliver]: [Alert[], GroupRecord[], SavedRecord[]] = [[], [], []]
  let untilMs: number | null = null
  let atMs: number | null = null
  let bookSinceMs: number | null = null
  for (const [key, value] of restored) {
    const saved = readSaved(key, value)
    if (saved.kind === 'at') ({ untilMs, atMs } = saved.at)
    else if (saved.kind === 'alert') alerts.set(saved.state.key, saved.state)
    else if (saved.kind === 'past') past.push(saved.alert)
    else if (saved.kind === 'group') groups.push(saved.group)
    else if (saved.kind === 'book') bookSinceMs = saved.sinceMs
    else deliver.push({ key: saved.key, value: saved.value })
  }
  return { alerts, past, groups, deliver, untilMs, atMs, bookSinceMs }
}
