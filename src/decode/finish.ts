/**
 * A reading (raw values by meaning) -> an event (well-typed, bounded). The one place where limits and defaults are applied. Pure.
 *
 * - No level that we know: ERROR where there is a throwable or the record was cut (its level may be in the lost part), else INFO.
 * - A trace that was printed into the message (`log.error(stackTraceOf(e))`) is the throwable, where the layout has none; else one that stands in
 *   a field which the layout does not name.
 * - `truncated` says that a trace or the record lost its tail, so that the root cause may be missing. A message or context value that was
 *   cut by a limit ends in `…` and does not set it: the error's identity is whole, as it is where the record was cut behind its trace.
 */
import type { ErrorEvent, Layout, LoggedThrowable } from '../event.ts'
import type { Limits } from './limits.ts'
import { readContext } from './context.ts'
import { findTrace } from './find-trace.ts'
import type { Reading } from './layout.ts'
import { parseLevel } from './level.ts'
import { findStrayTrace, type StrayTrace } from './stray-trace.ts'
import { readThrowable } from './throwable.ts'
import { cut, isObject, MAX_NAME_CHARS, nameOf, render, textOf, without, type JsonObject } from './value.ts'

/** Of a thread's name, whose end says more than its middle: a Flink task names its whole chain first and its subtask last. */
const THREAD_TAIL_CHARS = 128
const FRAME = /\n\s{1,8}at [\w$.<>/-]+\(/
const MAX_TAGS = 32
const MAX_TAG_CHARS = 256

/** Null where the record says nothing: no level, no message, no throwable. */
export function finish(
  layout: Layout,
  reading: Reading,
  recordCut: boolean,
  limits: Limits,
  throwableOf = readThrowable,
  strayTraceOf = findStrayTrace,
): ErrorEvent | null {
  const level = parseLevel(reading.level)
  const named = throwableOf(reading.throwable, limits)
  const said = wordsOf(reading.message)
  const printed = named.throwable === null ? traceInMessage(said.words) : null
  const message = render(printed === null ? said.words : printed.message, limits.maxMessageChars)
  const stray = printed === null ? strayTrace(reading, named.throwable, strayTraceOf) : null
  const { throwable, truncated } = printed !== null || stray !== null ? throwableOf(printed?.trace ?? stray?.throwable, limits) : named
  if (level === null && throwable === null && (message === null || message === '')) return null
  const event: ErrorEvent = {
    layout,
    envelopes: [],
    timeMs: reading.timeMs,
    level: level ?? (throwable !== null || recordCut ? 'ERROR' : 'INFO'),
    logger: nameOf(reading.logger),
    thread: threadName(reading.thread),
    message: message ?? '',
    messageTemplate: render(reading.messageTemplate, limits.maxMessageChars),
    host: nameOf(reading.host),
    serviceName: nameOf(reading.serviceName),
    serviceVersion: nameOf(reading.serviceVersion),
    environment: nameOf(reading.environment),
    context: readContext(said.more === null ? reading : withMore(reading, said.more), limits, stray?.holder),
    tags: reading.tags === undefined ? [] : readTags(reading.tags),
    throwable,
    truncated: truncated || recordCut,
  }
  return recordCut && !truncated && isWhole(throwable, reading) ? { ...event, isTraceWhole: true } : event
}

/** JSON shows where it was cut, text does not. Of an exception of which only the name is there, the trace may be in the lost part. */
function isWhole(throwable: LoggedThrowable | null, { rest }: Reading): boolean {
  return rest !== undefined && throwable !== null && !isBare(throwable)
}

/** A message that is an object says it itself; what else it holds is context. Without words, it is shown whole. */
function wordsOf(message: unknown): { readonly words: unknown; readonly more: JsonObject | null } {
  if (!isObject(message)) return { words: message, more: null }
  const name = WORDS.find((one) => isSaid(message[one]))
  if (name === undefined || isObject(message[name])) return { words: message, more: null }
  return { words: message[name], more: without(message, (key) => key === name) }
}
const WORDS = ['message', 'msg'] as const

/** As fingerprint/documents.ts takes the same object where it comes as text. */
function isSaid(value: unknown): boolean {
  return typeof value === 'number' || isObject(value) || (typeof value === 'string' && value.trim() !== '')
}

function withMore(reading: Reading, message: JsonObject): Reading {
  return { ...reading, context: [...(reading.context ?? []), { message }] }
}

/** The message is what stands before the trace; a bare trace speaks for itself, by its first line. */
function traceInMessage(message: unknown): { readonly message: string; readonly trace: string } | null {
  const found = typeof message === 'string' && FRAME.test(message) ? findTrace(message) : null
  if (found === null || typeof message !== 'string') return null
  const head = message.slice(0, found.from).trimEnd()
  const trace = message.slice(found.start)
  return { message: head === '' ? trace.slice(0, trace.indexOf('\n')) : head, trace }
}

/** Where the layout names no trace. Of an exception without frames it is the trace, if it stands alone. */
function strayTrace(
  { rest, message, context = [] }: Reading,
  named: LoggedThrowable | null,
  traceOf: typeof findStrayTrace,
): StrayTrace | null {
  if (named !== null && !isBare(named)) return null
  const found = traceOf(rest?.of ?? [message, ...context], named?.chain.type ?? null)
  if (found === null || named === null) return found
  return { ...found, throwable: { type: named.chain.type, message: named.chain.message, stack_trace: found.throwable } }
}

/** A type and a message at most: the layout leaves frames and causes out. */
function isBare(throwable: LoggedThrowable): throwable is LoggedThrowable & { readonly form: 'chain' } {
  return throwable.form === 'chain' && throwable.chain.frames.length === 0 && throwable.chain.cause === null
}

function threadName(value: unknown): string | null {
  const text = textOf(value)
  if (text === null || text.length <= MAX_NAME_CHARS) return text
  return cut(text, MAX_NAME_CHARS - THREAD_TAIL_CHARS) + text.slice(-THREAD_TAIL_CHARS).replace(HALF_PAIR, '')
}
const HALF_PAIR = /^[\udc00-\udfff]/

/** Tags, markers and nested contexts (NDC), each a text or a list of texts. */
export function readTags(sources: readonly unknown[]): string[] {
  const tags: string[] = []
  for (const source of sources) {
    for (const item of Array.isArray(source) ? source : [source]) {
      const text = textOf(item)
      if (text !== null && tags.length < MAX_TAGS) tags.push(cut(text, MAX_TAG_CHARS))
    }
  }
  return tags
}
