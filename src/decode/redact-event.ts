/**
 * An event -> the event without secrets: message, template, context, tags and throwable. The same object where nothing had to change, so
 * that a clean event costs no copy. Pure.
 */
import type { ErrorEvent, LoggedThrowable, Throwable } from '../event.ts'
import { redact, redactValue } from './redact.ts'
import { isShared, share } from './shared-throwable.ts'

/** Decoding nests suppressed exceptions in suppressed ones only so far; a bound all the same. */
const MAX_DEPTH = 250

export function redactEvent(event: ErrorEvent): ErrorEvent {
  const message = redact(event.message)
  const messageTemplate = event.messageTemplate === null ? null : redact(event.messageTemplate)
  const context = redactContext(event.context)
  const tags = redactTags(event.tags)
  const throwable = event.throwable === null ? null : redactThrowable(event.throwable)
  const same =
    message === event.message && messageTemplate === event.messageTemplate && context === event.context && tags === event.tags && throwable === event.throwable
  return same ? event : { ...event, message, messageTemplate, context, tags, throwable }
}

function redactContext(context: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  let clean: Map<string, string> | null = null
  for (const [key, value] of context) {
    const redacted = redactValue(key, value)
    if (redacted === value) continue
    clean ??= new Map(context)
    clean.set(key, redacted)
  }
  return clean ?? context
}

function redactTags(tags: readonly string[]): readonly string[] {
  const clean = tags.map(redact)
  return clean.every((tag, i) => tag === tags[i]) ? tags : clean
}

const cleanOfShared = new WeakMap<LoggedThrowable, LoggedThrowable>()

function redactThrowable(throwable: LoggedThrowable): LoggedThrowable {
  if (!isShared(throwable)) return withoutSecrets(throwable)
  const known = cleanOfShared.get(throwable)
  if (known !== undefined) return known
  const clean = withoutSecrets(throwable)
  share(clean)
  cleanOfShared.set(throwable, clean)
  return clean
}

function withoutSecrets(throwable: LoggedThrowable): LoggedThrowable {
  if (throwable.form === 'chain') {
    const chain = redactChain(throwable.chain, 0)
    return chain === throwable.chain ? throwable : { form: 'chain', chain }
  }
  const message = throwable.message === null ? null : redact(throwable.message)
  const text = redactTrace(throwable.text, throwable.type, throwable.message, message)
  return text === throwable.text && message === throwable.message ? throwable : { ...throwable, message, text }
}

/** A trace that begins with type and message still does afterwards: its parser skips as many characters. */
function redactTrace(text: string, type: string | null, message: string | null, redacted: string | null): string {
  const head = `${type ?? ''}: ${message ?? ''}`
  if (type === null || message === null || redacted === null || !text.startsWith(head)) return redact(text)
  const tail = text.slice(head.length)
  const cleanTail = redact(tail)
  return redacted === message && cleanTail === tail ? text : `${type}: ${redacted}${cleanTail}`
}

function redactChain(throwable: Throwable, depth: number): Throwable {
  const message = throwable.message === null ? null : redact(throwable.message)
  const cause = throwable.cause === null || depth > MAX_DEPTH ? throwable.cause : redactChain(throwable.cause, depth + 1)
  const suppressed = throwable.suppressed.map((item) => (depth > MAX_DEPTH ? item : redactChain(item, depth + 1)))
  const same = message === throwable.message && cause === throwable.cause && suppressed.every((item, i) => item === throwable.suppressed[i])
  return same ? throwable : { ...throwable, message, cause, suppressed }
}
