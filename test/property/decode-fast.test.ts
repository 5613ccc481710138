/**
 * The fast path of decoding, redaction and analysis says what the plain one says, whatever is done to the bytes inside and around a known trace.
 * One decoder of each kind sees a stream of originals and mutants, so that traces become known, are hit, and are nearly hit.
 * A long run: TRACEFOLD_FUZZ_RECORDS=2000000, other records: TRACEFOLD_FUZZ_SEED=2.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAnalyser } from '../../src/classify/analyse.ts'
import { createDecoder } from '../../src/decode/decode.ts'
import { NO_REDACTION_RULES } from '../../src/decode/redaction-file.ts'
import { createRedactor } from '../../src/decode/redactor.ts'
import { isShared } from '../../src/decode/shared-throwable.ts'
import type { ErrorEvent, Outcome } from '../../src/event.ts'
import { limits, sample } from '../unit/decode/samples.ts'

const { redactEvent } = createRedactor(NO_REDACTION_RULES)

const RECORDS = Number(process.env['TRACEFOLD_FUZZ_RECORDS'] ?? 8_000)
const SEED = Number(process.env['TRACEFOLD_FUZZ_SEED'] ?? 20_260_801)
/** Of each original in a row: learnt at the second, hit from the third on. */
const ROUND = 24

const LAYOUTS = ['layouts', 'envelopes', 'otlp'].flatMap((folder) =>
  readdirSync(new URL(`../data/${folder}`, import.meta.url)).map((file) => sample(`${folder}/${file}`)),
)
const BUNDLED = ['ecs', 'logstash-v1', 'jsonlayout'].flatMap((name) =>
  gunzipSync(readFileSync(new URL(`../../samples/${name}.ndjson.gz`, import.meta.url)))
    .toString('utf8')
    .split('\n')
    .slice(0, 40)
    .map((line) => Buffer.from(line)),
)
const ORIGINALS = [...LAYOUTS, ...BUNDLED]

/** What is put in somewhere: what ends, opens, escapes or cuts something, secrets, and halves of what must be whole. */
const PIECES = [
  '"',
  '\\',
  '\\"',
  '\\\\',
  '\\\\"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\0',
  ' ',
  '\\n',
  '\\n\\tat ',
  '\n\tat ',
  '\\u000a\\tat a.B.c(B.java:1)',
  '\\nCaused by: ',
  '…',
  '\\u2026',
  'é',
  '中',
  '😀',
  '\\ud83d',
  '\\ude00',
  '\\ud83d\\ude00',
  '\\uD83D',
  '"a":1,',
  '"message":"again",',
  '"thrown":{"name":"a.B"},',
  '"thrown":null,',
  '"error.stack_trace":"x",',
  '"error.stack_trace":null,',
  '"exception":{},',
  '"exception":{"stacktrace":"y"},',
  '"stack_trace":[],',
  '"__proto__":{"a":1},',
  '"},{"',
  '"}\n{"',
  '{"message":"m","level":"ERROR"}',
  'password=abc ',
  'user@example.com',
  'trace ',
  'NaN',
  '1e999',
].map((piece) => Buffer.from(piece))
const BROKEN = [[0xff], [0xc3], [0xe4, 0xb8], [0xf0, 0x9f, 0x98], [0x80], [0xef, 0xbb, 0xbf]].map((bytes) => Buffer.from(bytes))
const ANCHORS = [
  '\\n\\tat ',
  '\\\\n\\\\tat ',
  '\\"thro',
  '"payload":',
  '"data":',
  '"log":',
  '"thro',
  '"error.stack_trace":"',
  '"exception":',
  '"stack_trace":"',
  'Caused by: ',
  '"message":"',
  '",',
  '}',
].map((anchor) => Buffer.from(anchor))

type Random = (below: number) => number

