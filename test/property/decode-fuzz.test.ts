/**
 * Bytes of every sample, changed at random: decoding never throws, each outcome is well formed and bounded, and the same bytes give the same outcome.
 * A long run: TRACEFOLD_FUZZ_RECORDS=1000000; other records: TRACEFOLD_FUZZ_SEED=2.
 */
import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDecoder } from '../../src/decode/decode.ts'
import { LEVELS, type ErrorEvent, type Outcome, type Throwable } from '../../src/event.ts'
import { limits, sample } from '../unit/decode/samples.ts'

const RECORDS = Number(process.env['TRACEFOLD_FUZZ_RECORDS'] ?? 3_000)
const SEED = Number(process.env['TRACEFOLD_FUZZ_SEED'] ?? 20_260_801)
const TIME_LIMIT_MS = 3_600_000
/** A sample is its first bytes: a mutant of the rest says nothing new, and costs. */
const SAMPLE_BYTES = 6_000

const SAMPLES = ['layouts', 'malformed', 'envelopes', 'otlp'].flatMap((folder) =>
  readdirSync(new URL(`../data/${folder}`, import.meta.url)).map((file) => sample(`${folder}/${file}`).subarray(0, SAMPLE_BYTES)),
)
const PIECES = [
  '"',
  '\\',
  '\\\\"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\0',
  '\\n\\tat ',
  '\n\tat a.B.c(B.java:1)\n',
  '…',
  '\\ud83d',
  '\ufeff',
  '\u0012',
  '\u001b[',
  '"payload":',
  '"schema":null,',
  '"log":"',
  '"@metadata":{"beat":"x"},',
  '"resourceLogs":[',
  '"message":"{',
  'Caused by: ',
].map((piece) => Buffer.from(piece))

const change = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ kind: fc.constant('put' as const), at: fc.nat(), piece: fc.constantFrom(...PIECES), over: fc.nat(3) }),
  fc.record({ kind: fc.constant('lose' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('double' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('splice' as const),
    at: fc.nat(),
    other: fc.constantFrom(...SAMPLES),
    from: fc.nat(),
    length: fc.integer({ min: 1, max: 2_000 }),
  }),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never
const mutant = fc
  .tuple(fc.constantFrom(...SAMPLES), fc.array(change, { minLength: 1, maxLength: 6 }))
  .map(([bytes, changes]) => changes.reduce(changed, bytes))

describe('decoding', () => {
  it(
    'gives well-formed, bounded outcomes of any mutant, and the same ones again',
    () => {
      const decode = createDecoder(limits)
      const again = createDecoder(limits, { knownTraces: false })
      fc.assert(
        fc.property(mutant, (bytes) => {
          const outcomes = decode(bytes)
          expect(outcomes.flatMap(faultsOf)).toEqual([])
          expect(outcomes.length).toBeGreaterThan(0)
          expect(again(Buffer.from(bytes))).toEqual(outcomes)
        }),
        { numRuns: RECORDS, seed: SEED },
      )
    },
    TIME_LIMIT_MS,
  )

  it(
    'takes no text for protobuf',
    () => {
      const decode = createDecoder(limits)
      const byte = fc.oneof(
        fc.constantFrom(0x0a, 0x0d, 0x09, 0x20),
        fc.integer({ min: 0x20, max: 0x7e }),
        fc.constantFrom(...Buffer.from('é中😀')),
      )
      const text = fc.array(byte, { maxLength: 120 }).map((bytes) => Buffer.from([0x0a, ...bytes]))
      const lines = fc
        .array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 8 })
        .map((parts) => Buffer.from(`\n${parts.join('\n').replaceAll('\u0012', '')}`))
      fc.assert(
        fc.property(fc.oneof(text, lines), (bytes) => {
          const layouts = decode(bytes).flatMap((outcome) =>
            outcome.kind === 'ok'
              ? [outcome.value.layout]
              : outcome.kind === 'dead' && outcome.detail.includes('OTLP')
                ? ['otlp-protobuf']
                : [],
          )
          expect(layouts).not.toContain('otlp-protobuf')
        }),
        { numRuns: RECORDS, seed: SEED },
      )
    },
    TIME_LIMIT_MS,
  )

  it(
    'takes hardly any bytes at all for protobuf, and throws at none',
    () => {
      const decode = createDecoder(limits)
      const bytes = fc.tuple(
        fc.constantFrom(Buffer.from([0x0a]), Buffer.from([0x0a, 0x80, 0x01, 0x12, 0x7e, 0x12]), sample('otlp/logs.binpb').subarray(0, 300)),
        fc.uint8Array({ maxLength: 200 }),
      )
      fc.assert(
        fc.property(bytes, ([head, tail]) => {
          expect(decode(Buffer.concat([head, tail])).flatMap(faultsOf)).toEqual([])
        }),
        { numRuns: RECORDS, seed: SEED },
      )
    },
    TIME_LIMIT_MS,
  )
})

