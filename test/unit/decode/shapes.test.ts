/** A line of each shape, and what each option of it changes: every field that an event has is taken, and nothing of the layout is left in the context. */
import { describe, expect, it } from 'vitest'
import type { Layout } from '../../../src/event.ts'
import { decode, eventOf, typesOf } from './samples.ts'

const AT = Date.parse('2026-08-01T10:00:00.123Z')
const TRACE =
  'com.acme.OrderException: order 42 failed\n\tat com.acme.Orders.handle(Orders.java:5)\nCaused by: java.net.ConnectException: refused\n\tat com.acme.Repo.connect(Repo.java:9)\n\t... 1 more\n'
const TYPES = ['com.acme.OrderException', 'java.net.ConnectException']
const MDC = { 'flink-job-id': '8f2c1d0e9b7a46f5a3c2b1d0e9f8a7b6', tenant: 'acme' }
const FRAMES = {
  outer: [{ class: 'com.acme.Orders', method: 'handle', file: 'Orders.java', line: 5 }],
  inner: [{ class: 'com.acme.Repo', method: 'connect', file: 'Repo.java', line: 9 }],
}

const jsonLayout = {
  instant: { epochSecond: 1_785_578_400, nanoOfSecond: 123_456_789 },
  thread: 'main',
  level: 'ERROR',
  loggerName: 'com.acme.Orders',
  message: 'boom',
  thrown: {
    commonElementCount: 0,
    localizedMessage: 'order 42 failed',
    message: 'order 42 failed',
    name: TYPES[0],
    cause: { commonElementCount: 1, localizedMessage: 'refused', message: 'refused', name: TYPES[1], extendedStackTrace: FRAMES.inner },
    extendedStackTrace: FRAMES.outer,
  },
  contextStack: ['ndc'],
  endOfBatch: false,
  loggerFqcn: 'org.apache.logging.log4j.spi.AbstractLogger',
  threadId: 30,
  threadPriority: 5,
  contextMap: MDC,
}
const ecs = {
  '@timestamp': '2026-08-01T10:00:00.123Z',
  'ecs.version': '1.2.0',
  'log.level': 'ERROR',
  message: 'boom',
  'process.thread.name': 'main',
  'log.logger': 'com.acme.Orders',
  'error.type': TYPES[0],
  'error.message': 'order 42 failed',
  'error.stack_trace': TRACE,
}
const logstash = {
  '@timestamp': '2026-08-01T12:00:00.123456789+02:00',
  '@version': '1',
  message: 'boom',
  logger_name: 'com.acme.Orders',
  thread_name: 'main',
  level: 'ERROR',
  level_value: 40_000,
}
const logback = {
  sequenceNumber: 7,
  timestamp: AT,
  nanoseconds: 123_456_789,
  level: 'ERROR',
  threadName: 'main',
  loggerName: 'com.acme.Orders',
  context: { name: 'default', birthdate: AT - 1, properties: { region: 'eu' } },
  mdc: MDC,
  kvpList: [{ attempt: '3' }],
  markers: ['AUDIT'],
  message: 'boom',
  formattedMessage: 'boom',
  arguments: [],
  throwable: {
    className: TYPES[0],
    message: 'order 42 failed',
    stepArray: [{ className: 'com.acme.Orders', methodName: 'handle', fileName: 'Orders.java', lineNumber: 5 }],
    cause: {
      className: TYPES[1],
      message: 'refused',
      commonFramesCount: 1,
      stepArray: [{ className: 'com.acme.Repo', methodName: 'connect', fileName: 'Repo.java', lineNumber: 9 }],
    },
  },
}
const springEcs = {
  '@timestamp': '2026-08-01T10:00:00.123456789Z',
  log: { level: 'ERROR', logger: 'com.acme.Orders' },
  process: { pid: 1, thread: { name: 'main' } },
  service: { name: 'orders', version: '1', environment: 'prod', node: {} },
  message: 'boom',
  error: { type: TYPES[0], message: 'order 42 failed', stack_trace: TRACE },
  ecs: { version: '8.11' },
  ...MDC,
}
const springGelf = {
  version: '1.1',
  short_message: 'boom',
  timestamp: 1_785_578_400.123,
  level: 3,
  _level_name: 'ERROR',
  _process_pid: 1,
  _process_thread_name: 'main',
  host: 'orders',
  _log_logger: 'com.acme.Orders',
  full_message: `boom\n\n${TRACE}`,
  _error_type: TYPES[0],
  _error_stack_trace: TRACE,
  _error_message: 'order 42 failed',
  ...prefixed(MDC),
}
const gelf = {
  version: '1.1',
  host: 'app-1',
  short_message: 'boom',
  full_message: TRACE,
  timestamp: 1_785_578_400.123456,
  level: 3,
  _logger: 'com.acme.Orders',
  _thread: 'main',
  ...prefixed(MDC),
}
const gcp = {
  timestampSeconds: 1_785_578_400,
  timestampNanos: 123_456_789,
  severity: 'ERROR',
  message: `boom\n${TRACE}`,
  'logging.googleapis.com/labels': MDC,
  'logging.googleapis.com/sourceLocation': { file: 'Orders.java', line: 5, function: 'f' },
  'logging.googleapis.com/insertId': '1',
  'logging.googleapis.com/trace_sampled': true,
  exception: TRACE,
  thread: 'main',
  logger: 'com.acme.Orders',
}
const gcp2 = {
  timestamp: '2026-08-01T10:00:00.123Z',
  severity: 'ERROR',
  message: `boom ${TRACE}`,
  'logging.googleapis.com/labels': MDC,
  'logging.googleapis.com/sourceLocation': { function: 'com.acme.Orders.handle' },
  'logging.googleapis.com/insertId': '1',
  'logging.googleapis.com/trace_sampled': true,
  _exception: { class: TYPES[0], message: 'order 42 failed', stackTrace: TRACE },
  _thread: 'main',
  _logger: 'com.acme.Orders',
}
const jboss = {
  timestamp: '2026-08-01T12:00:00.123+02:00',
  sequence: 8_123,
  loggerClassName: 'org.jboss.logging.Logger',
  loggerName: 'com.acme.Orders',
  level: 'ERROR',
  message: 'boom',
  threadName: 'main',
  threadId: 66,
  mdc: MDC,
  ndc: 'ndc',
  hostName: 'app-1',
  processName: 'java',
  processId: 1,
  exception: {
    refId: 1,
    exceptionType: TYPES[0],
    message: 'order 42 failed',
    frames: [{ class: 'com.acme.Orders', method: 'handle', line: 5 }],
    causedBy: {
      exception: { refId: 2, exceptionType: TYPES[1], message: 'refused', frames: [{ class: 'com.acme.Repo', method: 'connect' }] },
    },
  },
}
const v1 = {
  '@version': 1,
  source_host: 'app-1',
  message: 'boom',
  thread_name: 'main',
  '@timestamp': '2026-08-01T10:00:00.123+0000',
  level: 'ERROR',
  file: 'Orders.java',
  method: 'handle',
  class: 'com.acme.Orders',
  line_number: 5,
  logger_name: 'com.acme.Orders',
  mdc: MDC,
  exception: { exception_class: TYPES[0], exception_message: 'order 42 failed', stacktrace: TRACE },
}

