import { describe, expect, it } from 'vitest'
import { createDecoder } from '../../../src/decode/decode.ts'
import type { ErrorEvent, Outcome } from '../../../src/event.ts'
import { decode, limits, sample, typesOf } from './samples.ts'

const BOOM = {
  layout: 'log4j2-json',
  level: 'ERROR',
  timeMs: Date.parse('2026-11-21T07:47:27.023Z'),
  message: 'Order 42 failed after 1234 ms',
  truncated: false,
}
const plain = (fields: object) => ok({ layout: 'generic-json', level: 'ERROR', truncated: false, ...fields })
const ok = (value: object) => ({ kind: 'ok', value })
const dead = (reason: string) => ({ kind: 'dead', reason })

/** What becomes of each hostile sample. */
const OUTCOMES: [name: string, outcomes: object[]][] = [
  ['array-of-records', [ok(BOOM), ok(BOOM)]],
  ['bad-types', [plain({ message: '{"k":[1,2]}', timeMs: 1_785_578_400_100, throwable: { form: 'text', text: 'java.lang.X: y' } })]],
  ['bigint-ts', [plain({ message: 'f', timeMs: null })]],
  ['bom-prefix', [ok(BOOM)]],
  ['deep-nesting-5000', [plain({ message: '', throwable: null, truncated: true })]],
  ['dup-keys', [plain({ message: 'dup', timeMs: 1 })]],
  ['empty', [dead('empty')]],
  ['far-future-ts', [plain({ timeMs: 4_102_444_800_000 })]],
  ['gbk-bytes', [plain({ message: '\ufffd\ufffd\ufffd\ufffd\u02a7\ufffd\ufffd' })]],
  ['header-only', [dead('empty')]],
  ['invalid-utf8', [ok({ ...BOOM, message: 'Order \ufffd\ufffd\ufffd( failed after 1234 ms' })]],
  ['json-null', [dead('unknown_layout')]],
  ['json-number', [dead('unknown_layout')]],
  ['json-string', [ok(BOOM)]],
  ['log4j-complete-trailing-comma', [ok(BOOM)]],
  ['lone-surrogate', [plain({ message: '\ufffd cut' })]],
  ['nan', [plain({ message: 'f', timeMs: null })]],
  ['plain-text', [ok({ layout: 'plain-text', level: 'ERROR', logger: 'com.example.J', message: 'boom' })]],
  ['proto-pollution', [plain({ message: 'p' })]],
  ['secrets-in-message', [plain({ message: expect.stringContaining('password=hunter2') })]],
  ['trailing-nul', [ok(BOOM)]],
  ['truncated-midescape', [dead('truncated')]],
  ['truncated-midstring', [ok({ ...BOOM, truncated: true })]],
  ['two-records-newline', [ok(BOOM), ok(BOOM)]],
  ['zero-ts', [plain({ timeMs: 0 })]],
]

describe('malformed records', () => {
  it.each(OUTCOMES)('%s', (name, expected) => {
    expect(decode(sample(`malformed/${name}.bin`))).toMatchObject(expected)
  })

  it('cuts a message of 1 MiB at its limit, and says nothing is lost of the error', () => {
    const event = only(decode(Buffer.from(JSON.stringify({ level: 'ERROR', message: 'A'.repeat(1_048_576) }))))
    expect([event.message.length, event.message.endsWith('A…'), event.truncated]).toEqual([limits.maxMessageChars, true, false])
  })

  it('keeps the first of 10,000 context keys', () => {
    const contextMap = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, String(i)]))
    const event = only(decode(Buffer.from(JSON.stringify({ level: 'ERROR', message: 'm', contextMap }))))
    expect([...event.context]).toEqual(Array.from({ length: limits.maxContextKeys }, (_, i) => [`k${i}`, String(i)]))
  })

  it('pollutes no prototype', () => {
    const event = only(decode(sample('malformed/proto-pollution.bin')))
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    expect(event.context.get('__proto__.x')).toBe('1')
  })

  it('keeps the types of a chain that was cut in its innermost frames', () => {
    const event = only(decode(sample('malformed/truncated-midstring.bin')))
    expect(event.throwable).toMatchObject({
      form: 'chain',
      chain: { cause: { cause: { type: 'java.net.ConnectException', frames: [{ line: 4 }] } } },
    })
  })
})

