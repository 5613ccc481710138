import { describe, expect, it } from 'vitest'
import { createDecoder } from '../../../src/decode/decode.ts'
import type { ErrorEvent, Outcome } from '../../../src/event.ts'
import { decode, limits, sample } from './samples.ts'

const FIRST = {
  timeMs: Date.parse('2026-11-21T07:47:27.023Z'),
  level: 'ERROR',
  logger: 'com.example.orders.OrderJob',
  thread: 'Source: orders -> Map (3/16)#0',
  message: 'Order 42 failed after 1234 ms',
  host: 'node-7',
  serviceName: 'orders',
  serviceVersion: '1.2.3',
  environment: 'prod',
  envelopes: [],
  truncated: false,
  throwable: { form: 'text', type: 'java.lang.RuntimeException', message: 'order job failed for id=42' },
}
const CONTEXT = {
  'flink-job-id': '8f2c1d0e9b7a46f5a3c2b1d0e9f8a7b6',
  retries: '3',
  ratio: '0.5',
  final: 'false',
  hosts: '["a","b"]',
  'order.id': '42',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  span_id: '00f067aa0ba902b7',
  'event.name': 'order.failed',
  'k8s.pod.name': 'orders-1',
  'telemetry.sdk.language': 'java',
}

/** The protobuf samples were written by the generated code of opentelemetry-proto. */
describe.each([
  ['logs.json', 'otlp-json'],
  ['logs-snake-case.json', 'otlp-json'],
  ['logs.binpb', 'otlp-protobuf'],
] as const)('%s', (file, layout) => {
  const events = eventsOf(decode(sample(`otlp/${file}`)))

  it('gives an event for each log record, in order', () => {
    expect(events.map((event) => [event.layout, event.level, event.message, event.timeMs])).toEqual([
      [layout, 'ERROR', 'Order 42 failed after 1234 ms', FIRST.timeMs],
      [layout, 'WARN', 'slow', Date.parse('2026-11-21T07:47:28Z')],
      [layout, 'INFO', 'not an error: must be filtered', Date.parse('2026-11-21T07:47:28.5Z')],
      [layout, 'FATAL', 'gone', Date.parse('2026-11-21T07:47:29Z')],
    ])
  })

  it('reads all that a log record, its scope and its resource say', () => {
    expect(events[0]).toMatchObject(FIRST)
    expect(Object.fromEntries(events[0]?.context ?? [])).toEqual(CONTEXT)
  })

  it('takes the logger from an attribute where the scope has no name, and no service from an SDK that was given none', () => {
    expect(events[3]).toMatchObject({ logger: 'com.example.Late', serviceName: null, host: null })
  })
})