const SHAPES: [name: string, record: object | string, layout: Layout, fields?: object][] = [
  ['1 Log4j 2 JsonLayout', jsonLayout, 'log4j2-json', { tags: ['ndc'] }],
  [
    '1 with timeMillis and properties as a list',
    { ...jsonLayout, instant: undefined, timeMillis: AT, contextMap: Object.entries(MDC).map(([key, value]) => ({ key, value })) },
    'log4j2-json',
  ],
  [
    '1 with the trace as a text',
    {
      ...jsonLayout,
      thrown: {
        ...jsonLayout.thrown,
        cause: { ...jsonLayout.thrown.cause, extendedStackTrace: 'x' },
        extendedStackTrace: TRACE.replaceAll(')\n', ') ~[orders-1.2.jar:1.2]\n'),
      },
    },
    'log4j2-json',
  ],
  [
    '1 without stack traces',
    {
      ...jsonLayout,
      thrown: {
        commonElementCount: 0,
        message: 'order 42 failed',
        name: TYPES[0],
        cause: { commonElementCount: 1, message: 'refused', name: TYPES[1] },
      },
    },
    'log4j2-json',
  ],
  [
    '1 with location and a marker with parents',
    {
      ...jsonLayout,
      source: { class: 'com.acme.Orders', method: 'handle', file: 'Orders.java', line: 5 },
      marker: { name: 'AUDIT', parents: [{ name: 'SECURITY', parents: [{ name: 'ROOT' }] }] },
    },
    'log4j2-json',
    { tags: ['ndc', 'AUDIT', 'SECURITY', 'ROOT'] },
  ],
  ['1 with an object as the message', { ...jsonLayout, message: { code: 7 } }, 'log4j2-json', { message: '{"code":7}' }],
  ['1 with an object that has no message', { ...jsonLayout, message: undefined }, 'log4j2-json', { message: '' }],
  ['1 pretty, with a NUL behind it', `${JSON.stringify(jsonLayout, null, 2)}\r\n\0`, 'log4j2-json'],
  ['1 as the first of a complete document', `[\n${JSON.stringify(jsonLayout)}\n`, 'log4j2-json'],
  ['1 as a later one of a complete document', `,\r\n${JSON.stringify(jsonLayout)}`, 'log4j2-json'],
  [
    '2 JsonLayout template: no causes',
    { ...jsonLayout, thrown: { message: 'order 42 failed', name: TYPES[0], extendedStackTrace: FRAMES.outer } },
    'log4j2-json',
    { types: TYPES.slice(0, 1) },
  ],
  ['3 EcsLayout template', { ...ecs, ...MDC, tags: ['ndc'] }, 'log4j2-ecs', { tags: ['ndc'] }],
  [
    '3 without a message: a throwable that had none',
    { ...ecs, ...MDC, 'error.message': undefined, 'error.stack_trace': TRACE.replace(': order 42 failed', '') },
    'log4j2-ecs',
  ],
  ['4 GelfLayout', gelf, 'log4j2-gelf', { host: 'app-1' }],
  [
    '4 as logback-gelf names things',
    {
      ...gelf,
      _logger: undefined,
      _thread: undefined,
      _logger_name: 'com.acme.Orders',
      _thread_name: 'main',
      full_message: `boom\n${TRACE}`,
    },
    'log4j2-gelf',
    { host: 'app-1' },
  ],
  ['5 GcpLayout', gcp, 'log4j2-gcp'],
  ['5 with the trace in the message alone', { ...gcp, exception: undefined }, 'log4j2-gcp'],
  ['5 as Log4j 2.24 writes it', gcp2, 'log4j2-gcp'],
  [
    '5 as Log4j 2.24 writes an exception without frames',
    {
      ...gcp2,
      message: `boom ${TYPES[0]}: no frames\n`,
      _exception: { class: TYPES[0], message: 'no frames', stackTrace: `${TYPES[0]}: no frames\n` },
    },
    'log4j2-gcp',
    { types: TYPES.slice(0, 1) },
  ],
  ['6 LogstashJsonEventLayoutV1', v1, 'log4j2-logstash-v1', { host: 'app-1' }],
  ['6 log4j 1 JSONEventLayoutV1', { ...v1, line_number: '5', ndc: 'ndc' }, 'log4j2-logstash-v1', { host: 'app-1', tags: ['ndc'] }],
  ['7 logstash-logback-encoder', { ...logstash, ...MDC, stack_trace: TRACE, tags: ['AUDIT'] }, 'logback-logstash', { tags: ['AUDIT'] }],
  ['7 with the trace as an array', { ...logstash, ...MDC, stack_trace: TRACE.trimEnd().split('\n') }, 'logback-logstash'],
  [
    '7 with class, hash and top frame',
    {
      ...logstash,
      ...MDC,
      stack_trace: TRACE,
      stack_hash: 'cfbdeb76',
      throwable_class: TYPES[0],
      throwable_message: 'order 42 failed',
      throwable_root_cause_class: TYPES[1],
      root_stack_trace_element: { class_name: 'com.acme.Orders', method_name: 'handle' },
    },
    'logback-logstash',
  ],
  [
    '7 with class and top frame instead of a trace',
    {
      ...logstash,
      ...MDC,
      throwable_class: TYPES[0],
      throwable_message: 'order 42 failed',
      throwable_root_cause_class: TYPES[1],
      throwable_root_cause_message: 'refused',
      root_stack_trace_element: { class_name: 'com.acme.Orders', method_name: 'handle' },
    },
    'logback-logstash',
  ],
  [
    '7 with the context under a key, and a host',
    { ...logstash, mdc: MDC, HOSTNAME: 'app-1', stack_trace: TRACE },
    'logback-logstash',
    { host: 'app-1' },
  ],
  ['7 Spring Boot logstash', { ...logstash, ...MDC, stack_trace: TRACE }, 'logback-logstash'],
  ['8 Logback JsonEncoder', logback, 'logback-json', { tags: ['AUDIT'], messageTemplate: 'boom', more: { attempt: '3', region: 'eu' } }],
  [
    '8 without the formatted message',
    { ...logback, message: 'boo{}', formattedMessage: undefined, arguments: ['m'] },
    'logback-json',
    { messageTemplate: 'boo{}', more: { attempt: '3', region: 'eu' } },
  ],
  [
    '8 without what may be switched off',
    {
      ...logback,
      sequenceNumber: undefined,
      nanoseconds: undefined,
      context: undefined,
      message: 'boo{}',
      formattedMessage: undefined,
      arguments: ['m'],
    },
    'logback-json',
    { messageTemplate: 'boo{}', more: { attempt: '3' } },
  ],
  [
    '9 ecs-logging-java',
    {
      ...ecs,
      ...MDC,
      'event.dataset': 'orders',
      'service.name': 'orders',
      'service.version': '1',
      'service.environment': 'prod',
      'service.node.name': 'n1',
      'log.origin': { 'file.name': 'Orders.java', 'file.line': 5 },
    },
    'ecs-logging',
    { serviceName: 'orders', serviceVersion: '1', environment: 'prod' },
  ],
  [
    '9 with the trace as an array',
    { ...ecs, ...MDC, 'event.dataset': 'orders', 'error.stack_trace': TRACE.trimEnd().split('\n') },
    'ecs-logging',
  ],
  ['10 Spring Boot ecs', springEcs, 'spring-ecs', { serviceName: 'orders', serviceVersion: '1', environment: 'prod' }],
  ['11 Spring Boot gelf', springGelf, 'spring-gelf', { serviceName: 'orders', host: null }],
  ['11 with a blank message', { ...springGelf, short_message: '(blank)' }, 'spring-gelf', { message: '' }],
  ['12 JBoss with a structure', jboss, 'quarkus', { host: 'app-1', tags: ['ndc'] }],
  ['12 JBoss with a text', { ...jboss, exception: undefined, stackTrace: `: ${TRACE}` }, 'quarkus', { host: 'app-1', tags: ['ndc'] }],
  [
    '12 Quarkus for Google Cloud',
    { ...jboss, level: undefined, severity: 'ERROR', exception: undefined, stack_trace: `: ${TRACE}` },
    'quarkus',
    { host: 'app-1' },
  ],
  [
    '12 Quarkus in ECS mode',
    {
      ...ecs,
      'event.sequence': 8_123,
      'process.thread.id': 66,
      'host.hostname': 'app-1',
      'process.name': 'java',
      'process.pid': 1,
      mdc: MDC,
      ndc: '',
      'data_stream.type': 'logs',
      'service.name': 'orders',
    },
    'quarkus',
    { host: 'app-1', serviceName: 'orders', tags: [] },
  ],
  [
    '13 SparkLayout',
    {
      ts: '2026-08-01T10:00:00.123+0000',
      level: 'ERROR',
      msg: 'boom',
      context: MDC,
      exception: { class: TYPES[0], msg: 'order 42 failed', stacktrace: TRACE },
      logger: 'com.acme.Orders',
    },
    'spark',
    { thread: null },
  ],
  [
    '13 PySpark',
    {
      ts: '2026-08-01 10:00:00,123',
      level: 'ERROR',
      logger: 'com.acme.Orders',
      msg: 'boom',
      context: MDC,
      exception: { class: 'Py4JJavaError', msg: 'x', stacktrace: [{ class: null, method: 'deco', file: 'utils.py', line: '263' }] },
    },
    'spark',
    { thread: null, types: ['Py4JJavaError'] },
  ],
  [
    '14 OTLP',
    {
      resourceLogs: [
        {
          scopeLogs: [
            {
              scope: { name: 'com.acme.Orders' },
              logRecords: [
                {
                  timeUnixNano: `${AT}456789`,
                  severityNumber: 17,
                  body: { stringValue: 'boom' },
                  attributes: Object.entries({
                    ...MDC,
                    'thread.name': 'main',
                    'exception.type': TYPES[0],
                    'exception.stacktrace': TRACE,
                  }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
                },
              ],
            },
          ],
        },
      ],
    },
    'otlp-json',
  ],
]

describe('shape', () => {
  it.each(SHAPES)('%s', (_, record, layout, fields = {}) => {
    const { types = TYPES, more = {}, ...expected } = fields as { types?: string[]; more?: object }
    const event = eventOf(record)
    expect(event).toMatchObject({
      layout,
      envelopes: [],
      timeMs: AT,
      level: 'ERROR',
      logger: 'com.acme.Orders',
      thread: 'main',
      message: 'boom',
      truncated: false,
      ...expected,
    })
    expect(typesOf(event)).toEqual(types)
    expect(Object.fromEntries(event.context)).toEqual({ ...MDC, ...more })
  })

  it.each([{ throwable: null }, { throwable: {} }, { arguments: ['m'] }, { kvpList: [] }])('8 is known by any of its own: %j', (own) => {
    const { timestamp, level, threadName, loggerName } = logback
    const record = { timestamp, level, threadName, loggerName, message: 'boo{}' }
    expect(eventOf({ ...record, ...own })).toMatchObject({ layout: 'logback-json', timeMs: AT, messageTemplate: 'boo{}' })
    expect([eventOf(record).layout, eventOf({ ...record, nanoseconds: 1 }).layout]).toEqual(['generic-json', 'logback-json'])
    expect(eventOf({ ...record, ...own, timestamp: '2026-08-01T10:00:00.123Z' })).toMatchObject({ layout: 'generic-json', timeMs: AT })
  })

  it('5 has its time also where the seconds are text', () => {
    expect(eventOf({ ...gcp, timestampSeconds: String(gcp.timestampSeconds), timestampNanos: '123456789' }).timeMs).toBe(AT)
  })

  it('1 with additional fields at the root, which become context', () => {
    const event = eventOf({ ...jsonLayout, cluster: 'c1', 'service.name': 'orders', service: 'ignored' })
    expect([event.context.get('cluster'), event.serviceName]).toEqual(['c1', 'orders'])
  })

  it("keeps the end of a long thread's name, which in Flink says the subtask", () => {
    const { thread } = eventOf({ ...jsonLayout, thread: `${'Source: 😀 -> '.repeat(100)}Sink (3/16)#0` })
    expect(thread?.length).toBeLessThanOrEqual(512)
    expect(thread).toMatch(/^Source: 😀 -> .*….* -> Sink \(3\/16\)#0$/u)
    expect(thread?.isWellFormed()).toBe(true)
  })

  it('1 between a header and a footer', () => {
    expect(decode(Buffer.from(`<log>\n${JSON.stringify(jsonLayout)}`))).toMatchObject([{ kind: 'ok', value: { layout: 'log4j2-json' } }])
    expect(decode(Buffer.from(`${JSON.stringify(jsonLayout)}\n]\n`))).toMatchObject([{ kind: 'ok', value: { layout: 'log4j2-json' } }])
  })

  it('5 with the ids of its trace, which become context', () => {
    const event = eventOf({ ...gcp, 'logging.googleapis.com/trace': 't', 'logging.googleapis.com/spanId': 's' })
    expect([event.context.get('logging.googleapis.com/trace'), event.context.get('logging.googleapis.com/spanId')]).toEqual(['t', 's'])
  })

  it.each([
    ['FATAL', { ...gcp, severity: 'EMERGENCY' }],
    ['WARN', { ...gcp, severity: 'WARNING' }],
    ['WARN', { ...gelf, level: 4 }],
    ['FATAL', { ...gelf, level: 0 }],
    ['ERROR', { ...jboss, level: 'SEVERE' }],
  ])('says %s in its own words', (level, record) => {
    expect(eventOf(record).level).toBe(level)
  })
})

function prefixed(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [`_${key}`, value]))
}
