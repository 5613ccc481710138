/** Fields by any of their usual names: which of them count, which stand in where a layout's own were renamed, and what stays context. */
import { describe, expect, it } from 'vitest'
import { eventOf, throwableOf, typesOf } from './samples.ts'

const AT = Date.parse('2026-08-01T10:00:00.123Z')
const TYPES = ['com.acme.Boom$OrderException', 'java.net.ConnectException']
const TRACE = `${TYPES[0]}: order 42 failed\n\tat com.acme.Orders.handle(Orders.java:5)\nCaused by: ${TYPES[1]}: refused\n\tat com.acme.Repo.connect(Repo.java:9)\n`
const FRAMES = [{ class: 'com.acme.Orders', method: 'handle', file: 'Orders.java', line: 5 }]
const record = { timestamp: '2026-08-01T10:00:00.123Z', level: 'ERROR', message: 'boom', logger: 'com.acme.Orders', thread: 'main' }
const contextOf = (value: object) => Object.fromEntries(eventOf(value).context)

describe('a throwable in fields of its own', () => {
  it.each([
    ['error.type', { 'error.type': TYPES[0], 'error.message': 'x' }],
    ['error_type', { error_type: TYPES[0], error_message: 'x' }],
    ['exceptionClass', { exceptionClass: TYPES[0], exceptionMessage: 'x' }],
    ['exception_class beside frames', { exception_class: TYPES[0], exception_message: 'x', stacktrace: FRAMES }],
  ])('%s', (_, fields) => {
    const event = eventOf({ ...record, ...fields })
    expect(throwableOf(event)).toMatchObject({
      type: TYPES[0],
      message: 'x',
      frames: 'stacktrace' in fields ? FRAMES.map(({ class: className }) => ({ className })) : [],
    })
    expect(event.context.size).toBe(0)
  })

  it('names its root cause, too', () => {
    const fields = {
      throwable_class: 'OrderException',
      throwable_message: 'x',
      throwable_root_cause_class: 'IOException',
      throwable_root_cause_message: 'y',
    }
    const event = eventOf({ ...record, ...fields })
    expect(throwableOf(event)).toMatchObject({ type: 'OrderException', message: 'x', cause: { type: 'IOException', message: 'y' } })
    expect(event.context.size).toBe(0)
  })

  it('is none where the type is no class', () => {
    expect(eventOf({ ...record, error_type: 'VALIDATION', errorClass: '5xx' })).toMatchObject({ throwable: null })
    expect(contextOf({ ...record, error_type: 'VALIDATION' })).toEqual({ error_type: 'VALIDATION' })
  })

  it('has its type in full, where the trace says it', () => {
    expect(typesOf(eventOf({ ...record, error: { type: 'OrderException', stack_trace: TRACE } }))).toEqual(TYPES)
    expect(typesOf(eventOf({ ...record, error: { type: 'Boom', stack_trace: '\tat Boom.main(Boom.java:1)\n' } }))).toEqual(['Boom'])
  })
})

describe('a record under a key', () => {
  const log4j = {
    instant: { epochSecond: 1_785_578_400, nanoOfSecond: 123_000_000 },
    loggerName: 'com.acme.Orders',
    thread: 'main',
    message: 'boom',
    contextMap: { tenant: 'acme' },
  }

  it.each([
    ["a template's root key", { event: { ...log4j, level: 'FATAL' } }, 'log4j2-json'],
    ['with a trace', { event: { ...log4j, level: 'FATAL', error: { text: TRACE } } }, 'log4j2-json'],
    ["a collector's event", { time: 1_785_578_401, source: 'tcp', event: { ...record, level: 'FATAL', tenant: 'acme' } }, 'generic-json'],
    [
      'nested providers',
      {
        '@timestamp': record.timestamp,
        log: { level: 'FATAL', logger_name: 'com.acme.Orders', thread_name: 'main', message: 'boom' },
        error: { type: 'OrderException', stack_trace: TRACE },
        mdc: { tenant: 'acme' },
      },
      'generic-json',
    ],
    [
      "an event's fields",
      {
        '@message': 'boom',
        '@timestamp': record.timestamp,
        '@fields': { level: 'FATAL', loggerName: 'com.acme.Orders', threadName: 'main', mdc: { tenant: 'acme' } },
      },
      'generic-json',
    ],
  ])('%s', (_, value, layout) => {
    const event = eventOf(value)
    expect(event).toMatchObject({ layout, timeMs: AT, level: 'FATAL', message: 'boom', logger: 'com.acme.Orders', thread: 'main' })
    expect(event.context.get('tenant')).toBe('acme')
    expect(typesOf(event)).toEqual(JSON.stringify(value).includes('Caused by') ? TYPES : [])
  })

  it.each([
    ['level', { message: 'boom', stack: TRACE, player: { level: 12, text: 'x' } }],
    ['level without a logger', { message: 'boom', stack: TRACE, alarm: { level: 'INFO' } }],
    ['known level', { level: 'ERROR', stack: TRACE, order: { severity: 'low', message: 'boom' } }],
  ])('is none without a %s', (_, value) => {
    expect(eventOf(value).level).toBe('ERROR')
  })

  it('leaves the root its level', () => {
    expect(eventOf({ level: 'ERROR', order: { severity: 'INFO', message: 'boom' } })).toMatchObject({ level: 'ERROR', message: 'boom' })
  })

  it('is none where the root is one', () => {
    expect(eventOf({ ...record, event: { level: 'INFO', message: 'other' } })).toMatchObject({ level: 'ERROR', message: 'boom' })
  })
})

