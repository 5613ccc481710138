/** What a fault is, and what came of one. */
import type { KafkaVersion } from '../../tools/services/fetch.ts'
import type { Bed, BedOptions } from './bed.ts'
import type { Random } from './random.ts'
import type { Servers } from './servers.ts'

export interface Fault {
  readonly name: string
  /** One sentence. */
  readonly about: string
  /** Repetitions of its core unless told. */
  readonly cycles: number
  run(context: FaultContext): Promise<Outcome>
}

export interface FaultContext {
  readonly cycles: number
  readonly random: Random
  readonly servers: Servers
  /** Of brokers that a fault starts for itself. */
  readonly kafkaVersion: KafkaVersion
  /** A Tracefold installation of its own, ended with the fault. */
  bed(options?: BedOptions): Promise<Bed>
  /** To be called at the end of the fault, the last first. */
  onEnd(release: () => Promise<unknown>): void
  say(line: string): void
}

/** Over both branches; for a fault of many rounds, over all of them. */
export interface Outcome {
  readonly events: number
  readonly lost: number
  readonly doubled: number
  readonly expired: number
  /** The longest time from the end of a fault until nothing was left to read. */
  readonly lagZeroMs: number
  readonly peakMiB: number
  /** What is wrong beside counts that are off: each one fails the fault. */
  readonly problems: readonly string[]
  /** Most events that the detail branch may count twice here: the remaining bound (docs/architecture.md). Zero everywhere else. */
  readonly bound?: number
  /** Why nothing was run: neither good nor bad. */
  readonly notRun?: string
  /** Where the counts are off. */
  readonly differences: readonly string[]
  /** What was measured beside the columns. */
  readonly note?: string
}

export const NOTHING: Outcome = { events: 0, lost: 0, doubled: 0, expired: 0, lagZeroMs: 0, peakMiB: 0, problems: [], differences: [] }

/** Of two rounds. */
export function both(a: Outcome, b: Outcome): Outcome {
  return {
    events: a.events + b.events,
    lost: a.lost + b.lost,
    doubled: a.doubled + b.doubled,
    expired: a.expired + b.expired,
    lagZeroMs: Math.max(a.lagZeroMs, b.lagZeroMs),
    peakMiB: Math.max(a.peakMiB, b.peakMiB),
    problems: [...a.problems, ...b.problems],
    differences: [...a.differences, ...b.differences],
    ...(a.bound === undefined && b.bound === undefined ? {} : { bound: (a.bound ?? 0) + (b.bound ?? 0) }),
    ...(a.note === undefined && b.note === undefined ? {} : { note: [a.note, b.note].filter((note) => note !== undefined).join('; ') }),
  }
}

export type Verdict = 'good' | 'BAD' | 'not run'

export function verdictOf({ lost, doubled, bound = 0, problems, notRun }: Outcome): Verdict {
  if (lost > 0 || doubled > bound || problems.length > 0) return 'BAD'
  return notRun === undefined ? 'good' : 'not run'
}
