/** Decoding takes any bytes: it never throws, never comes back empty-handed, and always says the same. */
import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_REDACTION_RULES } from '../../src/decode/redaction-file.ts'
import { createRedactor } from '../../src/decode/redactor.ts'
import { decode, limits, sample } from '../unit/decode/samples.ts'

const { redactEvent } = createRedactor(NO_REDACTION_RULES)

const SAMPLES = ['layouts', 'malformed', 'envelopes', 'otlp'].flatMap((folder) =>
  readdirSync(new URL(`../data/${folder}`, import.meta.url)).map((file) => sample(`${folder}/${file}`)),
)

/** What breaks logs on their way: cut, bytes changed, bytes lost, pieces doubled, records glued together. */
const damage = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('set' as const),
    at: fc.nat(),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]",:\\\n\0'))),
  }),
  fc.record({ kind: fc.constant('lose' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ kind: fc.constant('double' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ kind: fc.constant('glue' as const), other: fc.constantFrom(...SAMPLES) }),
)
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never

const record = fc
  .tuple(fc.constantFrom(...SAMPLES), fc.array(damage, { maxLength: 4 }))
  .map(([bytes, mutations]) => mutations.reduce(mutate, bytes))
const anyJson = fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text))
const NAMES = [
  'level',
  'message',
  'thrown',
  'instant',
  'loggerName',
  'loggerFqcn',
  'ecs.version',
  '@version',
  'mdc',
  'exception',
  'log',
  '@timestamp',
  'short_message',
  'version',
  'severity',
  'timestampSeconds',
  'ts',
  'msg',
  'logger',
  'context',
  'throwable',
  'arguments',
  'tags',
  'host',
  'service',
  'contextMap',
  'error',
  'stack_trace',
  'suppressed',
  'cause',
  'name',
  'payload',
  'schema',
  '@metadata',
  'agent',
  'kubernetes',
  'stream',
  '_p',
  'source_type',
  'timestamp',
  'specversion',
  'data',
  'data_base64',
  'source',
  'type',
  'resourceLogs',
  'event.sequence',
]
/** Objects with the layouts' own names and any values. */
const lookalike = fc
  .dictionary(fc.constantFrom(...NAMES), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 8 })
  .map((value) => Buffer.from(JSON.stringify(value)))
const anything = fc.oneof(record, fc.uint8Array().map(Buffer.from), anyJson, lookalike)

describe('decoding', () => {
  it('gives at least one outcome for any bytes, and the same ones again', () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        const outcomes = decode(bytes)
        expect(outcomes.length).toBeGreaterThan(0)
        expect(decode(Buffer.from(bytes))).toEqual(outcomes)
      }),
      { numRuns: 1_000 },
    )
  })

  it('gives only bounded events of well-formed text, and redacting them is stable', () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        for (const outcome of decode(bytes)) {
          if (outcome.kind !== 'ok') continue
          const event = outcome.value
          expect(event.message.length).toBeLessThanOrEqual(limits.maxMessageChars)
          expect(event.context.size).toBeLessThanOrEqual(limits.maxContextKeys)
          expect(event.timeMs === null || Number.isSafeInteger(event.timeMs)).toBe(true)
          const text = JSON.stringify([event, ...event.context])
          // JSON.stringify writes half a surrogate pair as an escape, and nothing else that begins so.
          expect(text.replaceAll('\\\\', '')).not.toMatch(/\\ud[89a-f]/)
          const redacted = redactEvent(event)
          expect(redactEvent(redacted)).toBe(redacted)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('keeps the first of two records, whatever the second has become', () => {
    const first = Buffer.from('{"level":"ERROR","message":"first"}\n')
    fc.assert(
      fc.property(anything, (bytes) => {
        const [outcome] = decode(Buffer.concat([first, bytes]))
        expect(outcome).toMatchObject({ kind: 'ok', value: { message: 'first', level: 'ERROR' } })
      }),
      { numRuns: 300 },
    )
  })
})

function mutate(bytes: Buffer, mutation: Damage): Buffer {
  if (mutation.kind === 'glue') return Buffer.concat([bytes, mutation.other])
  const at = mutation.at % (bytes.length + 1)
  switch (mutation.kind) {
    case 'cut':
      return bytes.subarray(0, at)
    case 'set':
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([mutation.byte]), bytes.subarray(at + 1)])
    case 'lose':
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + mutation.length)])
    case 'double':
      return Buffer.concat([bytes.subarray(0, at + mutation.length), bytes.subarray(at)])
  }
}
