/** Which lines become which records: tables of layouts, and the law that chunks, resume points and pauses change nothing. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecordAssembler } from '../../../src/source/record-assembler.ts'
import { assemble, cutAt, shown, texts } from './assembled.ts'

const PRETTY = '{\n  "level" : "ERROR",\n  "thrown" : {\n    "frames" : [ {\n      "line" : 4\n    } ]\n  }\n}'
const TRACE =
  'java.lang.IllegalStateException: boom\n\tat com.acme.Orders.load(Orders.java:3)\nCaused by: java.net.ConnectException: refused\n\t... 7 more'

describe('records from lines', () => {
  const cases: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
    ['each line that holds an object is a record', '{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['blank lines are no records', '{"a":1}\n\n \t\n{"b":2}\n\n', ['{"a":1}', '{"b":2}']],
    ['a carriage return is no part of a line', '{"a":1}\r\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ['an unterminated last line is a record at the end', '{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ['a byte order mark is no part of the first record', '\uFEFF{"a":1}\n', ['{"a":1}']],
    [
      'a stack trace belongs to the line that logged it',
      `2026-03-01 10:00:00,123 ERROR c.J - boom\n${TRACE}\n2026-03-01 10:00:01,000 ERROR c.J - next\n`,
      [`2026-03-01 10:00:00,123 ERROR c.J - boom\n${TRACE}`, '2026-03-01 10:00:01,000 ERROR c.J - next'],
    ],
    [
      'a message of several lines belongs to its head',
      'ERROR c.J - first\nsecond\nWARN  c.J - other\n',
      ['ERROR c.J - first\nsecond', 'WARN  c.J - other'],
    ],
    ['a trace without a head is one record', `${TRACE}\n{"a":1}\n`, [TRACE, '{"a":1}']],
    ['lines without a head are records of their own', 'one\ntwo\n', ['one', 'two']],
    [
      'java.util.logging writes two lines',
      'Mar 01, 2026 10:00:00 AM c.J run\nSEVERE: boom\nMar 01, 2026 10:00:01 AM c.J run\nINFO: ok\n',
      ['Mar 01, 2026 10:00:00 AM c.J run\nSEVERE: boom', 'Mar 01, 2026 10:00:01 AM c.J run\nINFO: ok'],
    ],
    [
      'a level at the start of a line is a head elsewhere',
      '2026-03-01 10:00:00 INFO c.J - fine\nERROR: boom\n',
      ['2026-03-01 10:00:00 INFO c.J - fine', 'ERROR: boom'],
    ],
    ['an object begins a record also after text', 'Starting\n  . ____\n{"a":1}\n', ['Starting\n  . ____', '{"a":1}']],
    ['a trace after a whole object is a record of its own', `{"a":1}\n${TRACE}\n`, ['{"a":1}', TRACE]],
    ['pretty-printed objects are joined until their braces close', `${PRETTY}\n${PRETTY}\n`, [PRETTY, PRETTY]],
    ['pretty-printed objects in an array lose bracket and comma', `[\n${PRETTY}\n, ${PRETTY}\n\n]\n`, [PRETTY, PRETTY]],
    [
      'indented objects in an array are records',
      '[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]\n',
      ['{\n    "a": 1\n  }', '{\n    "a": 2\n  }'],
    ],
    ['compact objects in an array are records', '[\n{"a":1},\n{"a":2}\n]\n', ['{"a":1}', '{"a":2}']],
    [
      'braces in strings do not count',
      '{\n"m" : "{{ \\" } \\" ",\n"n" : 1\n}\n{"b":2}\n',
      ['{\n"m" : "{{ \\" } \\" ",\n"n" : 1\n}', '{"b":2}'],
    ],
    [
      'an array of trace lines stays in its object',
      '{"m":"x","stack":[\n\t"a",\n\t"Caused by: b"]}\n{"b":2}\n',
      ['{"m":"x","stack":[\n\t"a",\n\t"Caused by: b"]}', '{"b":2}'],
    ],
    ['an object that was cut ends at the next one', '{"a":"cut he\n{"b":2}\n', ['{"a":"cut he', '{"b":2}']],
    [
      'an object that was cut between fields ends at the next head',
      '{"a":1,\n2026-03-01 10:00:00 ERROR c.J - x\n',
      ['{"a":1,', '2026-03-01 10:00:00 ERROR c.J - x'],
    ],
    [
      'a trace that was never escaped stays in its object',
      '{"m":"boom\n\tat com.acme.A.b(A.java:1)\n"}\n{"b":2}\n',
      ['{"m":"boom\n\tat com.acme.A.b(A.java:1)\n"}', '{"b":2}'],
    ],
  ]
  it.each(cases)('%s', (_name, text, expected) => {
    expect(texts(text)).toEqual(expected)
  })

  it('an offset is the number of the first line, and the position is behind the last', () => {
    const { records, next } = assemble([Buffer.from('\n{"a":1}\n\n{\n"b":2\n}\n\n')])
    expect(records.map(({ offset }) => offset)).toEqual([1, 3])
    expect(next).toBe(7)
  })

  it('a line over the bound is cut to one byte more than the bound', () => {
    const { records } = assemble([Buffer.from(`{"a":"${'x'.repeat(100)}"}\n{"b":2}\n`)], { maxRecordBytes: 20 })
    expect(records.map(({ text }) => text.length)).toEqual([21, 7])
  })

  it('a line that fits but for its carriage return is whole', () => {
    const { records } = assemble([Buffer.from('{"a":"12345"}\r\n')], { maxRecordBytes: 13 })
    expect(records).toEqual([{ offset: 0, text: '{"a":"12345"}' }])
  })

  it.each([[[]], [[6]], [[3, 8]]])('a long line is cut where the bound falls on a carriage return, chunks ending at %j', (places) => {
    const { records } = assemble(cutAt(Buffer.from('abcde\rxyz\nnext\n'), places), { maxRecordBytes: 5 })
    expect(records.map(({ text }) => text)).toEqual(['abcde\r', 'next'])
  })

  it('a joined record over the bound is cut, and its rest is no record', () => {
    const { records } = assemble([Buffer.from(`{\n${'"k" : 1,\n'.repeat(20)}"z" : 2\n}\n{"b":2}\n`)], { maxRecordBytes: 40 })
    expect(records.map(({ offset, text }) => [offset, text.length])).toEqual([
      [0, 41],
      [23, 7],
    ])
  })

  it('a record that never ends is given out in parts of bounded length', () => {
    const { records } = assemble([Buffer.from(`ERROR c.J - x\n${'noise\n'.repeat(50_000)}`)])
    expect(records[0]?.text.split('\n').length).toBe(20_000)
    expect(records[1]?.offset).toBe(20_000)
  })
})

const line = fc.constantFrom(
  '{"a":1}',
  '{"a":"ü"}',
  '{',
  '"k" : 1,',
  '}',
  ', {',
  '[',
  ']',
  '',
  '  indented',
  '\tat c.A.b(A.java:1)',
  'Caused by: x.Y: z',
  '2026-03-01 10:00:00 ERROR c.J - boom',
  'plain words',
  '{"cut":"he',
  'ERROR x',
)
const content = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, end, terminated]) => Buffer.from(lines.join(end) + (terminated ? end : '')))

describe('the law of the assembler', () => {
  it('the same records come out however the bytes are cut', () => {
    fc.assert(
      fc.property(content, fc.array(fc.nat(), { maxLength: 20 }), fc.integer({ min: 3, max: 40 }), (bytes, places, maxRecordBytes) => {
        expect(assemble(cutAt(bytes, places), { maxRecordBytes })).toMatchObject({ records: assemble([bytes], { maxRecordBytes }).records })
      }),
    )
  })

  it('a resume anywhere gives exactly the records that begin there or later', () => {
    fc.assert(
      fc.property(content, fc.nat({ max: 32 }), (bytes, from) => {
        const all = assemble([bytes]).records
        expect(assemble([bytes], { from }).records).toEqual(all.filter(({ offset }) => offset >= from))
      }),
    )
  })

  it('a pause in the writing changes no offset, and no record that was written whole', () => {
    fc.assert(
      fc.property(content, fc.nat({ max: 500 }), fc.boolean(), (bytes, at, patient) => {
        const assembler = new RecordAssembler({ maxRecordBytes: 1_000, key: null })
        assembler.push(bytes.subarray(0, at))
        assembler.settle(patient)
        assembler.push(bytes.subarray(at))
        assembler.end()
        const records = assembler.drain(0).flatMap((batch) => batch.records.map(shown))
        expect(records.map(({ offset }) => offset)).toEqual(assemble([bytes]).records.map(({ offset }) => offset))
      }),
    )
  })

  it('an object that is whole need not wait for the next line, but a half one does', () => {
    const assembler = new RecordAssembler({ maxRecordBytes: 1_000, key: null })
    assembler.push(Buffer.from('{"a":1}\n'))
    assembler.settle(true)
    expect(assembler.drain(0)).toMatchObject([{ records: [{ offset: 0 }], next: 1 }])
    assembler.push(Buffer.from('{\n"b":1\n'))
    assembler.settle(false)
    expect(assembler.drain(0)).toEqual([])
    expect(assembler.position).toBe(1)
  })
})
