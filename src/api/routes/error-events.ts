/** The events behind one error, of one job or of all: its newest documents, each with one event whole. Reads details; changes nothing. */
import type { z } from 'zod'
import { parseFrame } from '../../decode/frame-line.ts'
import type { ErrorDocument, FullEvent } from '../../store/detail-reader.ts'
import type { ApiDeps, ZodApp } from '../deps.ts'
import { errorEventsAnswer, errorEventsQuery, type errorDocument, type fullEvent } from '../detail-schemas.ts'
import { ProblemError } from '../problems.ts'
import { iso, rangeOf } from '../range.ts'
import { groupParams, jobGroupParams, problems } from '../schemas.ts'

const EVENTS = {
  tags: ['exceptions'],
  description: 'The newest documents of the detail store, each with one event whole: message, stack trace, context, where it ran.',
  querystring: errorEventsQuery,
  response: { 200: errorEventsAnswer, ...problems },
}

export function errorEventRoutes(app: ZodApp, deps: ApiDeps): void {
  app.get(
    '/exceptions/groups/:fingerprint/events',
    { schema: { ...EVENTS, summary: 'Events of one error, over all jobs', params: groupParams } },
    ({ params, query }) => events(deps, null, params.fingerprint, query),
  )
  app.get(
    '/jobs/:job/exceptions/groups/:fingerprint/events',
    { schema: { ...EVENTS, summary: 'Events of one error of a job', params: jobGroupParams } },
    ({ params, query }) => events(deps, params.job, params.fingerprint, query),
  )
}

async function events(
  { details, isOwn, now }: ApiDeps,
  job: string | null,
  fingerprint: string,
  query: z.output<typeof errorEventsQuery>,
): Promise<z.output<typeof errorEventsAnswer>> {
  if (details === null) throw new ProblemError('not_here', 'This process has no detail store to read events from.')
  const range = rangeOf(query, now())
  const documents = await details.errors({ ...range, job, fingerprint, limit: query.limit })
  return { job, from: iso(range.fromMs), to: iso(range.toMs), documents: documents.map((document) => rowOf(document, isOwn ?? nobodys)) }
}

const nobodys = (): boolean => false

function rowOf({ windowMs, firstMs, lastMs, hosts, places, event, ...rest }: ErrorDocument, isOwn: IsOwn): z.output<typeof errorDocument> {
  return {
    ...rest,
    minute: iso(windowMs),
    first_seen: iso(firstMs),
    last_seen: iso(lastMs),
    hosts: [...hosts],
    places: places.map(({ contributor, block, n }) => ({ contributor, block, count: n })),
    event: event === null ? null : eventOf(event, isOwn),
  }
}

type IsOwn = NonNullable<ApiDeps['isOwn']>

function eventOf(event: FullEvent, isOwn: IsOwn): z.output<typeof fullEvent> {
  const { level, logger, thread, host, operator, subtask, message, layout, truncated } = event
  return {
    time: timeOf(event.timeMs),
    level,
    logger,
    thread,
    host,
    service: event.serviceName,
    service_version: event.serviceVersion,
    environment: event.environment,
    operator,
    subtask,
    message,
    message_template: event.messageTemplate,
    exception_message: event.exceptionMessage,
    stack_trace: event.stackTrace,
    own_lines: ownLines(event.stackTrace ?? '', isOwn),
    context: Object.fromEntries(event.context),
    tags: [...event.tags],
    layout,
    envelopes: [...event.envelopes],
    truncated,
  }
}

/** A clock may say the year 58,000, or a number that is no time at all. */
function timeOf(timeMs: number | null): string | null {
  const time = new Date(timeMs ?? Number.NaN)
  if (Number.isNaN(time.getTime())) return null
  const text = time.toISOString()
  return /^\d{4}-/.test(text) ? text : null
}

function ownLines(trace: string, isOwn: IsOwn): number[] {
  return trace.split('\n').flatMap((line, at) => {
    const frame = parseFrame(line)
    return frame !== null && isOwn(frame.className) ? [at] : []
  })
}
