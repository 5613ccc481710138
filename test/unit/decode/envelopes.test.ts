import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Envelope, Layout } from '../../../src/event.ts'
import { decode, eventOf, sample, typesOf } from './samples.ts'

const CHAIN = ['java.lang.RuntimeException', 'java.lang.IllegalStateException', 'java.net.ConnectException']
const LOG4J_RUN = Date.parse('2026-11-21T07:47:27.023Z')
const LOGBACK_RUN = Date.parse('2026-11-21T08:27:10.617Z')
const SPRING_RUN = Date.parse('2026-11-21T07:49:32.468Z')
const KUBERNETES = { 'kubernetes.labels.app': 'order-etl' }
const FIELDS = { 'fields.job': 'order-etl', 'fields.env': 'prod' }
const CLOUD = {
  'cloudevents.source': '/jobs/order-etl',
  'cloudevents.type': 'com.example.log.error',
  'cloudevents.subject': 'taskmanager',
  'cloudevents.region': 'eu-1',
}

interface Case {
  readonly envelopes: readonly Envelope[]
  readonly layout: Layout
  readonly timeMs: number
  readonly host: string | null
  readonly context: Readonly<Record<string, string>>
}

/** Inside each is line 1 of a layout's real output: the same error, whoever ships it. */
const CASES: Readonly<Record<string, Case>> = {
  'filebeat-json-in-message': {
    envelopes: ['filebeat'],
    layout: 'log4j2-ecs',
    timeMs: LOG4J_RUN,
    host: 'node-7',
    context: {
      ...FIELDS,
      'kubernetes.labels.app': 'order-etl',
      'kubernetes.pod.name': 'order-etl-tm-1',
      'kubernetes.namespace': 'flink',
      'container.id': 'abc',
      'container.image.name': 'flink:2.1',
      'log.file.path': '/var/log/flink/taskmanager.log',
    },
  },
  'filebeat-fields-under-root': {
    envelopes: ['filebeat'],
    layout: 'log4j2-logstash-v1',
    timeMs: LOG4J_RUN,
    host: 'vm',
    context: { job: 'order-etl', env: 'prod', 'envelope.host': 'node-7', ...KUBERNETES },
  },
  'filebeat-plain-text': {
    envelopes: ['filebeat'],
    layout: 'plain-text',
    timeMs: LOG4J_RUN,
    host: 'node-7',
    context: { ...FIELDS, ...KUBERNETES },
  },
  'filebeat-decoded-at-root': {
    envelopes: ['filebeat'],
    layout: 'ecs-logging',
    timeMs: LOG4J_RUN,
    host: 'node-7',
    context: { ...FIELDS, ...KUBERNETES },
  },
  'filebeat-decoded-nested-keys': {
    envelopes: ['filebeat'],
    layout: 'spring-ecs',
    timeMs: Date.parse('2026-11-21T07:47:29.100Z'),
    host: 'node-7',
    context: { ...FIELDS, ...KUBERNETES },
  },
  'filebeat-target-key': {
    envelopes: ['filebeat'],
    layout: 'log4j2-json',
    timeMs: LOG4J_RUN,
    host: 'node-7',
    context: { ...FIELDS, ...KUBERNETES },
  },
  'filebeat-6': {
    envelopes: ['filebeat'],
    layout: 'logback-logstash',
    timeMs: LOGBACK_RUN,
    host: 'node-7',
    context: { 'fields.job': 'order-etl', 'log.file.path': '/var/log/app.log' },
  },
  'fluent-bit-kubernetes': {
    envelopes: ['fluent-bit'],
    layout: 'log4j2-ecs',
    timeMs: LOG4J_RUN,
    host: 'node-7',
    context: {
      ...KUBERNETES,
      'kubernetes.pod_name': 'order-etl-tm-1',
      'kubernetes.namespace_name': 'flink',
      'kubernetes.container_name': 'taskmanager',
      stream: 'stdout',
    },
  },
  'fluent-bit-tail': { envelopes: ['fluent-bit'], layout: 'log4j2-json', timeMs: LOG4J_RUN, host: null, context: {} },
  'fluent-bit-merged': { envelopes: ['fluent-bit'], layout: 'logback-logstash', timeMs: LOGBACK_RUN, host: 'node-7', context: KUBERNETES },
  'fluent-bit-merge-log-key': {
    envelopes: ['fluent-bit'],
    layout: 'log4j2-logstash-v1',
    timeMs: LOG4J_RUN,
    host: 'vm',
    context: { ...KUBERNETES, 'envelope.host': 'node-7' },
  },
  'fluentd-docker': {
    envelopes: ['fluent-bit'],
    layout: 'plain-text',
    timeMs: LOG4J_RUN,
    host: null,
    context: { container_name: '/orders', container_id: 'abc', tag: 'docker.orders' },
  },
  'kafka-connect-struct': {
    envelopes: ['kafka-connect'],
    layout: 'log4j2-logstash-v1',
    timeMs: LOG4J_RUN,
    host: 'vm',
    context: { 'schema.name': 'com.example.LogEvent' },
  },
  'kafka-connect-string': { envelopes: ['kafka-connect'], layout: 'log4j2-ecs', timeMs: LOG4J_RUN, host: null, context: {} },
  'kafka-connect-bytes': { envelopes: ['kafka-connect'], layout: 'logback-logstash', timeMs: LOGBACK_RUN, host: null, context: {} },
  'cloudevents-object': { envelopes: ['cloudevents'], layout: 'log4j2-ecs', timeMs: LOG4J_RUN, host: null, context: CLOUD },
  'cloudevents-base64': { envelopes: ['cloudevents'], layout: 'log4j2-json', timeMs: LOG4J_RUN, host: null, context: CLOUD },
  'vector-file': {
    envelopes: ['vector'],
    layout: 'logback-logstash',
    timeMs: LOGBACK_RUN,
    host: 'node-7',
    context: { file: '/var/log/app.log' },
  },
  'vector-kubernetes': {
    envelopes: ['vector'],
    layout: 'plain-text',
    timeMs: LOG4J_RUN,
    host: null,
    context: { ...KUBERNETES, 'kubernetes.pod_name': 'order-etl-tm-1' },
  },
  'vector-parsed': {
    envelopes: ['vector'],
    layout: 'log4j2-ecs',
    timeMs: LOG4J_RUN,
    host: 'node-7',
    context: { file: '/var/log/app.log' },
  },
  'vector-syslog': { envelopes: ['vector'], layout: 'spring-ecs', timeMs: SPRING_RUN, host: 'node-7', context: { appname: 'orders' } },
  'vector-of-filebeat-of-connect': {
    envelopes: ['vector', 'filebeat', 'kafka-connect'],
    layout: 'log4j2-ecs',
    timeMs: LOG4J_RUN,
    host: 'node-7',
    context: { ...FIELDS, topic: 'raw-logs', 'envelope.host': 'relay-1' },
  },
}
/** Not one whole event: tested by themselves. */
const OTHERS = ['cloudevents-list', 'fluent-bit-partial']

