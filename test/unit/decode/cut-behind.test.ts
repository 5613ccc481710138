/** A record that was cut behind its trace is the same error as the whole one; one that was cut within it may have lost the root cause. */
import { describe, expect, it } from 'vitest'
import { createFingerprinter } from '../../../src/fingerprint/fingerprint.ts'
import { eventOf } from './samples.ts'

const fingerprint = createFingerprinter({ ownPackages: ['com.acme'] })

const TRACE =
  'com.acme.OrderException: order failed\n\tat com.acme.Orders.handle(Orders.java:5)\nCaused by: java.net.ConnectException: refused\n\tat com.acme.Repo.connect(Repo.java:9)\n'
const frame = (name: string, method: string) => [{ class: `com.acme.${name}`, method, file: `${name}.java`, line: 5 }]
const jsonLayout = JSON.stringify({
  instant: { epochSecond: 1_785_578_400, nanoOfSecond: 0 },
  level: 'ERROR',
  loggerName: 'com.acme.Orders',
  message: 'boom',
  thrown: {
    message: 'order failed',
    name: 'com.acme.OrderException',
    cause: { message: 'refused', name: 'java.net.ConnectException', extendedStackTrace: frame('Repo', 'connect') },
    extendedStackTrace: frame('Orders', 'handle'),
  },
  contextMap: { tenant: 'acme' },
})
const ecs = JSON.stringify({
  'log.level': 'ERROR',
  message: 'boom',
  'error.type': 'com.acme.OrderException',
  'error.stack_trace': TRACE,
  z: 'acme',
})
const lines = JSON.stringify({ 'log.level': 'ERROR', message: 'boom', 'error.stack_trace': TRACE.trimEnd().split('\n'), z: 'acme' })
const last = JSON.stringify({ level: 'ERROR', message: 'boom', thrown: (JSON.parse(jsonLayout) as { thrown: unknown }).thrown })
const upTo = (record: string, text: string, more = 0) => record.slice(0, record.indexOf(text) + text.length + more)

describe.each([
  ['objects', jsonLayout],
  ['a text', ecs],
  ['a list of lines', lines],
])('a trace as %s', (_, record) => {
  const whole = keyOf(record)

  it.each([
    ['without its last brace', record.slice(0, -1)],
    ['within what stands behind', record.slice(0, record.lastIndexOf('acme') + 2)],
    ['within a key behind', record.slice(0, record.lastIndexOf('acme') - 4)],
  ])('is whole in a record %s', (__, cut) => {
    expect(eventOf(cut)).toMatchObject({ truncated: true, isTraceWhole: true })
    expect(keyOf(cut)).toBe(whole)
  })

  it.each([
    ['its last frame', upTo(record, 'Repo', 5)],
    ['its beginning', upTo(record, 'com.acme.OrderException', 3)],
  ])('is cut within %s', (__, cut) => {
    expect(eventOf(cut).isTraceWhole).toBeUndefined()
    expect(eventOf(cut).truncated).toBe(true)
    expect(keyOf(cut)).not.toBe(whole)
  })
})

describe('a throwable that comes last', () => {
  it('is whole without the brace of the record', () => {
    expect(keyOf(last.slice(0, -1))).toBe(keyOf(last))
  })

  it('is cut without its own brace', () => {
    expect(eventOf(last.slice(0, -2)).isTraceWhole).toBeUndefined()
  })
})

it('has lost its trace where only its name was written', () => {
  const event = eventOf('{"log.level":"ERROR","message":"boom","error.type":"com.acme.OrderException","error.message":"x","error.stack')
  expect(event).toMatchObject({ truncated: true, throwable: { form: 'chain' } })
  expect(event.isTraceWhole).toBeUndefined()
})

function keyOf(record: string): string {
  return fingerprint(eventOf(record)).fp
}