describe('records', () => {
  const record = (n: number) => JSON.stringify({ level: 'ERROR', message: `m${n}` })
  const messages = (text: string) =>
    decode(Buffer.from(text)).map((o) => (o.kind === 'ok' ? o.value.message : o.kind === 'dead' ? o.reason : o.kind))

  it.each([
    [`${record(1)}\n${record(2)}`, ['m1', 'm2']],
    [`${record(1)}${record(2)}`, ['m1', 'm2']],
    [`${record(1)}\0${record(2)}\0`, ['m1', 'm2']],
    [`[\n${record(1)}\n,\n${record(2)}`, ['m1', 'm2']],
    [`,\r\n${record(1)}\r\n`, ['m1']],
    [`]\n`, ['empty']],
    [`[${record(1)},5]`, ['m1', 'unknown_layout']],
    [`${record(1)} oops ${record(2)}`, ['m1', 'not_json', 'm2']],
    [`{"level":"ERROR","message":"cut\n${record(2)}`, ['cut…', 'm2']],
    [`<14>Aug 1 10:00:00 host app: ${record(1)}`, ['m1']],
    [`2026-08-01T10:00:00Z host app: ${record(1)}`, ['m1']],
    [`2026-08-01T10:00:00.123456789Z stderr F ${record(1)}`, ['m1']],
    [`header {\n  "level": "ERROR",\n  "message": "m1"\n}`, ['m1']],
    [`{"level":"ERROR","message":"two\nlines and \\x",}`, ['two\nlines and \\x']],
    [`{"level":"ERROR","message":"m","a":-Infinity,"b":1.5E+3,"c":-2}`, ['m']],
    ['not a log', ['not_json']],
    [`{"level":"ERROR","message":"cut${record(2)}`, ['cut…', 'm2']],
    [`{"level":"ERROR","message":"cut","lev${record(2)}`, ['cut', 'm2']],
    [`{"level":"ERROR","message":"m1","n":12${record(2)}${record(3)}`, ['m1', 'm2', 'm3']],
    [`{"level":"ERROR","message":"m1","mdc":{"a":[1]${record(2)}`, ['m1', 'm2']],
    [`{"level":"ERROR","message":": cut${record(2)}`, [': cut…', 'm2']],
    [`{"level":"ERROR","message":"m1 {"}\n${record(2)}`, ['m1 {', 'm2']],
    [`${record(1)}}`, ['m1']],
    [`${record(1)}]},\n${record(2)}`, ['truncated', 'm2']],
    [`"nano":1},"thread":"t","mdc":${record(1)},"list":[${record(1)},${record(1)}],"end":true}`, ['truncated']],
    [`${record(1)},"process":{"thread":"t"}}\n${record(2)}`, ['truncated', 'm2']],
    [`"t"}},"mdc":${record(1)}}${record(2)}`, ['truncated', 'm2']],
    [`half a text","mdc":${record(1)}}`, ['not_json']],
    [`":{"half":"x"},"list":[{"a":1}]}`, ['not_json']],
  ])('%j gives %j', (text, expected) => {
    expect(messages(text)).toEqual(expected)
  })

  it.each([
    ['com.acme.E: {"a":1}\nof two lines\n\tat a.B.c(B.java:1)', 'com.acme.E'],
    ['Odd [1]\n\tat a.B.c(B.java:1)', 'java.lang.Throwable'],
  ])('give an event the trace that is printed behind it: %j', (trace, type) => {
    for (const text of [`${record(1)}\n${trace}\n${record(2)}`, JSON.stringify({ log: `${record(1)}\n${trace}\n`, stream: 'stdout' })]) {
      const [first, second] = decode(Buffer.from(text)).map((outcome) => (outcome.kind === 'ok' ? outcome.value : null))
      expect(first).toMatchObject({ message: 'm1', throwable: { text: trace }, truncated: false })
      expect(typesOf(first!)).toEqual([type])
      expect(second?.message).toBe(text.includes('log') ? undefined : 'm2')
    }
    expect(messages(`${record(1)}\n${trace}\n`.repeat(100))).toEqual(Array.from({ length: 100 }, () => 'm1'))
    const own = JSON.stringify({ level: 'ERROR', message: 'm', stack_trace: 'a.Own: y\n\tat a.B.c(B.java:1)' })
    expect(typesOf(only(decode(Buffer.from(`${own}\n${trace}`))))).toEqual(['a.Own'])
  })

  it('are not looked for without end among members and texts', () => {
    expect(messages(`${'"a":1,'.repeat(30_000)}${record(1)}`)).toEqual(['truncated', 'not_json'])
    expect(messages(`${'"a",'.repeat(30_000)}${record(1)}`)).toEqual(['not_json'])
  })

  it('drops a tombstone', () => {
    expect(decode(null)).toEqual([{ kind: 'drop', reason: 'tombstone' }])
  })

  it('refuses a record past its limit, and events past theirs, with a reason', () => {
    const small = createDecoder({ ...limits, maxRecordBytes: 100, maxEventsPerRecord: 2 })
    expect(small(Buffer.alloc(101, 0x20))).toMatchObject([dead('too_large')])
    expect(small(Buffer.from(`[${record(1)},${record(2)}]`))).toMatchObject([ok({}), ok({})])
    expect(small(Buffer.from(`${record(1)}${record(2)}${record(3)}`))).toMatchObject([
      ok({ message: 'm1' }),
      ok({ message: 'm2' }),
      dead('too_large'),
    ])
  })

  it('says of bytes that are not UTF-8 what they are', () => {
    expect(decode(Buffer.from([0xff, 0xfe, 0x41, 0x80]))).toMatchObject([dead('not_utf8')])
  })

  it.each([
    ['UTF-16 with a mark', (text: string) => Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()])],
    ['UTF-16, little end first, with a mark', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['UTF-16 without a mark', (text: string) => Buffer.from(text, 'utf16le').swap16()],
    ['UTF-16, little end first, without a mark', (text: string) => Buffer.from(text, 'utf16le')],
  ])("reads %s, as Log4j's charset has it", (_, encode) => {
    expect(only(decode(encode('{"level":"ERROR","message":"中文 é"}')))).toMatchObject({ message: '中文 é' })
    expect(only(decode(encode('{"level":"ERROR","message":"\ud83d"}'))).message).toBe('\ufffd')
  })

  it('keeps an event that was cut without its level', () => {
    expect(only(decode(Buffer.from('{"ecs.version":"1.2.0","message":"half a mess')))).toMatchObject({
      level: 'ERROR',
      message: 'half a mess…',
      truncated: true,
    })
  })

  it('marks a trace past its limit as cut', () => {
    const small = createDecoder({ ...limits, maxTraceChars: 20 })
    const event = only(
      small(Buffer.from(JSON.stringify({ level: 'ERROR', message: 'm', stack_trace: 'java.lang.X: y\n\tat a.B.c(B.java:1)\n' }))),
    )
    expect(event).toMatchObject({ truncated: true, throwable: { text: 'java.lang.X: y\n\tat …' } })
  })

  it('marks a chain of more causes than anyone needs as cut, and keeps the outer ones', () => {
    let thrown: object = { name: 'Root' }
    for (let i = 60; i > 0; i--) thrown = { name: `T${i}`, cause: thrown }
    const event = only(decode(Buffer.from(JSON.stringify({ level: 'ERROR', message: 'm', thrown }))))
    let depth = 0
    for (let t = event.throwable?.form === 'chain' ? event.throwable.chain : null; t !== null; t = t.cause) depth++
    expect([depth, event.truncated]).toEqual([50, true])
  })
})

function only(outcomes: readonly Outcome<ErrorEvent>[]): ErrorEvent {
  const [outcome] = outcomes
  if (outcomes.length !== 1 || outcome?.kind !== 'ok') throw new Error(`not one event: ${JSON.stringify(outcomes)}`)
  return outcome.value
}

it.each([
  ['never closed', '{"a":['.repeat(170_000)],
  ['closed', `{"message":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ['only braces', '{'.repeat(1_000_000)],
])('brackets that nest deeper than any record does are told of before they are parsed: %s', (_, text) => {
  expect(decode(Buffer.from(text))).toMatchObject([
    { kind: 'dead', reason: 'not_json', detail: expect.stringContaining('nest deeper than any record does') },
  ])
})

it('brackets inside texts are no nesting', () => {
  expect(decode(Buffer.from(JSON.stringify({ level: 'ERROR', message: '{['.repeat(50_000) })))).toMatchObject([{ kind: 'ok' }])
})
