/**
 * The words of the domain as types, with what two of them mean in numbers. Nothing else here has behaviour; every stage and every port speaks in these.
 *
 *   bytes -> ErrorEvent -> GroupedEvent (job, window, fingerprint, category) -> document | rollup row
 */

declare const brand: unique symbol
/** A string or number that must not be mixed with another of its kind. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** What wrote the event: a Flink job, a Spark application, a service. */
export type Job = Brand<string, 'Job'>
/** `v<N>:` and 16 hex digits; equal for two events of the same error. */
export type Fingerprint = Brand<string, 'Fingerprint'>
/** The start of a minute of event time, in milliseconds since the epoch (UTC). */
export type Window = Brand<number, 'Window'>

export const WINDOW_MS = 60_000

export function windowOf(timeMs: number): Window {
  return (timeMs - (timeMs % WINDOW_MS)) as Window // the start of a minute
}

export const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const
export type Level = (typeof LEVELS)[number]

/** The worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Frame {
  /** Class as printed, without loader and module prefix: `com.acme.Orders$Repo`. */
  readonly className: string
  readonly method: string
  readonly file: string | null
  readonly line: number | null
}

/** One exception of a chain. `cause` leads inwards, to the root cause. */
export interface Throwable {
  readonly type: string
  readonly message: string | null
  readonly frames: readonly Frame[]
  readonly cause: Throwable | null
  readonly suppressed: readonly Throwable[]
}

/** A throwable as a layout carries it: printed text, or already a structure. Parsed once per distinct trace. */
export type LoggedThrowable =
  | { readonly form: 'text'; readonly type: string | null; readonly message: string | null; readonly text: string }
  | { readonly form: 'chain'; readonly chain: Throwable }

/** The layouts that decoding recognises; a metric label, so a closed set that grows by a line. */
export const LAYOUTS = [
  'log4j2-json',
  'log4j2-ecs',
  'log4j2-logstash-v1',
  'log4j2-gelf',
  'log4j2-gcp',
  'ecs-logging',
  'logback-logstash',
  'logback-json',
  'spring-ecs',
  'spring-gelf',
  'quarkus',
  'spark',
  'otlp-json',
  'otlp-protobuf',
  'generic-json',
  'plain-text',
] as const
export type Layout = (typeof LAYOUTS)[number]

/** What a shipper puts around a record; a metric label, so a closed set that grows by a line. */
export const ENVELOPES = ['filebeat', 'fluent-bit', 'kafka-connect', 'cloudevents', 'vector'] as const
export type Envelope = (typeof ENVELOPES)[number]

/** One error log record, decoded. Strings are well-formed Unicode; maps have no prototype surprises and are bounded. */
export interface ErrorEvent {
  readonly layout: Layout
  /** What was taken off before the layout was recognised, outermost first. */
  readonly envelopes: readonly Envelope[]
  /** The event's own time, or null where it has none that can be read. */
  readonly timeMs: number | null
  readonly level: Level
  readonly logger: string | null
  readonly thread: string | null
  readonly message: string
  /** The message before its parameters were filled in, where the layout keeps it. */
  readonly messageTemplate: string | null
  readonly host: string | null
  readonly serviceName: string | null
  readonly serviceVersion: string | null
  readonly environment: string | null
  /** Context (MDC) keys, and root keys that are not the layout's own. Values as strings. */
  readonly context: ReadonlyMap<string, string>
  readonly tags: readonly string[]
  readonly throwable: LoggedThrowable | null
  /** True where the record or its trace was cut, so that its tail (the root cause) may be missing. */
  readonly truncated: boolean
  /** Set where the record is `truncated` behind its throwable, which is all there: what was lost decides nothing of the error's identity. */
  readonly isTraceWhole?: true
}

/** What the fingerprint stage says of an event: the ladder of keys, and words for people. */
export interface Grouping {
  readonly fp: Fingerprint
  /** Coarse: root type and first own frame. */
  readonly fpSite: string
  /** Fine: all kept frames of all exceptions. */
  readonly fpStack: string
  /** While a change of rules is under way, the key `fp` by the rules before, where it was another: the same error, linked. */
  readonly previous: Fingerprint | null
  /** Root cause's simple type and message key: `ConnectException: Connection refused: <*>`. */
  readonly title: string
  /** `Class.method:line` of the deciding frame. */
  readonly culprit: string | null
  /** Outermost exception's class, `$` as `.`. */
  readonly exceptionClass: string | null
  /** Innermost exception's class, `$` as `.`. */
  readonly rootCauseClass: string | null
  /** Which rule and which frame decided, in one sentence. */
  readonly why: string
}

/** What kind of trouble it is, from `patterns/`. */
export interface Classification {
  readonly category: string
  readonly severity: Severity
  readonly rule: string
  readonly advice: string | null
  /** More about the rule: a path from the package's folder with an anchor, or the address that the user's rule names. */
  readonly link: string | null
}

/** An event with everything that decides where it is counted. */
export interface GroupedEvent {
  readonly event: ErrorEvent
  readonly job: Job
  readonly environment: string | null
  readonly host: string | null
  /** Flink operator (task) that logged it and the number of its subtask, from 1, as the thread's name says; null elsewhere. */
  readonly operator: string | null
  readonly subtask: number | null
  /** Event time that counts, after the clock check. */
  readonly timeMs: number
  /** Set where the record's timestamp stands in for the event's own time. */
  readonly originalTimeMs: number | null
  readonly window: Window
  readonly grouping: Grouping
  readonly classification: Classification | null
  /** `job NUL fp NUL window`: what converges into one document. */
  readonly key: string
}

/** Printed; roughly, of a throwable that is a structure of frames. */
const CHAIN_CHARS = 4_000

/** How much text an event holds, roughly: what keeping it costs. */
export function charsOf({ message, throwable }: ErrorEvent): number {
  return message.length + (throwable?.form === 'text' ? throwable.text.length : CHAIN_CHARS)
}

/** Why an event is not counted although nothing is wrong with it. A metric label: a closed set. */
export const DROP_REASONS = ['tombstone', 'level', 'rule'] as const
export type DropReason = (typeof DROP_REASONS)[number]

/** Why a record cannot be processed. A metric label: a closed set. */
export const DEAD_REASONS = [
  'empty',
  'not_json',
  'truncated',
  'not_utf8',
  'too_large',
  'unknown_layout',
  'clock',
  'no_timestamp',
  'refused_by_store',
] as const
export type DeadReason = (typeof DEAD_REASONS)[number]

export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** `rule`: id of the filter rule that dropped it. */
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly rule?: string }
  | { readonly kind: 'dead'; readonly reason: DeadReason; readonly detail: string }
