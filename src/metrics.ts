/**
 * All metrics, in one place: name, help, labels. `tracefold_<area>_<thing>_<unit>_total`; label values come from the closed sets
 * below, so that the number of series has a bound (the exceptions: lag, one series for each partition that we read, and filter rules and receivers, one for each).
 * `cluster` is the id that Kafka gave the source's cluster; a stream that reads no Kafka has it empty.
 *
 * Counters with closed labels start at zero, so that a rate is right from the first event on. Each call of `createMetrics` has
 * a registry of its own. Nothing here can fail a record.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { DEAD_REASONS, DROP_REASONS, ENVELOPES, LAYOUTS, type DeadReason, type DropReason, type Envelope, type Layout } from './event.ts'
import { STAGES, type Stage } from './store/dead-letter.ts'
import { BRANCHES, type BranchName } from './store/position.ts'

const RULE_KINDS = ['patterns', 'rules', 'alerts'] as const
export type RuleKind = (typeof RULE_KINDS)[number]
const TRIGGERS = ['size', 'bytes', 'age', 'stop', 'rules', 'reopen'] as const
export type FlushTrigger = (typeof TRIGGERS)[number]
/** What happens to a stream's loop. */
export interface RunnerEvents {
  rebalanced(): void
  lost(partitions: number): void
  committing(trigger: FlushTrigger): void
}
const TRANSACTION_RESULTS = ['committed', 'aborted', 'failed'] as const
export type TransactionResult = (typeof TRANSACTION_RESULTS)[number]
const STORES = ['elasticsearch', 'kafka', 'druid', 'embedded'] as const
export type StoreName = (typeof STORES)[number]
/** What became of one item of a bulk write: `noop` is a repeat that changed nothing. */
const ITEM_RESULTS = ['ok', 'noop', 'conflict', 'retried', 'refused'] as const
export type ItemResult = (typeof ITEM_RESULTS)[number]
/** Blind: the rollups could not be read, are not written, or lie too far back. */
const EVALUATION_RESULTS = ['ok', 'blind'] as const
export type EvaluationResult = (typeof EVALUATION_RESULTS)[number]
export type NotificationResult = 'sent' | 'retried' | 'undelivered'
/** What a branch's loop spends its time on; the four together are all of it. */
export const LOOP_STATES = ['waiting', 'decoding', 'writing', 'backpressure'] as const
export type LoopState = (typeof LOOP_STATES)[number]

/** Seconds. From a caught-up branch (a flush each second) to a replay of days. */
const LATENCY_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400]

/** A counter whose labels can only be what the closed sets allow. */
export interface Tally<L extends Record<string, string>> {
  inc(labels: L, by?: number): void
}
export interface PlainTally {
  inc(by?: number): void
}
export interface Level<L extends Record<string, string>> {
  set(labels: L, value: number): void
  /** Forgets a series: a partition that is no longer ours. */
  remove(labels: L): void
}

