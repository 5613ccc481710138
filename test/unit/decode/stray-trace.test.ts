/** A stack trace in a field that the layout does not name is the throwable all the same, wherever in the record it stands. */
import { describe, expect, it } from 'vitest'
import { decode, eventOf, throwableOf, typesOf } from './samples.ts'

const TYPES = ['com.acme.OrderException', 'java.net.ConnectException']
const TRACE =
  'com.acme.OrderException: order 42 failed\n\tat com.acme.Orders.handle(Orders.java:5)\nCaused by: java.net.ConnectException: refused\n\tat com.acme.Repo.connect(Repo.java:9)\n\t... 1 more\n'
const FRAMES = '\tat com.acme.Orders.handle(Orders.java:5)\n\tat com.acme.Main.main(Main.java:1)\n'

const logstash = {
  '@timestamp': '2026-08-01T10:00:00Z',
  '@version': '1',
  message: 'boom',
  level: 'ERROR',
  level_value: 40_000,
  logger_name: 'a.B',
}
const generic = { timestamp: '2026-08-01T10:00:00Z', level: 'ERROR', message: 'boom', logger: 'a.B' }
const sparkLike = { ts: '2026-08-01T10:00:00Z', msg: 'boom', logger: 'a.B' }
const ecs = { '@timestamp': '2026-08-01T10:00:00Z', 'ecs.version': '1.2.0', 'log.level': 'ERROR', message: 'boom', 'log.logger': 'a.B' }
const otlp = (attributes: object) => ({
  resourceLogs: [
    {
      scopeLogs: [
        {
          logRecords: [
            {
              severityNumber: 17,
              body: { stringValue: 'boom' },
              attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
            },
          ],
        },
      ],
    },
  ],
})

const RECORDS: readonly [string, object][] = [
  ['logstash-logback-encoder with stackTrace named exception', { ...logstash, exception: TRACE }],
  ['logstash-logback-encoder with stackTrace named stackTrace', { ...logstash, stackTrace: TRACE }],
  ['exception.stacktrace', { ...generic, 'exception.stacktrace': TRACE }],
  ['exception.stacktrace beside exception.type', { ...generic, 'exception.type': TYPES[0], 'exception.stacktrace': TRACE }],
  ['error.stack', { ...generic, 'error.stack': TRACE }],
  ['trace', { ...generic, trace: TRACE }],
  ['stackTraceString', { ...generic, stackTraceString: TRACE }],
  ['a list of texts', { ...generic, exceptions: [TRACE] }],
  ['a list of objects', { ...generic, exceptions: [{ type: TYPES[0], message: 'order 42 failed', stackTrace: TRACE }] }],
  ['a list of lines', { ...generic, lines: TRACE.split('\n') }],
  ['deep inside', { ...generic, extra: { failure: { text: TRACE } } }],
  ['a Spark-like record with stack_trace', { ...sparkLike, level: 'ERROR', stack_trace: TRACE }],
  ['a Spark-like record with severity and stack', { ...sparkLike, severity: 'ERROR', stack: TRACE }],
  ['dotted ECS with a nested error', { ...ecs, error: { type: TYPES[0], message: 'order 42 failed', stack_trace: TRACE } }],
  ['an OTLP attribute', otlp({ stack_trace: TRACE })],
  ['without a level', { ts: 1, msg: 'boom', trace: TRACE }],
]

