/** Where shippers and their outputs put the line that was logged: as it is, compressed, behind a prefix, under a key of their own. */
import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createDecoder } from '../../../src/decode/decode.ts'
import { decode, eventOf, limits, typesOf } from './samples.ts'

const TRACE = 'com.acme.OrderException: order 42 failed\n\tat com.acme.Orders.handle(Orders.java:5)\n'
const LOGSTASH = JSON.stringify({
  '@timestamp': '2026-08-01T10:00:00.123Z',
  '@version': '1',
  message: 'boom',
  level: 'ERROR',
  level_value: 40_000,
  logger_name: 'com.acme.Checkout',
  stack_trace: TRACE,
})
const PRINTED = `2026-08-01 10:00:00,123 ERROR [main] com.acme.Checkout - boom\n${TRACE}`
const OTLP = {
  resourceLogs: [
    {
      scopeLogs: [
        {
          scope: { name: 'com.acme.Checkout' },
          logRecords: [
            {
              timeUnixNano: '1785578400123000000',
              severityNumber: 17,
              body: { stringValue: 'boom' },
              attributes: [{ key: 'exception.stacktrace', value: { stringValue: TRACE } }],
            },
          ],
        },
      ],
    },
  ],
}
const filebeat = { '@metadata': { beat: 'filebeat' }, agent: { type: 'filebeat' } }
const gelf = { version: '1.1', host: 'n1', timestamp: 1_785_578_405.12 }
const journal = { PRIORITY: '4', _HOSTNAME: 'n1', _SYSTEMD_UNIT: 'pay.service', __REALTIME_TIMESTAMP: '1785578405000000' }
const cloudEvent = { specversion: '0.3', id: '1', type: 'log', source: '/pay', datacontentencoding: 'base64' }
const syslog = { source_type: 'syslog', appname: 'pay', severity: 'info', timestamp: '2026-08-01T10:00:05Z', host: 'n1' }

const RECORDS: readonly [string, Buffer | string | object, string][] = [
  ['the line in event.original', { ...filebeat, event: { original: LOGSTASH } }, 'filebeat'],
  ['OTLP under a key of Filebeat', { ...filebeat, json: OTLP }, 'filebeat'],
  ['OTLP in `log`', { log: OTLP }, 'fluent-bit'],
  ['a short message of GELF that is JSON', { ...gelf, short_message: LOGSTASH }, 'fluent-bit'],
  ['a short message of GELF that is a log line', { ...gelf, short_message: PRINTED, _stream: 'stdout' }, 'fluent-bit'],
  ['the journal, and JSON in it', { MESSAGE: LOGSTASH, ...journal }, 'fluent-bit'],
  ['the journal, and a log line in it', { MESSAGE: PRINTED, ...journal }, 'fluent-bit'],
  ['a time and a record', [1_785_578_405.12, { log: LOGSTASH }], 'fluent-bit'],
  ['a tag, a time and a record', ['app.pay', 1_785_578_405, { log: LOGSTASH }], 'fluent-bit'],
  ['a CloudEvent before 1.0 in Base64', { ...cloudEvent, data: Buffer.from(LOGSTASH).toString('base64') }, 'cloudevents'],
  ['a log line behind a severity of syslog', { ...syslog, message: PRINTED }, 'vector'],
  ['JSON behind a log prefix', `2026-08-01 10:00:05,001 INFO [main] com.acme.Other - ${LOGSTASH}`, ''],
  ['JSON behind a prefix in brackets', `[2026-08-01 10:00:05,001] INFO pay: ${LOGSTASH}`, ''],
  ['gzip', gzipSync(LOGSTASH), ''],
  ['zlib', deflateSync(LOGSTASH), ''],
]

describe('the line that was logged', () => {
  it.each(RECORDS)('is read: %s', (_, record, envelope) => {
    const event = eventOf(record)
    expect(event).toMatchObject({ level: 'ERROR', logger: 'com.acme.Checkout', message: 'boom', timeMs: 1_785_578_400_123 })
    expect([typesOf(event), event.envelopes.join()]).toEqual([['com.acme.OrderException'], envelope])
  })

  it('leaves the record as it is where it is none', () => {
    expect(eventOf({ ...gelf, short_message: '{"id":7}', level: 3 })).toMatchObject({
      layout: 'log4j2-gelf',
      message: '{"id":7}',
      level: 'ERROR',
    })
    expect(eventOf({ ...gelf, short_message: LOGSTASH, level: 4, _logger: 'a.B' })).toMatchObject({ level: 'WARN', logger: 'a.B' })
    expect(eventOf({ ...journal, MESSAGE: 'disk is full' })).toMatchObject({ level: 'WARN', message: 'disk is full', host: 'n1' })
    expect(eventOf({ MESSAGE: 'x', trace: TRACE })).toMatchObject({ layout: 'generic-json' })
    expect(eventOf({ ...syslog, message: 'boom' })).toMatchObject({ level: 'INFO', message: 'boom' })
    expect(eventOf('2026-08-01 10:00:05,001 INFO a.B - {"level":"ERROR","message":"x"}')).toMatchObject({
      layout: 'plain-text',
      level: 'INFO',
    })
  })
})

describe('what is compressed', () => {
  it('is read as far as it is there', () => {
    const whole = gzipSync(
      JSON.stringify({ level: 'ERROR', message: 'boom', noise: Array.from({ length: 500 }, (_, i) => (i * i).toString(36)) }),
    )
    expect(eventOf(whole.subarray(0, whole.length - 200))).toMatchObject({ message: 'boom', truncated: true })
  })

  it('is refused past the limit of a record', () => {
    const small = createDecoder({ ...limits, maxRecordBytes: 1_000 })
    expect(small(gzipSync('{"level":"ERROR","message":"m"}'))).toMatchObject([{ kind: 'ok' }])
    expect(small(gzipSync(' '.repeat(1_001)))).toMatchObject([{ kind: 'dead', reason: 'too_large' }])
  })

  it('is not what begins like it', () => {
    expect(decode(Buffer.from([0x1f, 0x8b, 0x08, 0xff]))).toMatchObject([{ kind: 'dead', reason: 'not_utf8' }])
    expect(eventOf(`x\u0001 2026\n${TRACE}`).throwable).not.toBeNull()
  })
})
