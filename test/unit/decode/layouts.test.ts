import { describe, expect, it } from 'vitest'
import type { Layout } from '../../../src/event.ts'
import { decode, eventOf, sample, typesOf } from './samples.ts'

const FLINK_JOB = '8f2c1d0e9b7a46f5a3c2b1d0e9f8a7b6'
const CHAIN = ['java.lang.RuntimeException', 'java.lang.IllegalStateException', 'java.net.ConnectException']
const LOG4J_RUN = '2026-11-21T07:47:27.023Z'
const LOGBACK_RUN = '2026-11-21T08:27:10.617Z'

/** Every file's first line is the same error, written by another layout. */
const SAMPLES: [file: string, layout: Layout, time: string, types?: string[]][] = [
  ['log4j2-JsonLayout-default.ndjson', 'log4j2-json', LOG4J_RUN],
  ['log4j2-JsonLayout-noStack.ndjson', 'log4j2-json', LOG4J_RUN],
  ['log4j2-JsonLayout-pretty-complete.json', 'log4j2-json', LOG4J_RUN],
  ['log4j2-JsonLayout-props-location.ndjson', 'log4j2-json', LOG4J_RUN],
  ['log4j2-JsonLayout-stacktraceAsString-timeMillis-propsAsList.ndjson', 'log4j2-json', LOG4J_RUN],
  // This template drops the causes; this cut ends before them.
  ['log4j2-JTL-JsonLayout.ndjson', 'log4j2-json', LOG4J_RUN, CHAIN.slice(0, 1)],
  ['log4j2-JTL-Ecs-truncated-512.ndjson', 'log4j2-ecs', LOG4J_RUN, CHAIN.slice(0, 1)],
  ['log4j2-JTL-EcsLayout.ndjson', 'log4j2-ecs', LOG4J_RUN],
  ['log4j2-JTL-GelfLayout.ndjson', 'log4j2-gelf', LOG4J_RUN],
  ['log4j2-JTL-GcpLayout.ndjson', 'log4j2-gcp', LOG4J_RUN],
  ['log4j2-JTL-LogstashJsonEventLayoutV1.ndjson', 'log4j2-logstash-v1', LOG4J_RUN],
  ['log4j2-JTL-SparkLayout.ndjson', 'spark', LOG4J_RUN],
  ['ecs-logging-log4j2.ndjson', 'ecs-logging', LOG4J_RUN],
  ['ecs-logging-log4j2-stackTraceAsArray.txt', 'ecs-logging', LOG4J_RUN],
  ['ecs-logging-logback.ndjson', 'ecs-logging', LOGBACK_RUN],
  ['logback-JsonEncoder.ndjson', 'logback-json', LOGBACK_RUN],
  ['logback-JsonEncoder-default.ndjson', 'logback-json', LOGBACK_RUN],
  ['logback-LogstashEncoder-default.ndjson', 'logback-logstash', LOGBACK_RUN],
  // Class names are abbreviated here, beyond repair.
  [
    'logback-LogstashEncoder-rootCauseFirst-hash.ndjson',
    'logback-logstash',
    LOGBACK_RUN,
    ['j.l.RuntimeException', 'j.l.IllegalStateException', 'j.n.ConnectException'],
  ],
  ['spring-structured-ecs.ndjson', 'spring-ecs', '2026-11-21T07:49:32.468Z'],
  ['spring-structured-ecs-rootfirst-hash.ndjson', 'spring-ecs', '2026-11-21T07:49:50.345Z'],
  ['spring-structured-gelf.ndjson', 'spring-gelf', '2026-11-21T07:49:40.019Z'],
  ['spring-structured-logstash.ndjson', 'logback-logstash', '2026-11-21T07:49:45.249Z'],
]