describe('a log record', () => {
  const read = (record: object, resource: object = {}) => decode(json(record, resource))[0]
  const level = (record: object) => {
    const outcome = read(record)
    return outcome?.kind === 'ok' ? outcome.value.level : outcome?.kind
  }

  it('shows a body of bytes as the text it is', () => {
    const body = (bytesValue: string) => read({ severityNumber: 17, body: { bytesValue } })
    expect(body(Buffer.from('could not place order').toString('base64'))).toMatchObject({ value: { message: 'could not place order' } })
    expect(body('/wA=')).toMatchObject({ value: { message: '/wA=' } })
  })

  it("has its level from the severity's number, else from its text", () => {
    const numbers = Array.from({ length: 24 }, (_, i) => level({ severityNumber: i + 1, body: { stringValue: 'm' } }))
    expect(numbers).toEqual(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => Array(4).fill(name)))
    expect(level({ severityNumber: '17', body: { stringValue: 'm' } })).toBe('ERROR')
    expect(level({ severityNumber: 'SEVERITY_NUMBER_FATAL2', body: { stringValue: 'm' } })).toBe('FATAL')
    expect(level({ severityNumber: 0, severityText: 'Error', body: { stringValue: 'm' } })).toBe('ERROR')
    const short = ['ERROR3', 'FATAL2', 'warn4', 'Trace2', 'DEBUG4', 'INFO2']
    expect(short.map((severityText) => level({ severityText, body: { stringValue: 'm' } }))).toEqual([
      'ERROR',
      'FATAL',
      'WARN',
      'TRACE',
      'DEBUG',
      'INFO',
    ])
    expect(level({ body: { stringValue: 'm' } })).toBe('INFO')
    expect(level({ attributes: [{ key: 'exception.type', value: { stringValue: 'a.B' } }] })).toBe('ERROR')
  })

  it.each([
    ['1785578400122999999', 1_785_578_400_122],
    ['1785578400123000000', 1_785_578_400_123],
    [1_785_578_400_123_000_000, 1_785_578_400_123],
    ['0', null],
    [0, null],
    ['', null],
    ['-5', null],
    [NaN, null],
    [1e300, null],
    ['9'.repeat(20), 99_999_999_999_999],
    [{}, null],
  ])('has its time from nanoseconds: %j', (timeUnixNano, timeMs) => {
    expect(read({ timeUnixNano, severityNumber: 17, body: { stringValue: 'm' } })).toMatchObject({ kind: 'ok', value: { timeMs } })
  })

  it('has the time when it was observed where it has none of its own', () => {
    expect(read({ timeUnixNano: '0', observedTimeUnixNano: '1785578400123000000', body: { stringValue: 'm' } })).toMatchObject({
      value: { timeMs: 1_785_578_400_123 },
    })
  })

  it('has its context keys under their own names, whatever agent sent them', () => {
    const keys = ['log4j.context_data.a', 'logback.mdc.b', 'log4j.mdc.c', 'jboss-logmanager.mdc.d', 'logback.mdc.', 'e']
    const attributes = keys.map((key) => ({ key, value: { stringValue: 'v' } }))
    const outcome = read({ severityNumber: 17, body: { stringValue: 'm' }, attributes })
    expect(outcome?.kind === 'ok' ? [...outcome.value.context.keys()] : outcome).toEqual(['a', 'b', 'c', 'd', 'logback.mdc.', 'e'])
  })

  it('that says nothing is a dead letter in its place', () => {
    const outcomes = decode(
      Buffer.from(
        JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{}, { severityNumber: 17, body: { stringValue: 'm' } }] }] }] }),
      ),
    )
    expect(outcomes).toMatchObject([{ kind: 'dead', reason: 'unknown_layout' }, { kind: 'ok' }])
  })

  it('shows a structured body whole where it has no message', () => {
    const body = {
      kvlistValue: {
        values: [
          { key: 'code', value: { intValue: '7' } },
          { key: 'tags', value: { arrayValue: { values: [{ stringValue: 'a' }] } } },
        ],
      },
    }
    expect(read({ severityNumber: 17, body })).toMatchObject({ value: { message: '{"code":"7","tags":["a"]}' } })
  })

  it('is read in the shape that was in use until 2022', () => {
    const old = {
      resource_logs: [
        {
          instrumentation_library_logs: [
            { instrumentation_library: { name: 'a.B' }, log_records: [{ severity_number: 17, body: { string_value: 'm' } }] },
          ],
        },
      ],
    }
    expect(eventsOf(decode(Buffer.from(JSON.stringify(old))))).toMatchObject([{ logger: 'a.B', message: 'm' }])
  })

  it('of nested values thousands deep costs nothing', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(3_000)}{"stringValue":"x"}${']}}'.repeat(3_000)}`
    expect(decode(Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":17,"body":${deep}}]}]}]}`))).toMatchObject([
      { kind: 'ok', value: { level: 'ERROR' } },
    ])
  })

  it('pollutes no prototype', () => {
    const event = read({
      severityNumber: 17,
      body: { stringValue: 'm' },
      attributes: [{ key: '__proto__', value: { kvlistValue: { values: [{ key: 'x', value: { stringValue: '1' } }] } } }],
    })
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    expect(event).toMatchObject({ kind: 'ok', value: { context: new Map([['__proto__.x', '1']]) } })
  })
})

describe.each(['logs-of-a-file.json', 'logs-of-a-file.binpb'])('lines that a collector read from a file: %s', (file) => {
  const events = eventsOf(decode(sample(`otlp/${file}`)))

  it('are read as the records that they are, with what the collector knows', () => {
    expect(events).toHaveLength(3)
    for (const event of events) {
      expect(event).toMatchObject({
        level: 'ERROR',
        logger: 'com.example.orders.OrderJob',
        message: 'Order 42 failed after 1234 ms',
        timeMs: FIRST.timeMs,
        host: 'node-7',
        serviceName: 'orders',
      })
      expect(event.throwable).not.toBeNull()
      expect(event.context.get('log.file.name')).toBe('app.log')
    }
  })
})

describe('a body that looks like a record', () => {
  it('is the message where the severity is known and no layout is', () => {
    const stringValue = '{"level":"INFO","message":"inner"}'
    expect(decode(json({ severityNumber: 17, body: { stringValue } }))).toMatchObject([{ value: { level: 'ERROR', message: stringValue } }])
    expect(decode(json({ body: { stringValue } }))).toMatchObject([{ value: { level: 'INFO', message: 'inner' } }])
  })

  it('is read where it is a map in a known layout', () => {
    const pairs = { 'ecs.version': '1.2.0', 'log.level': 'FATAL', message: 'inner' }
    const body = { kvlistValue: { values: Object.entries(pairs).map(([key, stringValue]) => ({ key, value: { stringValue } })) } }
    expect(decode(json({ severityNumber: 17, body }))).toMatchObject([{ value: { level: 'FATAL', message: 'inner', layout: 'otlp-json' } }])
  })
})

