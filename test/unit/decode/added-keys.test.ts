/** What a shipper adds to a record is not what its layout is known by. */
import { describe, expect, it } from 'vitest'
import { eventOf, typesOf } from './samples.ts'

const AT = Date.parse('2026-08-01T10:00:00.123Z')
const TYPES = ['com.acme.OrderException', 'java.net.ConnectException']
const TRACE = `${TYPES[0]}: order 42 failed\n\tat com.acme.Orders.handle(Orders.java:5)\nCaused by: ${TYPES[1]}: refused\n\tat com.acme.Repo.connect(Repo.java:9)\n`
const LOGSTASH = { '@version': '1', '@timestamp': '2026-08-01T10:00:05.000Z' }

const frames = [{ className: 'com.acme.Orders', methodName: 'handle', fileName: 'Orders.java', lineNumber: 5 }]
const logback = {
  sequenceNumber: 0,
  timestamp: AT,
  nanoseconds: 123_000_000,
  level: 'ERROR',
  threadName: 'main',
  loggerName: 'com.acme.Orders',
  context: { name: 'shop', birthdate: 1, properties: {} },
  mdc: { tenant: 'acme' },
  message: 'order {} failed',
  arguments: ['42'],
  throwable: {
    className: TYPES[0],
    message: 'x',
    stepArray: frames,
    cause: { className: TYPES[1], message: 'refused', stepArray: frames },
  },
}
const exceptionType = (type: string | undefined) => ({
  refId: 1,
  exceptionType: type,
  message: 'x',
  frames: [{ class: 'com.acme.Orders', method: 'f' }],
})
const jboss = {
  timestamp: '2026-08-01T10:00:00.123Z',
  sequence: 0,
  loggerClassName: 'org.jboss.logging.Logger',
  loggerName: 'com.acme.Orders',
  level: 'ERROR',
  message: 'order 42 failed',
  threadName: 'main',
  mdc: { tenant: 'acme' },
  exception: { ...exceptionType(TYPES[0]), causedBy: { exception: exceptionType(TYPES[1]) } },
}
const own = {
  timestamp: '2026-08-01T10:00:00.123+0000',
  level: 'ERROR',
  message: 'order 42 failed',
  logger: 'com.acme.Orders',
  thread: 'main',
  mdc: { tenant: 'acme' },
  exception: { class: TYPES[0], message: 'order 42 failed', stackTrace: TRACE },
}

describe('after Logstash', () => {
  it.each([
    ['logback-json', logback],
    ['quarkus', jboss],
    ['generic-json', own],
  ])('%s', (layout, record) => {
    const event = eventOf({ ...LOGSTASH, ...record })
    expect(event).toMatchObject({ layout, level: 'ERROR', logger: 'com.acme.Orders', thread: 'main', message: 'order 42 failed' })
    expect(typesOf(event)).toEqual(TYPES)
    expect(event.context.get('tenant')).toBe('acme')
  })
})
