/**
 * The event in the letter of a document that was refused: the letter's body is that event as JSON (detail/refusal.ts), cut where it was too large.
 * What was cut off is missing; what is left is an event all the same. Pure; null where nothing is left.
 */
import { z } from 'zod'
import { readJson } from '../decode/json-records.ts'
import { LEVELS, type Envelope, type ErrorEvent, type Layout, type LoggedThrowable, type Throwable } from '../event.ts'
import type { DeadLetter } from '../store/dead-letter.ts'

const textOrNull = z.string().nullable().catch(null)
const frame = z.object({ className: z.string(), method: z.string(), file: z.string().nullable(), line: z.number().nullable() })
const throwable: z.ZodType<Throwable> = z.lazy(() =>
  z.object({
    type: z.string(),
    message: z.string().nullable(),
    frames: z.array(frame),
    cause: throwable.nullable(),
    suppressed: z.array(throwable),
  }),
)
const logged: z.ZodType<LoggedThrowable> = z.discriminatedUnion('form', [
  z.object({ form: z.literal('text'), type: textOrNull, message: textOrNull, text: z.string() }),
  z.object({ form: z.literal('chain'), chain: throwable }),
])

const eventSchema = z.object({
  layout: z.string(),
  envelopes: z.array(z.string()).catch([]),
  timeMs: z.number().nullable().catch(null),
  level: z.enum(LEVELS).catch('ERROR'),
  logger: textOrNull,
  thread: textOrNull,
  message: z.string().catch(''),
  messageTemplate: textOrNull,
  host: textOrNull,
  serviceName: textOrNull,
  serviceVersion: textOrNull,
  environment: textOrNull,
  context: z.record(z.string(), z.string()).catch({}),
  tags: z.array(z.string()).catch([]),
  throwable: logged.nullable().catch(null),
  truncated: z.boolean().catch(false),
  isTraceWhole: z.literal(true).optional().catch(undefined),
})

export function eventOfLetter({ body, bodyTruncated }: Pick<DeadLetter, 'body' | 'bodyTruncated'>): ErrorEvent | null {
  const [first] = readJson(body.toString(), 1)
  const parsed = first?.kind === 'value' ? eventSchema.safeParse(first.value) : null
  if (parsed?.success !== true) return null
  const { layout, envelopes, context, truncated, isTraceWhole, ...rest } = parsed.data
  return {
    ...rest,
    layout: layout as Layout, // as the decoder wrote it
    envelopes: envelopes as Envelope[],
    context: new Map(Object.entries(context)),
    truncated: truncated || bodyTruncated,
    ...(isTraceWhole === true ? { isTraceWhole } : {}),
  }
}