describe('a request', () => {
  const whole = sample('otlp/logs.binpb')

  it('in an envelope is one too', () => {
    const outcomes = decode(
      Buffer.from(JSON.stringify({ specversion: '1.0', type: 't', source: 's', data_base64: whole.toString('base64') })),
    )
    expect(eventsOf(outcomes).map(({ layout, envelopes }) => [layout, envelopes])).toEqual(
      Array.from({ length: 4 }, () => ['otlp-protobuf', ['cloudevents']]),
    )
  })

  it.each(['traces.binpb', 'metrics.binpb'])('of another signal is none: %s', (file) => {
    expect(decode(sample(`otlp/${file}`))).toMatchObject([{ kind: 'dead', reason: expect.stringMatching(/^not_/) }])
  })

  it('is not what a text looks like by chance: a resource that has an attribute without a value', () => {
    const text = `\n&\n$\n"\n ${'2026-08-01 ERROR a.B - boom at x'.padEnd(32)}`
    expect(text.length).toBe(0x26 + 2)
    expect(decode(Buffer.from(text))).toMatchObject([
      { kind: 'dead', reason: 'not_json', detail: expect.stringContaining('Neither JSON nor text') },
    ])
  })

  it('without log records is a dead letter', () => {
    expect(decode(Buffer.from('{"resourceLogs":[]}'))).toMatchObject([{ kind: 'dead', reason: 'empty' }])
    expect(decode(Buffer.from([0x0a, 2, 0x12, 0]))).toMatchObject([{ kind: 'dead', reason: 'empty' }])
  })

  it('holds no more events than a record may', () => {
    const small = createDecoder({ ...limits, maxEventsPerRecord: 2 })
    for (const file of ['logs.json', 'logs.binpb']) {
      expect(small(sample(`otlp/${file}`))).toMatchObject([{ kind: 'ok' }, { kind: 'ok' }, { kind: 'dead', reason: 'too_large' }])
    }
  })

  it('of more fields than fit into memory is a dead letter', () => {
    const records = Buffer.alloc(2_400_000, Buffer.from([0x12, 0])) // 1,200,000 empty log records
    const nest = (tag: number, inner: Buffer) => Buffer.concat([Buffer.from([tag]), varint(inner.length), inner])
    expect(decode(nest(0x0a, nest(0x12, records)))).toMatchObject([{ kind: 'dead', reason: 'too_large' }])
  })

  it('that was cut keeps what was whole, and marks the last one', () => {
    const wholeEvents = eventsOf(decode(whole))
    const firstResourceEnd = 3 + (whole[1]! & 0x7f) + (whole[2]! << 7) // cut there, it is a request that holds no more
    const firstRecordEnd = whole.indexOf('not an error')
    for (let end = firstRecordEnd; end < whole.length; end++) {
      const outcomes = decode(whole.subarray(0, end))
      const last = outcomes.at(-1)
      expect(outcomes.slice(0, -1)).toEqual(wholeEvents.slice(0, outcomes.length - 1).map((value) => ({ kind: 'ok', value })))
      expect(last?.kind === 'ok' ? last.value.truncated : last?.kind).toBe(last?.kind === 'ok' ? end !== firstResourceEnd : 'dead')
    }
  })

  it('that was cut anywhere gives at least one outcome', () => {
    const ends = Array.from({ length: whole.length }, (_, end) => end)
    expect(ends.filter((end) => decode(whole.subarray(0, end)).length === 0)).toEqual([])
    expect(ends.filter((end) => decode(whole.subarray(0, end))[0]?.kind === 'ok').length).toBeGreaterThan(whole.length * 0.8)
  })

  it('that was cut within a stack trace keeps the trace up to there', () => {
    const at = whole.indexOf('Caused by: java.lang.IllegalStateException') + 12
    expect(decode(whole.subarray(0, at))).toMatchObject([
      {
        kind: 'ok',
        value: { truncated: true, throwable: { type: 'java.lang.RuntimeException', text: expect.stringMatching(/Caused by: j…$/) } },
      },
    ])
  })

  it('that was cut before its first log record says so', () => {
    expect(decode(whole.subarray(0, whole.indexOf('service.version')))).toEqual([
      { kind: 'dead', reason: 'truncated', detail: 'An OTLP request that was cut before its first log record' },
    ])
  })

  it('as JSON that was cut keeps what was whole, and marks the last one', () => {
    const text = sample('otlp/logs.json')
    const outcomes = decode(text.subarray(0, text.indexOf('not an error') + 5))
    expect(outcomes.map((outcome) => (outcome.kind === 'ok' ? [outcome.value.message, outcome.value.truncated] : outcome.kind))).toEqual([
      ['Order 42 failed after 1234 ms', false],
      ['slow', false],
      ['not a…', true],
    ])
  })
})

function json(record: object, resource: object): Buffer
function json(record: object): Buffer
function json(record: object, resource: object = {}): Buffer {
  return Buffer.from(JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] }))
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) + 0x80)
  return Buffer.from([...bytes, value])
}

function eventsOf(outcomes: readonly Outcome<ErrorEvent>[]): ErrorEvent[] {
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'ok') throw new Error(`not an event: ${JSON.stringify(outcome)}`)
    return outcome.value
  })
}