describe.each(SAMPLES)('%s', (file, layout, time, types = CHAIN) => {
  const event = eventOf(sample(`layouts/${file}`))

  it('is recognised', () => {
    expect(event.layout).toBe(layout)
  })

  it('says when, where and what', () => {
    expect(event.timeMs).toBe(Date.parse(time))
    expect(event.level).toBe('ERROR')
    expect(event.logger).toBe('com.example.orders.OrderJob')
    expect(event.message).toBe('Order 42 failed after 1234 ms')
    // Spark's layout has no thread.
    expect(event.thread ?? 'lab.Spark.main()').toMatch(/^lab\.\w+\.main\(\)$/)
    expect(event.thread === null).toBe(layout === 'spark')
  })

  it('gives the chain of exceptions', () => {
    expect(typesOf(event)).toEqual(types)
  })

  it('keeps the context and nothing of the layout itself', () => {
    const withoutContext = file.startsWith('log4j2-JsonLayout-default') || file.startsWith('log4j2-JsonLayout-noStack')
    expect(event.context.get('flink-job-id')).toBe(withoutContext ? undefined : FLINK_JOB)
    const known = ['flink-job-id', 'traceId', 'jobName', 'appname', 'service', 'host']
    expect([...event.context.keys()].filter((key) => !known.includes(key))).toEqual([])
  })
})

describe('layouts', () => {
  it('marks a trace that the layout cut, and only that', () => {
    const cut = SAMPLES.filter(([file]) => eventOf(sample(`layouts/${file}`)).truncated)
    expect(cut.map(([file]) => file)).toEqual(['log4j2-JTL-Ecs-truncated-512.ndjson'])
  })

  it('keeps the template of a message where the layout has it, and fills it in where the layout does not', () => {
    const event = eventOf(sample('layouts/logback-JsonEncoder-default.ndjson'))
    expect(event.messageTemplate).toBe('Order {} failed after {} ms')
    expect(event.message).toBe('Order 42 failed after 1234 ms')
  })

  it('takes a text host at the root of an ECS record as context, an object as the host', () => {
    const ecs = { 'ecs.version': '1.2.0', 'log.level': 'ERROR', message: 'm' }
    const text = eventOf({ ...ecs, host: 'node-7' })
    expect([text.host, text.context.get('host')]).toEqual([null, 'node-7'])
    const object = eventOf({ ...ecs, host: { name: 'node-7' } })
    expect([object.host, object.context.size]).toEqual(['node-7', 0])
  })

  it('reads the service from dotted and from nested fields', () => {
    const event = eventOf(sample('layouts/ecs-logging-log4j2.ndjson'))
    expect([event.serviceName, event.serviceVersion, event.environment]).toEqual(['orders', '1.2.3', 'prod'])
    expect(eventOf(sample('layouts/spring-structured-ecs.ndjson')).serviceVersion).toBe('1.2.3')
  })

  it('reads markers and nested contexts as tags', () => {
    const event = eventOf({ loggerFqcn: 'f', level: 'ERROR', message: 'm', contextStack: ['a', 'b'], marker: { name: 'AUDIT' } })
    expect(event.tags).toEqual(['a', 'b', 'AUDIT'])
  })

  it('reads class and message of a throwable without a trace', () => {
    const event = eventOf({ 'ecs.version': '1.2.0', 'log.level': 'ERROR', message: 'm', 'error.type': 'a.B', 'error.message': 'x' })
    expect(event.throwable).toEqual({ form: 'chain', chain: { type: 'a.B', message: 'x', frames: [], cause: null, suppressed: [] } })
  })

  it.each<[string, Layout, string, string]>([
    ['jsoneventv1-log4j1.json', 'log4j2-logstash-v1', 'FATAL', 'java.lang.IllegalArgumentException'],
    ['pyspark.json', 'spark', 'ERROR', 'Py4JJavaError'],
    ['quarkus-jboss-detailed.json', 'quarkus', 'ERROR', 'java.lang.RuntimeException,java.net.ConnectException'],
  ])('reads %s', (file, layout, level, types) => {
    const event = eventOf(sample(`layouts/${file}`))
    expect([event.layout, event.level, typesOf(event).join()]).toEqual([layout, level, types])
  })

  it('reads the nested exceptions of JBoss where there is no printed trace', () => {
    const record = JSON.parse(sample('layouts/quarkus-jboss-detailed.json').toString()) as Record<string, unknown>
    const event = eventOf({ ...record, stackTrace: undefined })
    expect(typesOf(event)).toEqual(['java.lang.RuntimeException', 'java.net.ConnectException'])
  })

  it("opens a shipper's envelope", () => {
    const event = eventOf(sample('layouts/filebeat-envelope.json'))
    expect(event).toMatchObject({
      layout: 'log4j2-json',
      envelopes: ['filebeat'],
      level: 'ERROR',
      message: 'inner',
      host: 'node-7',
      timeMs: 1_785_578_400_100,
    })
    expect(event.context.get('fields.job')).toBe('order-etl')
  })
})

