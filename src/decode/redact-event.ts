/**
 * An event -> the event without secrets: message, template, names (logger, thread, host; by a user's rules service and environment, too), context,
 * tags and throwable. The same object where nothing had to change, so that a clean event costs no copy. Pure but for what it remembers, which is
 * what it would find again.
 */
import type { ErrorEvent, Frame, LoggedThrowable, Throwable } from '../event.ts'
import { remembered } from '../lib/remembered.ts'
import type { TextRedactor } from './redact-body.ts'
import { isShared, share } from './shared-throwable.ts'

export interface EventText extends TextRedactor {
  /** The user's own rules alone, or null where there are none: they see class names and frames, too, in which no built-in rule finds anything. */
  readonly redactByRules: ((text: string) => string) | null
}

type PrintedThrowable = LoggedThrowable & { readonly form: 'text' }

/** Decoding nests suppressed exceptions in suppressed ones only so far; a bound all the same. */
const MAX_DEPTH = 250
const NAMES = { maxTexts: 10_000, maxChars: 256 } as const

export function createEventRedactor(text: EventText): (event: ErrorEvent) => ErrorEvent {
  const nameOf = named(text.redact)
  const labelOf = text.redactByRules === null ? (label: string | null) => label : named(text.redactByRules)
  const throwableOf = throwableRedactor(text)
  return (event) => {
    const message = text.redact(event.message)
    const messageTemplate = event.messageTemplate === null ? null : text.redact(event.messageTemplate)
    const logger = nameOf(event.logger)
    const thread = nameOf(event.thread)
    const host = nameOf(event.host)
    const serviceName = labelOf(event.serviceName)
    const serviceVersion = labelOf(event.serviceVersion)
    const environment = labelOf(event.environment)
    const context = redactContext(event.context, text)
    const tags = sameOrNew(event.tags, text.redact)
    const throwable = event.throwable === null ? null : throwableOf(event.throwable)
    const isSame =
      message === event.message &&
      messageTemplate === event.messageTemplate &&
      logger === event.logger &&
      thread === event.thread &&
      host === event.host &&
      serviceName === event.serviceName &&
      serviceVersion === event.serviceVersion &&
      environment === event.environment &&
      context === event.context &&
      tags === event.tags &&
      throwable === event.throwable
    return isSame
      ? event
      : { ...event, message, messageTemplate, logger, thread, host, serviceName, serviceVersion, environment, context, tags, throwable }
  }
}

/** Names come again and again; there are not many hosts, loggers and threads. */
function named(redactText: (text: string) => string): (name: string | null) => string | null {
  const clean = remembered(redactText, NAMES)
  return (name) => (name === null ? null : clean(name))
}

function redactContext(context: ReadonlyMap<string, string>, text: TextRedactor): ReadonlyMap<string, string> {
  let clean: Map<string, string> | null = null
  for (const [key, value] of context) {
    const redacted = text.redactValue(key, value)
    if (redacted === value) continue
    clean ??= new Map(context)
    clean.set(key, redacted)
  }
  return clean ?? context
}

function sameOrNew<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  const changed = list.map(change)
  return changed.every((item, i) => item === list[i]) ? list : changed
}

function throwableRedactor(text: EventText): (throwable: LoggedThrowable) => LoggedThrowable {
  const cleanOfShared = new WeakMap<LoggedThrowable, LoggedThrowable>()
  return (throwable) => {
    if (!isShared(throwable)) return withoutSecrets(throwable, text)
    const known = cleanOfShared.get(throwable)
    if (known !== undefined) return known
    const clean = withoutSecrets(throwable, text)
    share(clean)
    cleanOfShared.set(throwable, clean)
    return clean
  }
}

function withoutSecrets(throwable: LoggedThrowable, text: EventText): LoggedThrowable {
  if (throwable.form === 'chain') {
    const chain = redactChain(throwable.chain, text, 0)
    return chain === throwable.chain ? throwable : { form: 'chain', chain }
  }
  const type = throwable.type === null ? null : redactTypeName(throwable.type, text)
  const message = throwable.message === null ? null : text.redact(throwable.message)
  const trace = redactTrace(throwable, { type, message }, text)
  return trace === throwable.text && message === throwable.message && type === throwable.type
    ? throwable
    : { ...throwable, type, message, text: trace }
}

/** A trace that begins with type and message still does afterwards: its parser skips as many characters. */
function redactTrace(
  { type, message, text }: PrintedThrowable,
  clean: Pick<PrintedThrowable, 'type' | 'message'>,
  { redact: redactText }: TextRedactor,
): string {
  const whole = redactText(text)
  const head = `${type ?? ''}: ${message ?? ''}`
  if (clean.type === null || clean.message === null || !text.startsWith(head)) return whole
  if (whole === text && clean.type === type && clean.message === message) return text
  return `${clean.type}: ${clean.message}${redactText(text.slice(head.length))}`
}

function redactChain(throwable: Throwable, text: EventText, depth: number): Throwable {
  if (depth > MAX_DEPTH) return throwable
  const type = redactTypeName(throwable.type, text)
  const message = throwable.message === null ? null : text.redact(throwable.message)
  const frames = text.redactByRules === null ? throwable.frames : redactFrames(throwable.frames, text.redactByRules)
  const cause = throwable.cause === null ? null : redactChain(throwable.cause, text, depth + 1)
  const suppressed = sameOrNew(throwable.suppressed, (item) => redactChain(item, text, depth + 1))
  const isSame =
    type === throwable.type &&
    message === throwable.message &&
    frames === throwable.frames &&
    cause === throwable.cause &&
    suppressed === throwable.suppressed
  return isSame ? throwable : { ...throwable, type, message, frames, cause, suppressed }
}

function redactTypeName(type: string, { redactByRules }: EventText): string {
  return redactByRules === null ? type : redactByRules(type)
}

function redactFrames(frames: readonly Frame[], byRules: (text: string) => string): readonly Frame[] {
  return sameOrNew(frames, (frame) => {
    const className = byRules(frame.className)
    const method = byRules(frame.method)
    const file = frame.file === null ? null : byRules(frame.file)
    return className === frame.className && method === frame.method && file === frame.file ? frame : { ...frame, className, method, file }
  })
}