describe.each(Object.entries(CASES))('%s', (file, expected) => {
  const event = eventOf(sample(`envelopes/${file}.json`))

  it('is taken off, and what is inside is recognised', () => {
    const { envelopes, layout, timeMs, host } = event
    expect({ envelopes, layout, timeMs, host }).toEqual({
      envelopes: expected.envelopes,
      layout: expected.layout,
      timeMs: expected.timeMs,
      host: expected.host,
    })
    expect([event.level, event.logger, event.message, event.truncated]).toEqual([
      'ERROR',
      'com.example.orders.OrderJob',
      'Order 42 failed after 1234 ms',
      false,
    ])
    expect(typesOf(event)).toEqual(CHAIN)
  })

  it("becomes context behind the event's own, and nothing that only the shipper needs", () => {
    expect(Object.fromEntries(event.context)).toMatchObject(expected.context)
    expect(
      [...event.context.keys()].filter(
        (key) =>
          /annotations|agent|@metadata|input|offset|ecs|source_type\.|@timestamp|^time|^log$|^message$|^app\.|log_processed/.test(key) &&
          key !== 'source_type',
      ),
    ).toEqual([])
  })
})

it('every sample of an envelope is in the table', () => {
  const files = readdirSync(new URL('../../data/envelopes', import.meta.url)).map((file) => file.replace('.json', ''))
  expect(files.sort()).toEqual([...Object.keys(CASES), ...OTHERS].sort())
})

