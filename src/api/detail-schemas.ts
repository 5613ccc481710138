/** What is asked and answered about the events of one error, as schemas.ts has it for the rest. */
import { z } from 'zod'
import { MAX_PLACES } from '../store/detail-reader.ts'
import { flag, limit, number, numberOrNull, orNull, text, texts, time, timeOrNull } from './schema-parts.ts'
import { groupAnswer, groupQuery } from './schemas.ts'

/** An event may be as large as a record: twenty of them are some megabytes at worst. */
const MAX_DOCUMENTS = 20
const DOCUMENTS = 5

export const errorEventsQuery = groupQuery.extend({ limit: limit(DOCUMENTS, MAX_DOCUMENTS) })

const list = (description: string, examples: string[]) => z.array(z.string()).meta({ description, examples: [examples] })

export const fullEvent = z
  .object({
    time: timeOrNull('When it was logged, by its own clock; null where it does not say, or no calendar has it.'),
    level: text('Log level.', 'ERROR'),
    logger: orNull('Logger that wrote it.', 'com.acme.Orders'),
    thread: orNull('Thread that it was logged in.', 'Source: orders -> Map (3/8)#0'),
    host: orNull('Host that it ran on.', 'worker-7'),
    service: orNull('Service, as the event names it.', 'orders'),
    service_version: orNull("The service's version.", '1.4.2'),
    environment: orNull('Environment.', 'prod'),
    operator: orNull("Flink operator, as the thread's name says.", 'Map'),
    subtask: numberOrNull('Its subtask, from 1.', 3),
    message: text('The message, whole.', 'could not load order 17'),
    message_template: orNull('The message before its parameters were filled in.', 'could not load order {}'),
    exception_message: orNull("The outermost exception's own message.", 'Connection refused: db-3/10.0.0.3:5432'),
    stack_trace: orNull(
      'The chain of exceptions as Java prints it.',
      'java.net.ConnectException: Connection refused\n\tat com.acme.Orders.load(Orders.java:41)',
    ),
    own_lines: z.array(z.number().int()).meta({
      description: "Lines of the stack trace, from 0, that are frames of the job's own code: no library's, not the platform's.",
      examples: [[1]],
    }),
    context: texts('Context (MDC), and what else the record held.', { tenant: 'acme' }),
    tags: list('Tags and markers.', ['slow']),
    layout: text('Layout by which it was read.', 'log4j2-json'),
    envelopes: list('What was taken off before, outermost first.', ['filebeat']),
    truncated: flag('True where the record or its trace was cut, so that its end may be missing.'),
  })
  .meta({ id: 'FullEvent', description: 'One event, as redacted before it was stored.' })

export const errorDocument = z
  .object({
    id: text('Id of the document; in Elasticsearch, its `_id`.', '3f2b8c0d9e1a47566b7c8d9e0f1a2b3c'),
    job: text('Job that it is of.', 'orders-enrichment'),
    fingerprint: text('Key of the error in it.', 'v1:0123456789abcdef'),
    minute: time('The minute that it is of.'),
    title: text('Root cause and its message without the volatile parts.', 'ConnectException: Connection refused: <*>'),
    culprit: orNull('The frame that decided: `Class.method:line`.', 'com.acme.Orders.load:41'),
    count: number('How many equal events it stands for.', 4_211),
    first_seen: time('First of them.'),
    last_seen: time('Last of them.'),
    hosts: list('Hosts that they were on, as many as the document keeps.', ['worker-7']),
    places: z
      .array(
        z.object({
          contributor: text('cluster/topic/incarnation/partition.', 'kafka/error-logs/0/3'),
          block: number('Offset at which the newest block with events of it begins.', 482_000),
          count: number("How many of the block's events are in it.", 17),
        }),
      )
      .meta({ description: `Where they were read; at most ${MAX_PLACES}.` }),
    event: fullEvent
      .nullable()
      .meta({ description: 'One of them whole; null where none was kept, which a lost document that came back has not.' }),
  })
  .meta({ id: 'ErrorDocument', description: 'All events of one error in one job and minute.' })

export const errorEventsAnswer = groupAnswer.omit({ exception: true }).extend({
  documents: z.array(errorDocument).meta({ description: 'The newest minute first; none where detail is not kept for so long.' }),
})