describe('the fast path', () => {
  it('decodes, redacts and analyses every mutant of every layout as the plain path does', () => {
    const random = randomOf(SEED)
    const twins = {
      fast: createDecoder(limits),
      plain: createDecoder(limits, { knownTraces: false }),
      analyseFast: analyser(),
      analysePlain: analyser(),
    }
    let shared = 0
    let differing: string[] = []
    for (let i = 0; i < RECORDS && differing.length === 0; i++) {
      const original = ORIGINALS[Math.floor(i / ROUND) % ORIGINALS.length]!
      const record = random(3) === 0 ? original : mutant(original, random)
      const fast = twins.fast(record)
      differing = difference(fast, twins.plain(record), record)
      for (const outcome of fast) {
        if (outcome.kind !== 'ok') continue
        if (outcome.value.throwable !== null && isShared(outcome.value.throwable)) shared++
        const event = redactEvent(outcome.value)
        const twin = redactEvent(structuredClone(outcome.value))
        differing.push(...difference(event, twin, record), ...difference(twins.analyseFast(event), twins.analysePlain(twin), record))
      }
    }
    expect(differing).toEqual([])
    expect(shared / RECORDS).toBeGreaterThan(0.2)
  }, 3_600_000)

  it('is taken by text and by frames as objects, and again after each other', () => {
    const decode = createDecoder(limits)
    for (const name of [
      'log4j2-JTL-EcsLayout',
      'log4j2-JsonLayout-default',
      'spring-structured-ecs',
      'log4j2-JTL-LogstashJsonEventLayoutV1',
      'logback-JsonEncoder',
      'log4j2-JTL-EcsLayout',
    ]) {
      const record = sample(`layouts/${name}.ndjson`)
      const throwables = Array.from({ length: 4 }, () => throwableOf(decode(record)))
      expect(throwables[3]).toBe(throwables[2])
      expect(throwables[3]).not.toBeNull()
    }
  })

  it.each([
    'filebeat-json-in-message',
    'kafka-connect-string',
    'kafka-connect-struct',
    'fluent-bit-kubernetes',
    'cloudevents-base64',
    'vector-file',
    'vector-of-filebeat-of-connect',
  ])('is taken inside the envelope of %s', (name) => {
    const decode = createDecoder(limits)
    const record = sample(`envelopes/${name}.json`)
    const throwables = Array.from({ length: 4 }, () => throwableOf(decode(record)))
    expect(throwables[3]).toBe(throwables[2])
    expect(throwables[3]).not.toBeNull()
  })

  it('keeps apart traces that differ in one byte, wherever it is', () => {
    const decode = createDecoder(limits)
    const plain = createDecoder(limits, { knownTraces: false })
    const record = sample('layouts/log4j2-JTL-EcsLayout.ndjson')
    const differing: string[] = []
    decode(record)
    decode(record)
    for (let at = 1; at < record.length; at++) {
      const other = Buffer.from(record)
      other[at] = other[at] === 0x61 ? 0x62 : 0x61
      for (let time = 0; time < 3; time++) differing.push(...difference(decode(other), plain(other), other))
    }
    expect([...differing, ...difference(decode(record), plain(record), record)]).toEqual([])
  })

  it('takes the value that the parser takes where a key comes twice', () => {
    const trace = JSON.stringify(`com.acme.AException: a\n${'\tat com.acme.A.a(A.java:1)\n'.repeat(60)}`)
    const head = '{"ecs.version":"1.2.0","log.level":"ERROR","message":"m"'
    const decode = createDecoder(limits)
    const record = Buffer.from(`${head},"error.stack_trace":${trace}}`)
    for (let time = 0; time < 3; time++) expect(throwableOf(decode(record))).toMatchObject({ text: JSON.parse(trace) as unknown })
    expect(throwableOf(decode(Buffer.from(`${head},"error.stack_trace":${trace},"error.stack_trace":"b"}`)))).toMatchObject({ text: 'b' })
    expect(throwableOf(decode(Buffer.from(`${head},"error.stack_trace":"b","error.stack_trace":${trace}}`)))).toMatchObject({
      text: JSON.parse(trace) as unknown,
    })
  })

  it('leaves a known trace where it is in a list, in a key, and deep inside', () => {
    const trace = `com.acme.AException: a\n${'\tat com.acme.A.a(A.java:1)\n'.repeat(60)}`
    const places = [
      { tags: [trace] },
      { tags: [[trace]] },
      { [trace]: 1 },
      { mdc: { deep: { inside: trace } } },
      { mdc: { deep: { inside: [{ x: trace }] } } },
      { message: trace },
      { mdc: { [trace]: trace } },
    ]
    const good = Buffer.from(JSON.stringify({ '@version': 1, level: 'ERROR', message: 'm', mdc: {}, exception: { stacktrace: trace } }))
    const bad = places.map((place) => Buffer.from(JSON.stringify({ '@version': 1, level: 'ERROR', message: 'm', mdc: {}, ...place })))
    for (const records of [
      [good, good, good, ...bad, ...bad, good],
      [...bad, ...bad, ...bad, good],
    ]) {
      const decode = createDecoder(limits)
      const plain = createDecoder(limits, { knownTraces: false })
      expect(records.flatMap((record) => difference(decode(record), plain(record), record))).toEqual([])
    }
  })

  it('fingerprints one trace under two loggers as two errors, where the logger decides', () => {
    const stack_trace = `com.acme.AException: a\n${'\tat java.lang.reflect.Method.invoke(Method.java:1)\n'.repeat(40)}`
    const decode = createDecoder(limits)
    const analyse = analyser()
    const fpOf = (logger: string): string => {
      const [outcome] = decode(
        Buffer.from(
          JSON.stringify({
            'ecs.version': '1.2.0',
            'log.level': 'ERROR',
            message: 'm',
            'log.logger': logger,
            'error.stack_trace': stack_trace,
          }),
        ),
      )
      if (outcome?.kind !== 'ok') throw new Error('no event')
      return analyse(redactEvent(outcome.value)).grouping.fp
    }
    const [, , a, b, again] = ['A', 'A', 'A', 'B', 'A'].map(fpOf)
    expect(b).not.toBe(a)
    expect(again).toBe(a)
  })

  it('gives the same for anything as a string beside and inside a trace', () => {
    const decode = createDecoder(limits)
    const plain = createDecoder(limits, { knownTraces: false })
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('\ud83d', '\ude00', '\\', '"', '\\"'))
    fc.assert(
      fc.property(text, text, text, (before, inside, after) => {
        const trace = `com.acme.AException: ${inside}\n${'\tat com.acme.A.a(A.java:1)\n'.repeat(40)}${inside}`
        const record = Buffer.from(
          JSON.stringify({
            '@version': 1,
            message: before,
            exception: { stacktrace: trace, exception_class: after },
            level: 'ERROR',
            mdc: { [after]: before },
          }),
        )
        expect([1, 2, 3].flatMap(() => difference(decode(record), plain(record), record))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

function analyser(): ReturnType<typeof createAnalyser> {
  return createAnalyser({ fingerprint: { ownPackages: ['com.example'] }, patterns: { rules: [], digest: '' } })
}

/** Empty where both are the same, in the same order; else all that is needed to look into it. */
function difference(actual: unknown, expected: unknown, record: Buffer): string[] {
  const [fast, plain] = [JSON.stringify(actual, plainMaps), JSON.stringify(expected, plainMaps)]
  return fast === plain ? [] : [`${record.toString('latin1')}\n  fast:  ${fast}\n  plain: ${plain}`]
}

function plainMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value
}

function throwableOf(outcomes: readonly Outcome<ErrorEvent>[]): ErrorEvent['throwable'] {
  return outcomes[0]?.kind === 'ok' ? outcomes[0].value.throwable : null
}

/** One to three changes; half of them near an anchor. */
function mutant(original: Buffer, random: Random): Buffer {
  let bytes = original
  for (let changes = 1 + random(3); changes > 0; changes--) bytes = changed(bytes, random)
  return bytes
}

function changed(bytes: Buffer, random: Random): Buffer {
  const at = placeIn(bytes, random)
  const length = 1 + random(random(2) === 0 ? 4 : 400)
  const replace = (by: Buffer, over: number): Buffer => Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + over)])
  switch (random(9)) {
    case 0: {
      const copy = Buffer.from(bytes)
      if (at < copy.length) copy[at] = copy[at]! ^ (1 << random(8))
      return copy
    }
    case 1:
      return replace(one(PIECES, random), 0)
    case 2:
      return replace(one(PIECES, random), 1)
    case 3:
      return replace(one(BROKEN, random), random(2))
    case 4:
      return replace(EMPTY, length)
    case 5:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
    case 6:
      return bytes.subarray(0, at)
    case 7: {
      const other = one(ORIGINALS, random)
      const from = placeIn(other, random)
      return replace(other.subarray(from, from + length), random(2) === 0 ? length : 0)
    }
    default:
      return random(2) === 0 ? Buffer.concat([bytes, one(ORIGINALS, random)]) : replace(Buffer.from(String(random(10))), 1)
  }
}

function placeIn(bytes: Buffer, random: Random): number {
  const anchor = bytes.indexOf(one(ANCHORS, random), random(2) === 0 ? 0 : random(bytes.length + 1))
  if (anchor < 0 || random(2) === 0) return random(bytes.length + 1)
  return Math.max(0, Math.min(bytes.length, anchor + random(40) - 12))
}

const EMPTY = Buffer.alloc(0)

function one<T>(list: readonly T[], random: Random): T {
  return list[random(list.length)]!
}

/** Mulberry32: the same records in every run. */
function randomOf(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}
