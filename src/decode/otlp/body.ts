/**
 * A collector that reads files puts each line into a log record's body as it is, and knows nothing of it but when it read it. In: the event of such a
 * log record, and what its body is as a record of its own. Out: that record's event, with what the collector knows where it says nothing. Pure.
 */
import type { Limits } from '../limits.ts'
import type { ErrorEvent, Outcome } from '../../event.ts'
import { withContext } from '../context.ts'
import type { Log } from './logs.ts'

export function withBody(
  outer: ErrorEvent,
  log: Log,
  limits: Limits,
  decodeBody: (body: unknown) => readonly Outcome<ErrorEvent>[],
): ErrorEvent {
  if (log.hasException) return outer
  const [found, ...more] = decodeBody(log.body)
  if (found?.kind !== 'ok' || more.length > 0) return outer
  const inner = found.value
  // Any object with a level and a message could be the message of one who logs JSON; where the severity is known, it is.
  return log.hasSeverity && inner.layout === 'generic-json' ? outer : joined(inner, outer, limits)
}

function joined(inner: ErrorEvent, outer: ErrorEvent, limits: Limits): ErrorEvent {
  return {
    ...inner,
    layout: outer.layout,
    timeMs: inner.timeMs ?? outer.timeMs,
    logger: inner.logger ?? outer.logger,
    thread: inner.thread ?? outer.thread,
    host: inner.host ?? outer.host,
    serviceName: inner.serviceName ?? outer.serviceName,
    serviceVersion: inner.serviceVersion ?? outer.serviceVersion,
    environment: inner.environment ?? outer.environment,
    throwable: inner.throwable ?? outer.throwable,
    truncated: inner.truncated || outer.truncated,
    context: withContext(inner.context, [Object.fromEntries(outer.context)], limits),
  }
}