const ECS = { '@timestamp': '2026-11-21T07:47:27.023Z', 'ecs.version': '1.2.0', 'log.level': 'ERROR', message: 'm', 'log.logger': 'a.B' }
const TRACE = 'java.lang.X: y\n\tat a.B.c(B.java:1)'
const beat = (more: object) => ({ '@timestamp': '2026-11-21T07:47:29.100Z', '@metadata': { beat: 'filebeat', version: '9.1.0' }, ...more })

describe('what is inside an envelope', () => {
  it('may be several events, each with what is written on it', () => {
    const outcomes = decode(sample('envelopes/cloudevents-list.json'))
    expect(outcomes).toMatchObject([
      { kind: 'ok', value: { layout: 'log4j2-ecs', envelopes: ['cloudevents'] } },
      { kind: 'ok', value: { layout: 'spring-ecs', envelopes: ['cloudevents'] } },
    ])
    for (const outcome of outcomes)
      expect(outcome.kind === 'ok' ? outcome.value.context.get('cloudevents.source') : null).toBe('/jobs/order-etl')
  })

  it.each([
    ['fluent-bit', { '@timestamp': '2026-11-21T07:47:29Z', log: { level: 'ERROR', message: 'm', loggerFqcn: 'f' }, time: 't' }],
    [
      'fluent-bit',
      { '@timestamp': 1_795_247_249.1, log: { level: 'ERROR', message: 'm', loggerFqcn: 'f' }, kubernetes: { pod_name: 'p' } },
    ],
    [
      'vector',
      { host: 'h', message: { level: 'ERROR', message: 'm', loggerFqcn: 'f' }, source_type: 'file', timestamp: '2026-11-21T07:47:30Z' },
    ],
    ['filebeat', beat({ message: { level: 'ERROR', message: 'm', loggerFqcn: 'f' } })],
  ])('may have been parsed where the line stood: %s', (envelope, record) => {
    expect(eventOf(record)).toMatchObject({ layout: 'log4j2-json', envelopes: [envelope], level: 'ERROR', message: 'm' })
  })

  it('may be several lines', () => {
    const outcomes = decode(bytes(beat({ message: `${JSON.stringify(ECS)}\n${JSON.stringify({ ...ECS, message: 'n' })}\n` })))
    expect(outcomes.map((outcome) => (outcome.kind === 'ok' ? [outcome.value.message, outcome.value.envelopes[0]] : outcome))).toEqual([
      ['m', 'filebeat'],
      ['n', 'filebeat'],
    ])
  })

  it('that a container runtime split is kept as far as it goes, and marked', () => {
    expect(eventOf(sample('envelopes/fluent-bit-partial.json'))).toMatchObject({
      layout: 'log4j2-ecs',
      truncated: true,
      throwable: { type: 'java.lang.RuntimeException' },
    })
  })

  it.each([{ _p: 'P' }, { logtag: 'P' }, { partial_message: 'true' }])('that is text and was split is marked: %j', (mark) => {
    const record = { log: `2026-08-01 10:00:00,123 ERROR a.B - boom\n${TRACE}`, stream: 'stderr' }
    expect([eventOf(record).truncated, eventOf({ ...record, ...mark }).truncated]).toEqual([false, true])
  })

  it('is not the error that stands beside it', () => {
    expect(eventOf(beat({ message: JSON.stringify(ECS), error: { message: 'x', stack_trace: TRACE } }))).toMatchObject({
      layout: 'log4j2-ecs',
      message: 'm',
      throwable: null,
    })
  })

  it('that Filebeat cut is marked', () => {
    const message = `2026-08-01 10:00:00,123 ERROR a.B - boom\n${TRACE}\n`
    expect(eventOf(beat({ message, log: { offset: 1, flags: ['truncated'] } }))).toMatchObject({
      truncated: true,
      throwable: { form: 'text' },
    })
    expect(eventOf(beat({ message, log: { offset: 1 } }))).toMatchObject({ truncated: false })
  })

  it('is no tombstone but a dead letter where it is missing, except where Kafka Connect says null', () => {
    expect(decode(bytes(beat({ host: { name: 'n' } })))).toMatchObject([
      { kind: 'dead', reason: 'unknown_layout', detail: 'In a filebeat envelope: Nothing in it' },
    ])
    expect(decode(bytes({ schema: null, payload: null }))).toEqual([{ kind: 'drop', reason: 'tombstone' }])
    expect(decode(bytes({ specversion: '1.0', type: 't', source: 's', data: null }))).toMatchObject([{ kind: 'dead' }])
  })

  it.each([
    ['not_json', beat({ message: 'just some text' }), 'In a filebeat envelope: Neither JSON nor text with a stack trace: "just some text"'],
    [
      'unknown_layout',
      { log: '{"a":1}\n', stream: 'stdout' },
      'In a fluent-bit envelope: An object without level, message and throwable that we know. Its keys: "a"',
    ],
    [
      'not_json',
      { schema: { type: 'string' }, payload: 'x' },
      'In a kafka-connect envelope: Neither JSON nor text with a stack trace: "x"',
    ],
    ['unknown_layout', { schema: { type: 'int64' }, payload: 5 }, 'In a kafka-connect envelope: JSON, but not an object: 5'],
    ['empty', { specversion: '1.0', type: 't', source: 's', data: [] }, 'In a cloudevents envelope: An empty list in it'],
    [
      'not_json',
      { message: 'x', source_type: 'file', timestamp: '2026-11-21T07:47:30Z', host: 'h' },
      'In a vector envelope: Neither JSON nor text with a stack trace: "x"',
    ],
    [
      'not_json',
      beat({ message: JSON.stringify({ schema: null, payload: 'x' }) }),
      'In a filebeat envelope: In a kafka-connect envelope: Neither JSON nor text with a stack trace: "x"',
    ],
  ])('that cannot be read is a dead letter that says so: %s of %j', (reason, record, detail) => {
    expect(decode(bytes(record))).toEqual([{ kind: 'dead', reason, detail }])
  })

  it('that lost its marks is known by the record in it', () => {
    const inside = JSON.stringify({ level: 'ERROR', loggerName: 'a.B', message: 'boom', thrown: { name: 'a.E' } })
    const at = '2026-08-01T10:00:00.000Z'
    expect(eventOf({ message: inside, timestamp: at, host: 'h' })).toMatchObject({
      envelopes: ['vector'],
      timeMs: Date.parse(at),
      host: 'h',
      logger: 'a.B',
    })
    const beats = { '@timestamp': at, message: inside, host: { name: 'h' }, service: 'orders' }
    expect(eventOf(beats)).toMatchObject({ envelopes: ['filebeat'], timeMs: Date.parse(at), host: 'h', logger: 'a.B' })
    const line = '2026-08-01 10:00:00,123 ERROR [main] a.B - boom'
    const plain = { layout: 'plain-text', envelopes: ['vector'], logger: 'a.B', message: 'boom', host: 'h' }
    expect(eventOf({ message: line, timestamp: at, host: 'h' })).toMatchObject(plain)
    expect(typesOf(eventOf({ message: `${line}\na.E: x\n\tat b.C.d(C.java:1)\n`, timestamp: at, host: 'h' }))).toEqual(['a.E'])
    expect(decode(bytes({ message: 'boom', timestamp: at, host: 'h' }))).toMatchObject([{ kind: 'dead', reason: 'unknown_layout' }])
    expect(decode(bytes({ message: '{"a":1}', timestamp: at, host: 'h' }))).toMatchObject([{ kind: 'dead', reason: 'unknown_layout' }])
  })

  it("that cannot be read gives the envelope's own level and message, where it has them", () => {
    expect(
      eventOf({
        appname: 'orders',
        host: 'h',
        message: '{"a":1}',
        severity: 'err',
        source_type: 'syslog',
        timestamp: '2026-11-21T07:47:30Z',
      }),
    ).toMatchObject({ level: 'ERROR', message: '{"a":1}', envelopes: ['vector'], host: 'h' })
    expect(eventOf(beat({ message: 'plain', log: { level: 'warn', offset: 3 }, host: { name: 'h' } }))).toMatchObject({
      level: 'WARN',
      message: 'plain',
      envelopes: ['filebeat'],
      host: 'h',
    })
  })

  it("where Filebeat failed to parse it is the text, and the failure is not the event's error", () => {
    const message = `2026-08-01 10:00:00,123 ERROR a.B - boom\n${TRACE}`
    const event = eventOf(beat({ message, error: { message: 'Error decoding JSON: invalid character', type: 'json' }, log: { offset: 1 } }))
    expect(event).toMatchObject({ layout: 'plain-text', message: 'boom', throwable: { text: TRACE } })
  })

  it('is looked for four envelopes deep and no deeper', () => {
    const nested = (depth: number): string =>
      depth === 0 ? JSON.stringify(ECS) : JSON.stringify({ schema: null, payload: nested(depth - 1) })
    expect(eventOf(nested(4)).envelopes).toEqual(Array(4).fill('kafka-connect'))
    expect(decode(Buffer.from(nested(5)))).toMatchObject([
      { kind: 'dead', reason: 'unknown_layout', detail: expect.stringContaining('within 4 others') },
    ])
    const hostile = '{"schema":null,"payload":'.repeat(4_000) + '1' + '}'.repeat(4_000)
    expect(decode(Buffer.from(hostile))).toMatchObject([{ kind: 'dead', reason: 'unknown_layout' }])
  })

  it('is counted against the events that a record may hold', () => {
    const outcomes = decode(bytes({ specversion: '1.0', type: 't', source: 's', data: Array.from({ length: 10_001 }, () => ECS) }))
    expect([outcomes.length, outcomes.at(-1)]).toMatchObject([10_001, { kind: 'dead', reason: 'too_large' }])
  })
})

