/** The events behind one error: what the detail store is asked, and what of its documents comes out. */
import { expect, it } from 'vitest'
import { errorEventsAnswer } from '../../../src/api/detail-schemas.ts'
import { problemAnswer } from '../../../src/api/schemas.ts'
import { TracefoldError } from '../../../src/errors.ts'
import type { DetailReader, ErrorDocument, ErrorQuery, FullEvent } from '../../../src/store/detail-reader.ts'
import { apiWith, fakeReader, NOW } from './fakes.ts'

const MINUTE = 60_000
const FLOOR = Date.parse('2026-03-01T12:00:00Z')
const OF_JOB = `/api/v1/jobs/${encodeURIComponent('orders/v2')}/exceptions/groups/v1:a/events`

const TRACE = [
  'java.lang.RuntimeException: order 17',
  '\tat java.base/java.util.Objects.requireNonNull(Objects.java:209)',
  '\tat com.acme.Orders$Repo.load(Orders.java:41)',
  '\tat org.apache.flink.streaming.runtime.tasks.StreamTask.invoke(StreamTask.java:7)',
  'Caused by: java.io.IOException: disk',
  '\tat com.acme.Disk.read(Disk.java:9)',
  '\t... 12 more',
].join('\n')

function anEvent(over: Partial<FullEvent> = {}): FullEvent {
  return {
    timeMs: FLOOR + 17,
    level: 'ERROR',
    logger: 'com.acme.Orders',
    thread: 'Map (3/8)#0',
    host: 'worker-7',
    message: 'could not load order 17',
    messageTemplate: 'could not load order {}',
    exceptionMessage: 'order 17',
    stackTrace: TRACE,
    context: new Map([['tenant', 'acme']]),
    tags: ['slow'],
    serviceName: 'orders',
    serviceVersion: '1.4.2',
    environment: 'prod',
    operator: 'Map',
    subtask: 3,
    layout: 'log4j2-json',
    envelopes: ['filebeat'],
    truncated: false,
    ...over,
  }
}

function aDocument(over: Partial<ErrorDocument> = {}): ErrorDocument {
  return {
    id: '0a1b',
    job: 'orders/v2',
    fingerprint: 'v1:a',
    windowMs: FLOOR,
    title: 'IOException: disk',
    culprit: 'com.acme.Disk.read:9',
    count: 4_211,
    firstMs: FLOOR + 17,
    lastMs: FLOOR + 900,
    hosts: ['worker-7'],
    places: [{ contributor: 'kafka/logs/0/3', block: 2_000, n: 17 }],
    event: anEvent(),
    ...over,
  }
}

function fakeDetails(...documents: ErrorDocument[]): DetailReader & { asked: ErrorQuery[] } {
  const asked: ErrorQuery[] = []
  return { asked, errors: async (query) => (asked.push(query), documents) }
}

it('gives each document with its event whole, times in ISO, and the lines that are own code', async () => {
  const app = await apiWith({ details: fakeDetails(aDocument()), isOwn: (className) => className.startsWith('com.acme.') })
  expect(errorEventsAnswer.parse((await app.inject(`${OF_JOB}?from=-1h`)).json())).toEqual({
    job: 'orders/v2',
    from: '2026-03-01T11:00:00.000Z',
    to: '2026-03-01T12:01:00.000Z',
    documents: [
      {
        id: '0a1b',
        job: 'orders/v2',
        fingerprint: 'v1:a',
        minute: '2026-03-01T12:00:00.000Z',
        title: 'IOException: disk',
        culprit: 'com.acme.Disk.read:9',
        count: 4_211,
        first_seen: '2026-03-01T12:00:00.017Z',
        last_seen: '2026-03-01T12:00:00.900Z',
        hosts: ['worker-7'],
        places: [{ contributor: 'kafka/logs/0/3', block: 2_000, count: 17 }],
        event: {
          time: '2026-03-01T12:00:00.017Z',
          level: 'ERROR',
          logger: 'com.acme.Orders',
          thread: 'Map (3/8)#0',
          host: 'worker-7',
          service: 'orders',
          service_version: '1.4.2',
          environment: 'prod',
          operator: 'Map',
          subtask: 3,
          message: 'could not load order 17',
          message_template: 'could not load order {}',
          exception_message: 'order 17',
          stack_trace: TRACE,
          own_lines: [2, 5],
          context: { tenant: 'acme' },
          tags: ['slow'],
          layout: 'log4j2-json',
          envelopes: ['filebeat'],
          truncated: false,
        },
      },
    ],
  })
})

it('asks for a few documents of the range, of one job or of all', async () => {
  const details = fakeDetails()
  const app = await apiWith({ details })
  await app.inject(`${OF_JOB}?from=-1h&limit=1`)
  await app.inject('/api/v1/exceptions/groups/v1:a/events')
  expect(details.asked).toEqual([
    { fromMs: FLOOR - 60 * MINUTE, toMs: FLOOR + MINUTE, job: 'orders/v2', fingerprint: 'v1:a', limit: 1 },
    { fromMs: FLOOR - 24 * 60 * MINUTE, toMs: FLOOR + MINUTE, job: null, fingerprint: 'v1:a', limit: 5 },
  ])
  expect((await app.inject(`${OF_JOB}?limit=21`)).statusCode).toBe(400)
})

it('an error without documents in the range is no problem: counts are kept for longer than detail', async () => {
  const response = await (await apiWith({ details: fakeDetails() })).inject(OF_JOB)
  expect([response.statusCode, response.json()]).toEqual([200, expect.objectContaining({ documents: [] })])
})

it('a document without an event says so', async () => {
  const app = await apiWith({ details: fakeDetails(aDocument({ event: null })) })
  expect(errorEventsAnswer.parse((await app.inject(OF_JOB)).json()).documents).toMatchObject([{ count: 4_211, event: null }])
})

it.each([null, 1e300, Date.parse('+058000-01-01T00:00:00Z'), Date.parse('-000100-01-01T00:00:00Z')])(
  'a clock that says %s does not stand in the way of the rest',
  async (timeMs) => {
    const app = await apiWith({ details: fakeDetails(aDocument({ event: anEvent({ timeMs, stackTrace: null }) })) })
    expect(errorEventsAnswer.parse((await app.inject(OF_JOB)).json()).documents[0]?.event).toMatchObject({ time: null, own_lines: [] })
  },
)

it('the store that is away is a 503 of its own: the counts are still there', async () => {
  const details: DetailReader = {
    errors: async () => {
      throw new TracefoldError('not_available', 'Elasticsearch does not answer as expected: connect ECONNREFUSED')
    },
  }
  const app = await apiWith({ details, reader: fakeReader({ jobs: [] }), now: () => NOW })
  const response = await app.inject(OF_JOB)
  expect([response.statusCode, problemAnswer.parse(response.json())]).toEqual([
    503,
    expect.objectContaining({ code: 'not_available', detail: expect.stringContaining('Elasticsearch') }),
  ])
  expect((await app.inject('/api/v1/jobs')).statusCode).toBe(200)
})

it('a process without a detail store says so', async () => {
  expect((await (await apiWith()).inject(OF_JOB)).json()).toMatchObject({ code: 'not_here' })
})
