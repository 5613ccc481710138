/**
 * What the API needs of the rest, as ports: readers, the way in for events, health and metrics. It never holds a writer of the
 * stream's, and knows no adapter.
 */
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault, RawReplyDefaultExpression, RawRequestDefaultExpression } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { AlertDesk } from '../alert/desk.ts'
import type { Health } from '../health.ts'
import type { Metrics } from '../metrics.ts'
import type { OffsetsDesk, OffsetsReader } from '../offsets/desk.ts'
import type { DeadLetterDesk } from '../store/dead-letter.ts'
import type { DetailReader } from '../store/detail-reader.ts'
import type { LedgerReader } from '../store/ledger.ts'
import type { RollupReader } from '../store/rollup-store.ts'
import type { StreamReport } from '../stream.ts'
import type { Tallies } from '../stream/tally.ts'

export interface EventIngest {
  /**
   * Resolves when every record is durable. A repeat with the same key is harmless: nothing is counted twice. Rejects with
   * `not_available` where it is too busy or stopping (nothing is promised; send again), `bad_request` where the body is no input.
   */
  ingest(body: Buffer, idempotencyKey: string | null): Promise<{ records: number; duplicate: boolean }>
}

/** What a pattern rule says of the errors that it matches. */
export interface RuleWords {
  readonly id: string
  /** The folder of its file: `flink`. */
  readonly family: string
  readonly title: string
  readonly category: string
  readonly severity: string
  readonly meaning: string
  /** What to do about it. */
  readonly advice: string | null
  /** More about it: an address, or a path from the API's root with an anchor. */
  readonly link: string
}

/** The pattern rules in force. */
export interface RuleBook {
  /** Null where no such rule is in force. */
  adviceOf(ruleId: string): RuleWords | null
  /** In the order in which they are tried. */
  all(): readonly RuleWords[]
}

/** Null: this process has none. */
export interface ApiDeps {
  readonly reader: RollupReader
  readonly details: DetailReader | null
  /** Whether a class is of the job's own code; without it, no frame is told apart. */
  readonly isOwn: ((className: string) => boolean) | null
  /** Without it, errors have the category and severity that they were counted with, and no advice. */
  readonly rules: RuleBook | null
  readonly ledger: LedgerReader | null
  readonly letters: DeadLetterDesk | null
  /** Without a desk, positions can only be looked at. */
  readonly offsets: { readonly reader: OffsetsReader; readonly desk: OffsetsDesk | null } | null
  /** Without it, no alert rules are evaluated. */
  readonly alerts: AlertDesk | null
  /** None in cluster mode: there events come from Kafka. */
  readonly ingest: EventIngest | null
  /** The streams of this process and what they have folded. */
  readonly pipeline: (() => { readonly streams: readonly StreamReport[]; readonly tallies: Pick<Tallies, 'tally' | 'byBranch'> }) | null
  readonly health: Health
  readonly metrics: Metrics
  readonly now: () => number
  readonly maxBodyBytes: number
  readonly version: string
  /** Where requests that failed by our fault are told of; without it nowhere. */
  readonly logger: FastifyBaseLogger | null
}

/** A fastify whose routes are described, checked and typed by zod. */
export type ZodApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>