describe('what is written on an envelope', () => {
  it('never replaces what the event says itself', () => {
    const inner = {
      '@version': 1,
      '@timestamp': '2026-11-21T07:47:27.023+0000',
      source_host: 'inner',
      level: 'ERROR',
      message: 'm',
      mdc: { 'fields.job': 'inner', job: 'inner' },
    }
    const event = eventOf(
      beat({ message: JSON.stringify(inner), fields: { job: 'outer', env: 'outer' }, job: 'outer', host: { name: 'outer' } }),
    )
    expect([event.host, event.timeMs]).toEqual(['inner', LOG4J_RUN])
    expect(Object.fromEntries(event.context)).toEqual({
      'fields.job': 'inner',
      job: 'inner',
      'fields.env': 'outer',
      'envelope.host': 'outer',
    })
  })

  it('gives the time where the event has none', () => {
    expect(eventOf(beat({ message: TRACE }))).toMatchObject({ timeMs: Date.parse('2026-11-21T07:47:29.100Z') })
    expect(eventOf({ log: TRACE, '@timestamp': 1_795_247_249.123456, stream: 'stderr' })).toMatchObject({ timeMs: 1_795_247_249_123 })
  })

  it('adds tags, each once', () => {
    expect(eventOf(beat({ message: JSON.stringify({ ...ECS, tags: ['a', 'b'] }), tags: ['b', 'c'] })).tags).toEqual(['a', 'b', 'c'])
  })

  it('pollutes no prototype', () => {
    const event = eventOf(
      '{"@metadata":{"beat":"filebeat"},"__proto__":{"x":1},"fields":{"__proto__":{"y":1}},"message":"{\\"level\\":\\"ERROR\\",\\"message\\":\\"m\\",\\"__proto__\\":{\\"z\\":1}}"}',
    )
    expect(Object.keys({} as Record<string, unknown>)).toEqual([])
    expect([({} as Record<string, unknown>)['x'], ({} as Record<string, unknown>)['y'], ({} as Record<string, unknown>)['z']]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(event.context.get('__proto__.x')).toBe('1')
  })

  it("leaves the context within its limit, the event's own keys first", () => {
    const mdc = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, 'v']))
    const event = eventOf(beat({ message: JSON.stringify({ '@version': 1, level: 'ERROR', message: 'm', mdc }), fields: { job: 'outer' } }))
    expect([...event.context.keys()]).toEqual(Object.keys(mdc))
  })
})

