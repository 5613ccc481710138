/** A message that is an object says what it says under `message`, and the rest of it is context; without that, it is shown whole. */
import { describe, expect, it } from 'vitest'
import { eventOf, typesOf } from './samples.ts'

const jsonLayout = (message: unknown) => ({
  instant: { epochSecond: 1, nanoOfSecond: 0 },
  level: 'ERROR',
  loggerName: 'a.B',
  message,
  loggerFqcn: 'x',
  endOfBatch: false,
})
const anyValue = (value: unknown): object =>
  Array.isArray(value)
    ? { arrayValue: { values: value.map(anyValue) } }
    : typeof value === 'object' && value !== null
      ? { kvlistValue: { values: Object.entries(value).map(([key, one]) => ({ key, value: anyValue(one) })) } }
      : typeof value === 'number'
        ? { intValue: value }
        : { stringValue: value }
const otlp = (body: unknown) => ({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 17, body: anyValue(body) }] }] }] })
const generic = (message: unknown) => ({ level: 'ERROR', msg: message, ts: 1 })

describe.each([
  ['JsonLayout with objectMessageAsJsonObject', jsonLayout],
  ['an OTLP body of keys and values', otlp],
  ['any JSON', generic],
])('%s', (_, record) => {
  it.each(['message', 'msg'])('takes what stands under %s, and keeps the rest', (name) => {
    const event = eventOf(record({ [name]: 'could not place order 3', order: { id: 3 }, state: 'new' }))
    expect(event.message).toBe('could not place order 3')
    expect(Object.fromEntries(event.context)).toMatchObject({ 'message.order.id': '3', 'message.state': 'new' })
  })

  it('shows an object whole that has no words', () => {
    expect(eventOf(record({ event: 'login_failed', user: 'anna' })).message).toBe('{"event":"login_failed","user":"anna"}')
    expect(eventOf(record({ message: '', code: 7 })).message).toBe('{"message":"","code":7}')
  })

  it.each([[' '], [true], [['a', 'b']]])('goes past %j, which says nothing', (message) => {
    expect(eventOf(record({ message, msg: 'could not place order 3' })).message).toBe('could not place order 3')
  })

  it('shows an object whole whose words are an object', () => {
    expect(eventOf(record({ message: { text: 'no' }, msg: 'boom' })).message).toBe('{"message":{"text":"no"},"msg":"boom"}')
  })

  it('takes the trace that stands in it', () => {
    const event = eventOf(record({ message: 'boom', cause: { text: 'a.E: x\n\tat com.acme.B.c(B.java:1)\n' } }))
    expect([typesOf(event), event.message, [...event.context.values()].join()]).toEqual([
      ['a.E'],
      'boom',
      expect.not.stringContaining('B.java'),
    ])
  })
})