describe('a renamed field of a layout', () => {
  const quarkus = {
    loggerClassName: 'org.jboss.logging.Logger',
    loggerName: 'com.acme.Orders',
    threadName: 'main',
    level: 'ERROR',
    message: 'boom',
  }
  const ecs = { '@timestamp': record.timestamp, 'log.level': 'ERROR' }
  const cause = { error: { kind: TYPES[1], frames: FRAMES } }

  it.each([
    ['time', 'quarkus', { ...quarkus, time: record.timestamp }],
    ['level', 'quarkus', { ...quarkus, level: undefined, lvl: 'ERROR', time: record.timestamp }],
    ['message, logger, thread', 'log4j2-ecs', { ...ecs, msg: 'boom', logger: 'com.acme.Orders', thread: 'main' }],
    ['throwable', 'log4j2-ecs', { ...ecs, ...record, error: { kind: TYPES[0], frames: FRAMES, cause } }],
  ])('%s', (what, layout, value) => {
    const event = eventOf(value)
    expect(event).toMatchObject({ layout, timeMs: AT, level: 'ERROR', message: 'boom', logger: 'com.acme.Orders', thread: 'main' })
    expect(typesOf(event)).toEqual(what === 'throwable' ? TYPES : [])
    expect([...event.context.keys()].filter((key) => !(key in record))).toEqual([])
  })

  it('is not what the context has under such a name', () => {
    const event = eventOf({ ...ecs, message: 'boom', msg: 'mine', level: 'L2', error: { type: 'order.invalid', message: 'x' } })
    expect(event).toMatchObject({ message: 'boom', level: 'ERROR', throwable: null })
    expect(Object.fromEntries(event.context)).toEqual({ msg: 'mine', level: 'L2', 'error.type': 'order.invalid', 'error.message': 'x' })
  })
})

describe('a level', () => {
  const logstash = { '@timestamp': record.timestamp, '@version': '1', message: 'boom', logger_name: 'a.B' }

  it.each([
    ['that a context key replaced', { ...logstash, level: 'L2', level_value: 30_000 }, 'WARN'],
    ['that a context key contradicts', { ...logstash, level: 'DEBUG', level_value: 40_000 }, 'ERROR'],
    ['in any JSON', { msg: 'boom', level: 'DEBUG', level_value: 40_000 }, 'ERROR'],
    ['with a number of a scale that nobody knows', { msg: 'boom', level: 'WARN', level_value: 300 }, 'WARN'],
    ['that is none', { ...record, level: 'L2', severity: 'WARN' }, 'WARN'],
    ['in GELF', { version: '1.1', short_message: 'boom', level: 4, _level_name: '1' }, 'WARN'],
  ])('%s', (_, value, level) => {
    expect(eventOf(value).level).toBe(level)
  })
})

describe('a time', () => {
  it('is by whoever logged, not by who read the line', () => {
    expect(eventOf({ ...record, '@timestamp': '2026-08-01T10:00:05Z' }).timeMs).toBe(AT)
  })

  it('is not any number under its name', () => {
    const { timestamp, ...rest } = record
    expect(eventOf({ ...rest, '@timestamp': timestamp, time: 15 }).timeMs).toBe(AT)
    expect(contextOf({ ...rest, '@timestamp': timestamp, time: 15 })).toEqual({ time: '15' })
  })
})

describe('context', () => {
  it.each([
    [
      'names that were not used',
      {
        text: 'page 3',
        body: 'b',
        msg: 'm',
        date: 'today',
        severity: 'ERROR',
        stack: 'lamp',
        err: 'E-42',
        exception: 'none',
      },
    ],
    ['a category', { category: 'books' }],
    ['a class', { thrown: 'com.acme.Foo' }],
    ['an object of a fault', { error: { code: '7' } }],
  ])('keeps %s', (_, fields) => {
    const event = eventOf({ ...record, logger: undefined, ...fields })
    expect(event).toMatchObject({ message: 'boom', logger: null, throwable: null })
    expect(Object.fromEntries(event.context)).toEqual('error' in fields ? { 'error.code': '7' } : fields)
  })

  it('keeps a text of the context that is called like an object of the schema', () => {
    const event = eventOf({ 'ecs.version': '1.2.0', 'log.level': 'ERROR', message: 'boom', log: 'a.log' })
    expect(event.context.get('log')).toBe('a.log')
  })

  it("keeps what is called like a logger's or level's field, beside the one that is", () => {
    const event = eventOf({ version: '1.1', short_message: 'boom', level: 3, _logger: 'a.B', _loggerName: 'mine', _level_name: '1' })
    expect(event.logger).toBe('a.B')
    expect(Object.fromEntries(event.context)).toEqual({ loggerName: 'mine', level_name: '1' })
  })

  it('takes a category that is dotted for the logger, where there is no other', () => {
    expect(eventOf({ ...record, logger: undefined, category: 'com.acme.Orders' })).toMatchObject({ logger: 'com.acme.Orders' })
  })
})