describe('a record that is no envelope', () => {
  it.each<[string, object, Layout, object]>([
    [
      'a Logstash event with JSON as its message',
      {
        '@version': '1',
        '@timestamp': ECS['@timestamp'],
        level: 'ERROR',
        level_value: 40_000,
        logger_name: 'a.B',
        message: '{"level":"INFO","message":"inner"}',
      },
      'logback-logstash',
      { message: '{"level":"INFO","message":"inner"}' },
    ],
    [
      'an ECS event with context keys log, stream and payload',
      { ...ECS, log: 'l', stream: 's', payload: 'p', schema: 'x' },
      'log4j2-ecs',
      {
        context: new Map([
          ['log', 'l'],
          ['stream', 's'],
          ['payload', 'p'],
          ['schema', 'x'],
        ]),
      },
    ],
    [
      'a Logback event with a context key log',
      { '@version': '1', level: 'ERROR', level_value: 40_000, message: 'm', log: '{"level":"INFO","message":"inner"}' },
      'logback-logstash',
      { message: 'm', context: new Map([['log', '{"level":"INFO","message":"inner"}']]) },
    ],
    [
      'an event of no known layout with a key log',
      { level: 'ERROR', message: 'm', log: '{"level":"INFO","message":"inner"}' },
      'generic-json',
      { message: 'm' },
    ],
    ['an event with context keys data and source', { ...ECS, data: 'd', source: 's', type: 't' }, 'log4j2-ecs', { message: 'm' }],
    [
      'an event with a context key source_type',
      { ...ECS, source_type: 'kafka' },
      'log4j2-ecs',
      { context: new Map([['source_type', 'kafka']]) },
    ],
    [
      'an event with a context key agent',
      { ...ECS, agent: 'a', input: 'i', beat: 'b' },
      'log4j2-ecs',
      {
        context: new Map([
          ['agent', 'a'],
          ['input', 'i'],
          ['beat', 'b'],
        ]),
      },
    ],
    ["an event with a browser's agent", { ...ECS, agent: { type: 'browser', version: '1' } }, 'log4j2-ecs', { message: 'm' }],
    [
      'an event with a level and a payload and a schema',
      { level: 'ERROR', message: 'm', payload: { message: 'inner', level: 'INFO' }, schema: { type: 'struct' } },
      'generic-json',
      { message: 'm' },
    ],
    ['an ECS event with an object log', { ...ECS, log: { origin: { function: 'f' } } }, 'log4j2-ecs', { context: new Map() }],
  ])('%s', (_, record, layout, fields) => {
    expect(eventOf(record)).toMatchObject({ layout, envelopes: [], level: 'ERROR', ...fields })
  })
})