describe('generic JSON', () => {
  it.each([
    [
      { severity: 'critical', msg: 'm', time: 1_785_578_400 },
      { level: 'FATAL', message: 'm', timeMs: 1_785_578_400_000 },
    ],
    [
      { level: 50, msg: 'm', hostname: 'h', err: { type: 'a.B', message: 'x', stack: 'a.B: x\n    at c.d(e:1)' } },
      { level: 'ERROR', host: 'h' },
    ],
    [
      { level: 'warn', message: 'm', error: 'timeout' },
      { level: 'WARN', throwable: null, context: new Map([['error', 'timeout']]) },
    ],
    [
      { msg: 'm', exception: 'java.lang.X: y\n\tat a.B.c(B.java:1)' },
      { level: 'ERROR', message: 'm' },
    ],
    [{ level: 'AUDIT', message: 'm' }, { level: 'INFO' }],
  ])('finds level, message and throwable in %j', (record, expected) => {
    expect(eventOf(record)).toMatchObject({ layout: 'generic-json', ...expected })
  })

  it.each([[{ message: 'm' }], [{ level: 'ERROR' }], [{}], [{ error: false }]])('does not take %j for an error', (record) => {
    expect(decode(Buffer.from(JSON.stringify(record)))).toMatchObject([{ kind: 'dead', reason: 'unknown_layout' }])
  })
})

describe('plain text', () => {
  const TRACE = 'java.lang.X: y\n\tat a.B.c(B.java:1)\n'

  it.each([
    [
      `2026-08-01 10:00:00,123 ERROR com.example.J [] - boom\n${TRACE}`,
      { level: 'ERROR', logger: 'com.example.J', message: 'boom', timeMs: Date.parse('2026-08-01T10:00:00.123Z') },
    ],
    [
      `26/08/01 10:00:00 WARN J: boom\n${TRACE}`,
      { level: 'WARN', logger: 'J', message: 'boom', timeMs: Date.parse('2026-08-01T10:00:00Z') },
    ],
    [
      `2026-08-01T10:00:00.123+02:00 ERROR 1234 --- [app] [main] c.e.J : boom at {id=1}\n\n${TRACE}`,
      { level: 'ERROR', logger: 'c.e.J', message: 'boom at {id=1}', thread: 'main' },
    ],
    [`2026-08-01 10:00:00.123 [main] FATAL c.e.J - one\ntwo\n${TRACE}`, { level: 'FATAL', thread: 'main', message: 'one\ntwo' }],
    [`Exception in thread "main" ${TRACE}`, { level: 'ERROR', thread: 'main', message: 'java.lang.X: y' }],
    [TRACE, { level: 'ERROR', logger: null, message: 'java.lang.X: y' }],
  ])('reads time, level, logger and message of %j', (text, expected) => {
    expect(eventOf(text)).toMatchObject({ layout: 'plain-text', throwable: { form: 'text', text: TRACE.trim() }, ...expected })
  })

  it('takes a line with time and level without a trace', () => {
    expect(eventOf('2026-08-01 10:00:00,123 ERROR com.example.J [] - boom')).toMatchObject({ message: 'boom', throwable: null })
  })

  it('does not make an event of a single frame line', () => {
    expect(decode(Buffer.from('\tat a.B.c(B.java:1)'))).toMatchObject([{ kind: 'dead', reason: 'not_json' }])
  })
})