export interface Metrics {
  readonly recordsConsumed: Tally<{ branch: BranchName }>
  readonly eventsDecoded: Tally<{ layout: Layout }>
  readonly eventsUnwrapped: Tally<{ envelope: Envelope }>
  readonly eventsFiltered: Tally<{ reason: DropReason }>
  readonly eventsFilteredByRule: Tally<{ rule: string }>
  readonly deadLetters: Tally<{ stage: Stage; reason: DeadReason }>
  readonly deadLetterRatio: Level<Record<never, string>>
  readonly eventsCounted: Tally<{ branch: BranchName }>
  readonly documentsFlushed: PlainTally
  readonly detailFlush: Tally<{ trigger: FlushTrigger }>
  readonly rollupRows: PlainTally
  readonly transactions: Tally<{ result: TransactionResult }>
  readonly storeRetries: Tally<{ store: StoreName }>
  readonly storeItems: Tally<{ result: ItemResult }>
  readonly backpressureSeconds: Tally<{ branch: BranchName; cluster: string }>
  readonly timeSeconds: Tally<{ branch: BranchName; cluster: string; state: LoopState }>
  readonly loopEntries: Tally<{ branch: BranchName; cluster: string; state: LoopState }>
  readonly consumerLag: Level<{ branch: BranchName; cluster: string; topic: string; partition: string }>
  readonly eventClockReplaced: PlainTally
  readonly overflowEvents: PlainTally
  readonly rebalances: Tally<{ branch: BranchName }>
  readonly partitionsLost: Tally<{ branch: BranchName }>
  readonly consumerRestarts: Tally<{ branch: BranchName }>
  readonly ruleErrors: Tally<{ what: RuleKind }>
  readonly buildInfo: Level<{ version: string; fingerprint_version: string }>
  readonly lastCommit: Level<{ branch: BranchName; cluster: string }>
  readonly endToEndLatency: { observe(labels: { branch: BranchName; cluster: string }, seconds: number): void }
  readonly alerts: Level<{ phase: 'pending' | 'firing' }>
  readonly alertShards: Level<Record<never, string>>
  readonly alertEvaluations: Tally<{ result: EvaluationResult }>
  readonly alertEvaluationSeconds: { observe(labels: Record<never, string>, seconds: number): void }
  readonly alertsBlind: Level<Record<never, string>>
  readonly alertsRefused: PlainTally
  readonly notifications: Tally<{ receiver: string; result: NotificationResult }>
  readonly notificationSeconds: { observe(labels: { receiver: string }, seconds: number): void }
  /** The Prometheus text, and the content type it goes by. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const make = makers(registry)
  return {
    recordsConsumed: make.tally('records_consumed_total', 'Records read from the source.', { branch: BRANCHES }),
    eventsDecoded: make.tally('events_decoded_total', 'Events decoded, by log layout.', { layout: LAYOUTS }),
    eventsUnwrapped: make.tally('events_unwrapped_total', "Events that a shipper's envelope was taken off of, by envelope.", {
      envelope: ENVELOPES,
    }),
    eventsFiltered: make.tally('events_filtered_total', 'Events that were dropped although nothing is wrong with them.', {
      reason: DROP_REASONS,
    }),
    eventsFilteredByRule: make.tally('events_filtered_by_rule_total', "Events that a filter rule dropped, by the rule's id.", { rule: [] }),
    deadLetters: make.tally('dead_letters_total', 'Records and documents that became dead letters.', {
      stage: STAGES,
      reason: DEAD_REASONS,
    }),
    deadLetterRatio: make.level(
      'dead_letter_ratio',
      'Share of events that cannot be decoded among all of the last five minutes; 0 where nothing came in.',
      [],
    ),
    eventsCounted: make.tally('events_counted_total', "Events counted in the branch's store.", { branch: BRANCHES }),
    documentsFlushed: make.plain('documents_flushed_total', 'Converged documents sent to the detail store.'),
    detailFlush: make.tally('detail_flush_total', 'Flushes of the detail branch, by what triggered them.', { trigger: TRIGGERS }),
    rollupRows: make.plain('rollup_rows_total', 'Rollup rows committed.'),
    transactions: make.tally('transactions_total', 'Transactions of the rollup branch.', { result: TRANSACTION_RESULTS }),
    storeRetries: make.tally('store_retries_total', 'Tries that had to be repeated.', { store: STORES }),
    storeItems: make.tally('store_items_total', 'Documents of bulk writes, by what the store said.', { result: ITEM_RESULTS }),
    backpressureSeconds: make.tally(
      'backpressure_seconds_total',
      'Time the source was paused: the store was behind, or other rules or a skip waited for what was in hand to be committed.',
      { branch: BRANCHES, cluster: [] },
    ),
    timeSeconds: make.tally('time_seconds_total', "Where the branch's loop spends its time.", {
      branch: BRANCHES,
      cluster: [],
      state: LOOP_STATES,
    }),
    loopEntries: make.tally('loop_entries_total', "How often the branch's loop began to wait, decode, write, or be held back.", {
      branch: BRANCHES,
      cluster: [],
      state: LOOP_STATES,
    }),
    consumerLag: make.level('consumer_lag_records', "Records between what the store has acknowledged and the log's end.", [
      'branch',
      'cluster',
      'topic',
      'partition',
    ]),
    eventClockReplaced: make.plain('event_clock_replaced_total', 'Events whose own time was not believed.'),
    overflowEvents: make.plain('overflow_events_total', 'Events counted in an overflow group.'),
    rebalances: make.tally('rebalances_total', 'Times the set of our partitions changed.', { branch: BRANCHES }),
    partitionsLost: make.tally('partitions_lost_total', 'Partitions dropped because they are no longer ours.', { branch: BRANCHES }),
    consumerRestarts: make.tally(
      'consumer_restarts_total',
      'Times that a consumer was made anew because nothing came although there was more to read.',
      { branch: BRANCHES },
    ),
    ruleErrors: make.tally('rule_errors_total', 'Times that changed files of rules were not accepted; the last good set stays in force.', {
      what: RULE_KINDS,
    }),
    buildInfo: make.level('build_info', 'Always 1; the labels say what runs.', ['version', 'fingerprint_version']),
    lastCommit: make.level('last_commit_timestamp_seconds', 'When the branch last committed, in seconds since the epoch.', [
      'branch',
      'cluster',
    ]),
    endToEndLatency: make.latency('end_to_end_latency_seconds', "From the record's timestamp to its commit.", ['branch', 'cluster']),
    alerts: make.level('alerts', 'Alerts of the shards that this process evaluates, by phase.', ['phase']),
    alertShards: make.level('alert_shards', 'Shards of the alert rules that this process evaluates.', []),
    alertEvaluations: make.tally('alert_evaluations_total', 'Turns of alert evaluation.', { result: EVALUATION_RESULTS }),
    alertEvaluationSeconds: make.latency('alert_evaluation_seconds', 'How long a turn of evaluation takes, with its queries.', []),
    alertsBlind: make.level(
      'alerts_blind',
      '1 while alert rules cannot see: the rollups cannot be read, are not written, or lie too far back, or a shard is not evaluated.',
      [],
    ),
    alertsRefused: make.plain('alerts_refused_total', 'Alerts that found no room, since there were too many.'),
    notifications: make.tally('notifications_total', 'Tries to tell a receiver of alerts, by how they ended.', {
      receiver: [],
      result: [],
    }),
    notificationSeconds: make.latency('notification_seconds', "From when a notification is due to the receiver's answer.", ['receiver']),
    exposition: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

function makers(registry: Registry) {
  const options = (name: string, help: string) => ({ name: `tracefold_${name}`, help, registers: [registry] })
  return {
    plain: (name: string, help: string): PlainTally => new Counter(options(name, help)),
    tally<L extends Record<string, string>>(name: string, help: string, labels: { [K in keyof L & string]: readonly L[K][] }): Tally<L> {
      const counter = new Counter({ ...options(name, help), labelNames: Object.keys(labels) })
      for (const series of product(labels)) counter.inc(series, 0)
      return counter
    },
    level<L extends Record<string, string>>(name: string, help: string, labelNames: (keyof L & string)[]): Level<L> {
      const gauge = new Gauge({ ...options(name, help), labelNames })
      return { set: (labels, value) => gauge.set(labels, value), remove: (labels) => gauge.remove(labels) }
    },
    latency: (name: string, help: string, labelNames: string[]) =>
      new Histogram({ ...options(name, help), labelNames, buckets: LATENCY_BUCKETS }),
  }
}

/** Every combination of the labels' values. */
function product(labels: Record<string, readonly string[]>): Record<string, string>[] {
  let series: Record<string, string>[] = [{}]
  for (const [name, values] of Object.entries(labels))
    series = series.flatMap((head) => values.map((value) => ({ ...head, [name]: value })))
  return series
}