describe('a trace in a field that the layout does not name', () => {
  it.each(RECORDS)('%s', (_, record) => {
    const event = eventOf(record)
    expect([typesOf(event), event.level, event.message, event.truncated]).toEqual([TYPES, 'ERROR', 'boom', false])
    expect([...event.context.values()].join()).not.toContain('Orders.java')
  })

  it('is the trace of the exception whose type stands beside it, where it has no head of its own', () => {
    const event = eventOf({ ...ecs, 'error.type': TYPES[0], 'error.message': 'order 42 failed', stack: FRAMES })
    expect(throwableOf(event)).toMatchObject({ type: TYPES[0], message: 'order 42 failed' })
    expect(eventOf({ ...generic, trace: FRAMES }).throwable).toBeNull()
  })

  it('is none of the exception whose type stands beside it, where it is of another thread or another error', () => {
    const named = { ...generic, exception: { type: TYPES[0], message: 'x' } }
    const dump = 'main\n\tat java.lang.Object.wait(Native Method)\n\tat a.b.Worker.idle(Worker.java:4)'
    for (const other of [dump, `com.other.BarException: y\n${FRAMES}`]) {
      expect(throwableOf(eventOf({ ...named, extra: other }))).toMatchObject({ type: TYPES[0], frames: [] })
    }
  })

  it('leaves what stands beside it in the context', () => {
    const event = eventOf({ ...ecs, error: { stack_trace: TRACE, code: 'E17' } })
    expect(Object.fromEntries(event.context)).toEqual({ 'error.code': 'E17' })
  })

  it('begins at its first class name, and what stands before that stays in the context', () => {
    const suppressed = `${TRACE.slice(0, TRACE.indexOf('Caused'))}\tSuppressed: java.io.IOException: closed\n\t\t... 2 more\n${TRACE.slice(TRACE.indexOf('Caused'))}`
    const event = eventOf({ ...generic, failure: { note: `order 42 ${suppressed}` } })
    expect(throwableOf(event)).toMatchObject({ type: TYPES[0], suppressed: [{ type: 'java.io.IOException' }], cause: { type: TYPES[1] } })
    expect(event.context.get('failure.note')).toMatch(/^order 42 com\.acme\.OrderException/)
    const named = { 'error.type': 'com.acme.OrderException', details: `2 orders lost\n\n${TRACE}` }
    expect(throwableOf(eventOf({ ...ecs, ...named }))).toMatchObject({ type: TYPES[0], message: 'order 42 failed' })
  })

  it('does not stand against the trace that the layout names, nor against the one in the message', () => {
    const other = 'com.acme.Other: x\n\tat com.acme.A.b(A.java:1)\n'
    expect(typesOf(eventOf({ ...ecs, 'error.stack_trace': TRACE, other }))).toEqual(TYPES)
    expect(typesOf(eventOf({ ...generic, other, message: `boom\n${TRACE}` }))).toEqual(TYPES)
  })

  it('is none where a text only speaks of one', () => {
    const event = eventOf({ ...generic, hint: 'look at com.acme.Orders.handle(Orders.java:5)', sql: 'select\n at (1)' })
    expect(event.throwable).toBeNull()
    expect(event.context.get('hint')).toContain('Orders.java')
  })

  it('is none where a text is JSON that quotes one', () => {
    expect(eventOf({ ...generic, payload: JSON.stringify({ id: 7, stack: TRACE }) }).throwable).toBeNull()
  })

  it('makes no event of what is no record', () => {
    expect(decode(Buffer.from(JSON.stringify({ a: 1, b: 'at x.y(Z.java:1)' })))).toMatchObject([{ kind: 'dead', reason: 'unknown_layout' }])
  })
})

describe('what is not of Spark', () => {
  it('keeps its level', () => {
    expect(eventOf({ ...sparkLike, severity: 'WARN' })).toMatchObject({ layout: 'generic-json', level: 'WARN', message: 'boom' })
  })
  it('a record with nothing but its fields is', () => {
    expect(eventOf({ ...sparkLike, level: 'WARN' })).toMatchObject({ layout: 'spark', level: 'WARN' })
  })
})

describe('a trace of its own', () => {
  const cause = {
    name: TYPES[1],
    message: 'refused',
    extendedStackTrace: `${TYPES[1]}: refused\n\tat com.acme.Repo.connect(Repo.java:9)\n`,
  }

  it('of a cause is read where the outermost exception has none', () => {
    const event = eventOf({ ...generic, thrown: { name: TYPES[0], message: 'order 42 failed', cause } })
    expect(throwableOf(event)).toMatchObject({
      type: TYPES[0],
      cause: { type: TYPES[1], message: 'refused', frames: [{ method: 'connect' }] },
    })
  })

  it('that was escaped twice has its lines', () => {
    expect(typesOf(eventOf({ ...generic, stack_trace: JSON.stringify(TRACE).slice(1, -1) }))).toEqual(TYPES)
    expect(typesOf(eventOf({ ...logstash, stack_trace: JSON.stringify(TRACE.replaceAll('\n', '\r\n')).slice(1, -1) }))).toEqual(TYPES)
  })

  const THREE = TRACE.replace('order 42 failed', 'order 42 failed:\n - no stock')
  it.each([
    ['escaped line breaks before real tabs', TRACE.replaceAll('\n', '\\n')],
    ['the same, and real line breaks in the message', THREE.replaceAll('\n', '\\n').replace('\\n -', '\n -')],
    ['bars', THREE.replaceAll('\n', '|')],
    ['bars between blanks', THREE.replaceAll('\n', ' | ')],
    ['bars, and a blank before all', ` ${THREE.replaceAll('\n', '|')}`],
  ])('that came as one line with %s has its lines', (_, error) => {
    const event = eventOf({ ...generic, error })
    expect([typesOf(event), throwableOf(event)?.cause?.frames.length, event.context.size]).toEqual([TYPES, 1, 0])
    expect(throwableOf(event)?.message).toMatch(/^order 42 failed(?::\n+ ?- no stock)?$/)
  })
})
