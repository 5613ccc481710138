/**
 * In: events. Out: what `compute` says of each, computed once per distinct trace.
 *
 * One error storms with one trace, byte for byte. A known trace costs a look-up instead of a parse; an event without a
 * throwable is known by logger and message. `compute` sees only what the look-up compares, so an answer from here always
 * equals a fresh one: it gets no message where a throwable decides, because messages differ from event to event.
 *
 * A throwable object that many events share is known by itself, without a look at its text.
 *
 * Bound: 10,000 probes and 64 Mi characters, least recently used goes first; 64 traces per probe; one answer for each shared throwable, as long as it lives.
 */
import { LRUCache } from 'lru-cache'
import { isShared } from '../decode/shared-throwable.ts'
import { parseTrace } from '../decode/stack-trace.ts'
import type { ErrorEvent, LoggedThrowable, Throwable } from '../event.ts'
import { isSameTrace, probeOf, weightOf } from './probe.ts'

const MAX_PROBES = 10_000
const MAX_CHARS = 64 * 1024 * 1024
const MAX_PER_PROBE = 64

/** What decides a grouping. */
export interface Subject {
  readonly throwable: Throwable | null
  /** Whether the throwable lost its tail: not, where the record did behind it. */
  readonly truncated: boolean
  readonly logger: string | null
  /** Empty where there is a throwable, as is the template. */
  readonly message: string
  readonly messageTemplate: string | null
}

/** All that an answer depends on, and the answer. */
interface Known<T> {
  readonly logged: LoggedThrowable
  readonly logger: string | null
  readonly truncated: boolean
  /** Null: the text holds no throwable, and the event's message decides. */
  readonly answer: { readonly value: T } | null
}

export function createKnownTraces<T>(compute: (subject: Subject) => T): (event: ErrorEvent) => T {
  const traces = new LRUCache<number, readonly Known<T>[]>({ max: MAX_PROBES, maxSize: MAX_CHARS, sizeCalculation: weightOfAll })
  const shared = new WeakMap<LoggedThrowable, Known<T>>()
  const messages = new LRUCache<string, { readonly value: T }>({
    max: MAX_PROBES,
    maxSize: MAX_CHARS,
    sizeCalculation: (_, key) => key.length,
  })

  function ofThrowable(event: ErrorEvent, logged: LoggedThrowable): T {
    const isOfMany = isShared(logged)
    const last = isOfMany ? shared.get(logged) : undefined
    const known = last !== undefined && isSameBeside(last, event) ? last : look(event, logged)
    if (isOfMany && known !== last) shared.set(logged, known)
    return known.answer === null ? ofMessage(event) : known.answer.value
  }

  function look(event: ErrorEvent, logged: LoggedThrowable): Known<T> {
    const probe = probeOf(logged)
    const similar = traces.get(probe) ?? []
    let known = similar.find((one) => isSameBeside(one, event) && isSameTrace(one.logged, logged))
    if (known === undefined) {
      known = { logged, logger: event.logger, truncated: isTraceCut(event), answer: answerFor(event, logged, compute) }
      traces.set(probe, [known, ...similar.slice(0, MAX_PER_PROBE - 1)])
    }
    return known
  }

  function ofMessage({ logger, message, messageTemplate }: ErrorEvent): T {
    const key = JSON.stringify([logger, messageTemplate, message])
    const known = messages.get(key)
    if (known !== undefined) return known.value
    const value = compute({ throwable: null, truncated: false, logger, message, messageTemplate })
    messages.set(key, { value })
    return value
  }

  return (event) => (event.throwable === null ? ofMessage(event) : ofThrowable(event, event.throwable))
}

/** What decides besides the trace. */
function isSameBeside(known: Known<unknown>, event: ErrorEvent): boolean {
  return known.logger === event.logger && known.truncated === isTraceCut(event)
}

function isTraceCut({ truncated, isTraceWhole }: ErrorEvent): boolean {
  return truncated && isTraceWhole !== true
}

function weightOfAll(known: readonly Known<unknown>[]): number {
  return known.reduce((sum, { logged }) => sum + weightOf(logged), 0)
}

function answerFor<T>(event: ErrorEvent, logged: LoggedThrowable, compute: (subject: Subject) => T): Known<T>['answer'] {
  const parsed = logged.form === 'text' ? parseTrace(logged.text, logged) : { throwable: logged.chain, truncated: false, isRootKept: false }
  if (parsed.throwable === null) return null
  const truncated = parsed.truncated || (isTraceCut(event) && !parsed.isRootKept)
  return { value: compute({ throwable: parsed.throwable, truncated, logger: event.logger, message: '', messageTemplate: null }) }
}