/** What is wrong with an outcome, in words. */
function faultsOf(outcome: Outcome<ErrorEvent>): string[] {
  if (outcome.kind === 'drop') return outcome.reason === 'tombstone' ? [] : ['drop']
  if (outcome.kind === 'dead') return [...textFaults('detail', outcome.detail, 2_000), ...(outcome.detail === '' ? ['no detail'] : [])]
  const event = outcome.value
  const names = [event.logger, event.thread, event.host, event.serviceName, event.serviceVersion, event.environment]
  return [
    ...names.flatMap((name) => textFaults('name', name, 512)),
    ...textFaults('message', event.message, limits.maxMessageChars),
    ...textFaults('template', event.messageTemplate, limits.maxMessageChars),
    ...event.tags.flatMap((tag) => textFaults('tag', tag, 256)),
    ...[...event.context].flatMap(([key, value]) => [
      ...textFaults('key', key, 256),
      ...textFaults('value', value, limits.maxContextValueChars),
    ]),
    ...(event.context.size > limits.maxContextKeys || event.tags.length > 33 ? ['too many keys or tags'] : []),
    ...(event.timeMs === null || (Number.isSafeInteger(event.timeMs) && event.timeMs >= 0) ? [] : ['time']),
    ...(LEVELS.includes(event.level) ? [] : ['level']),
    ...(event.envelopes.length > 4 ? ['envelopes'] : []),
    ...throwableFaults(event.throwable),
  ]
}

function throwableFaults(throwable: ErrorEvent['throwable']): string[] {
  if (throwable === null) return []
  if (throwable.form === 'text')
    return [
      ...textFaults('trace', throwable.text, limits.maxTraceChars),
      ...textFaults('type', throwable.type, 1_024),
      ...textFaults('message', throwable.message, limits.maxMessageChars),
    ]
  const faults: string[] = []
  const waiting: Throwable[] = [throwable.chain]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    faults.push(...textFaults('type', next.type, 1_024), ...textFaults('message', next.message, limits.maxMessageChars))
    for (const { className, method, file } of next.frames)
      faults.push(...textFaults('class', className, 1_024), ...textFaults('method', method, 1_024), ...textFaults('file', file, 1_024))
    waiting.push(...next.suppressed, ...(next.cause === null ? [] : [next.cause]))
  }
  return faults
}

function textFaults(what: string, text: string | null, maxChars: number): string[] {
  if (text === null) return []
  return [
    ...(text.isWellFormed() ? [] : [`${what} is not well-formed`]),
    ...(text.length > maxChars ? [`${what} of ${text.length} characters`] : []),
  ]
}

function changed(bytes: Buffer, { at: place, ...how }: Change): Buffer {
  const at = place % (bytes.length + 1)
  const replace = (by: Buffer, over: number): Buffer => Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + over)])
  switch (how.kind) {
    case 'flip':
      return at === bytes.length ? bytes : replace(Buffer.from([bytes[at]! ^ (1 << how.bit)]), 1)
    case 'set':
      return replace(Buffer.from([how.byte]), 1)
    case 'put':
      return replace(how.piece, how.over)
    case 'lose':
      return replace(Buffer.alloc(0), how.length)
    case 'double':
      return Buffer.concat([bytes.subarray(0, at + how.length), bytes.subarray(at)])
    case 'cut':
      return bytes.subarray(0, at)
    case 'splice': {
      const from = how.from % (how.other.length + 1)
      return replace(how.other.subarray(from, from + how.length), 0)
    }
  }
}
