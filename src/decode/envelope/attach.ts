/**
 * An event from within an envelope -> the event with what is written on the envelope: host, time and context where the event says nothing
 * itself. The event's own keys always stay, and come first where the context is full. Pure.
 */
import type { Limits } from '../limits.ts'
import { withContext } from '../context.ts'
import type { Envelope, ErrorEvent } from '../../event.ts'
import { readTags } from '../finish.ts'
import { nameOf } from '../value.ts'
import type { Around } from './wrapped.ts'

export function attach(event: ErrorEvent, envelope: Envelope, around: Around, limits: Limits): ErrorEvent {
  const host = nameOf(around.host)
  const isOther = event.host !== null && host !== null && host !== event.host
  const context = isOther ? [...around.context, { 'envelope.host': host }] : around.context
  return {
    ...event,
    envelopes: [envelope, ...event.envelopes],
    timeMs: event.timeMs ?? around.timeMs,
    host: event.host ?? host,
    context: withContext(event.context, context, limits),
    tags: [...new Set(readTags([...event.tags, around.tags]))],
  }
}