describe('an envelope that was cut', () => {
  it.each([
    'filebeat-json-in-message',
    'fluent-bit-tail',
    'kafka-connect-string',
    'kafka-connect-struct',
    'cloudevents-object',
    'vector-file',
  ])('in the middle of its record keeps what came before: %s', (file) => {
    const whole = sample(`envelopes/${file}.json`)
    const event = eventOf(whole.subarray(0, whole.indexOf('IllegalStateException') + 60))
    expect(event.truncated).toBe(true)
    expect(event.envelopes).toEqual([file.replace(/-(?!bit|connect)[a-z-]+$/, '')])
    expect(typesOf(event)[0]).toBe('java.lang.RuntimeException')
  })

  it.each([
    ['JSON', JSON.stringify({ ...ECS, 'error.stack_trace': TRACE })],
    ['text', `2026-08-01 10:00:00,123 ERROR a.B - boom\n${TRACE}`],
  ])('behind its record is not marked, for nothing of the error is lost: %s', (_, message) => {
    const text = JSON.stringify(beat({ message, kubernetes: { labels: { app: 'order-etl' } } }))
    expect(eventOf(text.slice(0, -8))).toMatchObject({ truncated: false, envelopes: ['filebeat'] })
    expect(eventOf(text.slice(0, text.indexOf('B.java') + 3))).toMatchObject({ truncated: true, envelopes: ['filebeat'] })
  })
})

function bytes(record: object): Buffer {
  return Buffer.from(JSON.stringify(record))
}
