/**
 * Lines that nobody logs: real records with bytes broken, and made-up structures under the names that layouts use. In: a seed. Out: the same lines for the
 * same seed, one after the other, so that one that breaks something can be made again.
 */
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { packageFolder } from '../../src/package-root.ts'

/** Of three lines two are broken records. */
const STRUCTURE_EVERY = 3
/** Structures are made so many at a time. */
const LOT = 500
const MAX_BREAKS = 8
const MAX_REPEATS = 40
const MAX_LINE_BYTES = 262_144

const NAMES = [
  'message',
  'level',
  'log.level',
  '@timestamp',
  'timestamp',
  'timeMillis',
  'instant',
  'thrown',
  'error',
  'error.type',
  'error.message',
  'error.stack_trace',
  'stack_trace',
  'stackTrace',
  'exception',
  'throwable',
  'cause',
  'causedBy',
  'suppressed',
  'extendedStackTrace',
  'stepArray',
  'frames',
  'name',
  'type',
  'className',
  'class',
  'method',
  'methodName',
  'file',
  'line',
  'lineNumber',
  'commonElementCount',
  'short_message',
  'full_message',
  'severity',
  'mdc',
  'contextMap',
  'context',
  'labels',
  'logger',
  'loggerName',
  'logger_name',
  'log',
  'fields',
  'kubernetes',
  'payload',
  'data',
  'resourceLogs',
  'scopeLogs',
  'logRecords',
  'body',
  'attributes',
  'stringValue',
  'ecs.version',
  '@version',
  'loggerFqcn',
  'endOfBatch',
  '__proto__',
  '',
] as const
const SCRAPS = [
  '\\n',
  '\\n\\tat ',
  '\\nCaused by: ',
  '\\n\\tSuppressed: ',
  '\\nWrapped by: ',
  'a.b.C',
  ': ',
  '... 7 more',
  '[CIRCULAR REFERENCE',
  '$$Lambda$1/0x0',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '\\',
  '=',
  '<*>',
  '://',
  '…',
  '\u0000',
  '\ufeff',
  '\ud800',
  '9'.repeat(40),
  '-',
  'null',
  'true',
  '1e999',
  '\r\n',
  '\t',
  'password=',
  'user@mail.example.com',
  '4111111111111111',
  '{}',
  '()',
] as const

/** Whole numbers below `n`, from a seed (mulberry32). */
export type Dice = (n: number) => number

export function dice(seed: number): Dice {
  let state = seed >>> 0
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % n
  }
}

/** Real records: the bundled ones, and those of the tests as far as they are there (the package has none). */
export function records(): Buffer[] {
  const bundled = packageFolder('samples')
  const bundles = readdirSync(bundled)
    .filter((file) => file.endsWith('.gz'))
    .map((file) => gunzipSync(readFileSync(join(bundled, file))))
  const tests = ['layouts', 'malformed'].map((folder) => join(bundled, '..', 'test', 'data', folder))
  const files = tests.flatMap((folder) => readdirSync(folder).map((file) => readFileSync(join(folder, file))))
  return [...bundles, ...files].flatMap(linesOf).filter((line) => line.length <= MAX_LINE_BYTES)
}

export function* fuzzedLines(seed: number, count: number): Generator<Buffer> {
  const roll = dice(seed)
  const real = records()
  let structures: Buffer[] = []
  for (let i = 0; i < count; i++) {
    if (i % STRUCTURE_EVERY !== 0) {
      yield broken(real, roll)
      continue
    }
    if (structures.length === 0)
      structures = fc.sample(structure, { seed: roll(0x7fffffff), numRuns: LOT }).map((value) => Buffer.from(JSON.stringify(value)))
    yield structures.pop()!
  }
}

const text = fc.oneof(
  fc
    .array(fc.oneof(fc.constantFrom(...SCRAPS), fc.string({ maxLength: 12 })), { maxLength: 30 })
    .map((parts) => parts.join('').replaceAll('\\n', '\n').replaceAll('\\t', '\t')),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const { structure } = fc.letrec<{ value: unknown; structure: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.constantFrom(null, true, -1, 1e308, 1_772_000_000_000, ''),
    tie('structure'),
    fc.array(tie('value'), { maxLength: 6 }),
  ),
  structure: fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: fc.string({ maxLength: 8 }) }),
    tie('value'),
    { maxKeys: 12 },
  ),
}))

function broken(real: readonly Buffer[], roll: Dice): Buffer {
  let line = real[roll(real.length)]!
  for (let breaks = 1 + roll(MAX_BREAKS); breaks > 0; breaks--) line = BREAKS[roll(BREAKS.length)]!(line, roll, real)
  return line.subarray(0, MAX_LINE_BYTES)
}

const BREAKS: readonly ((line: Buffer, roll: Dice, real: readonly Buffer[]) => Buffer)[] = [
  (line, roll) => replaced(line, roll(line.length + 1), 1, Buffer.of(roll(256))),
  (line, roll) => replaced(line, roll(line.length + 1), 0, Buffer.of(roll(256))),
  (line, roll) => replaced(line, roll(line.length + 1), roll(64), Buffer.alloc(0)),
  (line, roll) => replaced(line, roll(line.length + 1), 0, Buffer.from(SCRAPS[roll(SCRAPS.length)]!)),
  (line, roll) => line.subarray(0, roll(line.length + 1)),
  (line, roll) => {
    const from = roll(line.length + 1)
    const part = line.subarray(from, from + 1 + roll(200))
    return replaced(line, from, 0, Buffer.concat(Array.from({ length: 1 + roll(MAX_REPEATS) }, () => part)))
  },
  (line, roll, real) => {
    const other = real[roll(real.length)]!
    return Buffer.concat([line.subarray(0, roll(line.length + 1)), other.subarray(roll(other.length + 1))])
  },
  (line, roll) => {
    const from = roll(line.length + 1)
    return replaced(line, from, roll(2_000), Buffer.from([...line.subarray(from, from + roll(2_000))].reverse()))
  },
]

function replaced(line: Buffer, at: number, length: number, by: Buffer): Buffer {
  return Buffer.concat([line.subarray(0, at), by, line.subarray(at + length)])
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(0x0a, from)
    const to = newline < 0 ? bytes.length : newline
    if (to > from) lines.push(bytes.subarray(from, to))
    from = to + 1
  }
  return lines
}
