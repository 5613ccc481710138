/** Redacting is stable, whatever stands beside what, and by whatever rules. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUILT_IN, type BuiltIn } from '../../src/decode/redact.ts'
import { faultOfPattern } from '../../src/decode/redact-pattern.ts'
import { NO_REDACTION_RULES, type RedactionRule } from '../../src/decode/redaction-file.ts'
import { createRedactor } from '../../src/decode/redactor.ts'
import type { LoggedThrowable } from '../../src/event.ts'
import { anEvent } from '../support/builders.ts'

const { redact, redactBytes } = createRedactor(NO_REDACTION_RULES)
const PIECES = [
  'password',
  'token',
  'secret',
  'api_key',
  'authorization',
  'Bearer ',
  'Basic ',
  '=',
  ': ',
  ':',
  '"',
  '\\"',
  "'",
  '@',
  '://',
  '/',
  ' ',
  '\n',
  '\tat ',
  ')',
  ']',
  '[',
  ',',
  '-',
  '.',
  'a',
  'abc',
  'x1y2z3w4',
  'b.com',
  'user@b.com',
  '4111111111111111',
  '4111 1111 1111 1111',
  '1',
  '4',
  '12345',
  'eyJhbGciOiJIUzI1NiJ9.e30.abc',
  'eyJ',
  'ghp_',
  '16C7e42F292c6912E7710c838347Ae178B4a',
  ['AKIA', 'IOSFODNN7EXAMPLE'].join(''),
  ['-----BEGIN', 'PRIVATE KEY-----'].join(' '),
  ['-----END', 'PRIVATE KEY-----'].join(' '),
  'https://',
  'jdbc:oracle:thin:a/',
  '--',
  'pass',
  'Cookie',
  'a=b; c=d',
  '\\',
  '<password>',
  '</',
  '(',
  '{',
  'null',
  '[redacted:secret]',
  'é',
  '中',
]
const text = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join('')),
  fc.string(),
  fc.string({ unit: 'binary' }),
)

describe('redacting', () => {
  it('changes nothing when done again', () => {
    fc.assert(
      fc.property(text, (value) => {
        const once = redact(value)
        expect(redact(once)).toBe(once)
      }),
      { numRuns: 3_000 },
    )
  })

  it('leaves no password behind its key, and no address', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9]{4,12}$/)
    fc.assert(
      fc.property(text, word, (before, letters) => {
        expect(redact(`${before} password=zq${letters}zq `)).not.toContain(`zq${letters}zq`)
        expect(redact(`${before} zq${letters}@example.com `)).not.toContain(`zq${letters}@`)
      }),
      { numRuns: 1_000 },
    )
  })

  it('treats bytes that are no JSON as it treats text', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }), (pieces) => {
        const plain = `text ${pieces.join('')}`
        expect(redactBytes(Buffer.from(plain)).toString()).toBe(redact(plain))
        const bytes = Buffer.from(`text ${pieces.join('')}`, 'latin1')
        expect(redactBytes(bytes).toString('latin1')).toBe(redact(bytes.toString('latin1')))
      }),
      { numRuns: 300 },
    )
  })
})

/** Some ask what stands beside them, some overlap, some match placeholders and the words that stand in for them. */
const PATTERNS = [
  'abc',
  '\\babc',
  'abc\\b',
  '\\Babc',
  '^a',
  'z$',
  '\\b\\d{2}',
  '\\d{2}\\b',
  '\\w+',
  'a.{1,4}',
  '[^x]b',
  'password',
  'redacted',
  '[a-z]{3}:',
  'q+',
  'zqx\\w*',
  '.\\]',
  'é.',
  '@\\S{1,9}',
  '4111\\d+',
]
const KEYS = ['a', 'b.c', '*key', 'x*y']
const rule = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PATTERNS).map((pattern) => ({ pattern })) },
  { weight: 1, arbitrary: fc.constantFrom(...KEYS).map((key) => ({ key })) },
)
const redactor = fc
  .record({ rules: fc.array(rule, { minLength: 1, maxLength: 4 }), off: fc.subarray([...BUILT_IN]) })
  .map(({ rules, off }) =>
    redactorOf(
      rules.map((one, i) => ({ id: `r${i}`, ...one })),
      off,
    ),
  )
const hostile = fc.oneof(
  text,
  fc
    .array(
      fc.constantFrom(
        ...PIECES,
        'abcabc',
        'z',
        'zqx',
        'zqxq',
        '[redacted:r0]',
        '[redacted:other]',
        '[redacted:',
        'redacted',
        'xay',
        '12',
        '😀',
      ),
      { maxLength: 14 },
    )
    .map((pieces) => pieces.join('')),
)

function redactorOf(rules: readonly RedactionRule[], off: readonly BuiltIn[]) {
  const builtIn = { ...NO_REDACTION_RULES.builtIn }
  for (const name of off) builtIn[name] = false
  return { ...createRedactor({ builtIn, rules }), rules }
}

it('the patterns of these tests could stand in a file', () => {
  expect(PATTERNS.map(faultOfPattern).filter((fault) => fault !== null)).toEqual([])
})

describe('redacting by rules of the user', () => {
  it('changes nothing when done again', () => {
    fc.assert(
      fc.property(redactor, hostile, fc.constantFrom('a', 'k', 'b.c.d', 'monkey', 'my.password', 'xaby'), (by, value, key) => {
        const once = by.redact(value)
        expect(by.redact(once)).toBe(once)
        const under = by.redactValue(key, value)
        expect(by.redactValue(key, under)).toBe(under)
      }),
      { numRuns: 3_000 },
    )
  })

  it('changes nothing of an event when done again', () => {
    const printed = fc
      .record({ type: hostile, message: fc.option(hostile), head: fc.boolean(), tail: hostile })
      .map(({ type, message, head, tail }): LoggedThrowable => {
        return { form: 'text', type, message, text: head ? `${type}: ${message}\n${tail}` : tail }
      })
    fc.assert(
      fc.property(redactor, hostile, printed, (by, value, throwable) => {
        const once = by.redactEvent(anEvent({ message: value, logger: value, context: new Map([['k', value]]), throwable }))
        expect(by.redactEvent(once)).toBe(once)
        expect(beginsWithHead(once.throwable) || !beginsWithHead(throwable)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('leaves nothing that a rule matches in the text as it came', () => {
    const literal = fc.constantFrom('abc', '12', 'EMP', '😀x', 'é')
    fc.assert(
      fc.property(fc.uniqueArray(literal, { minLength: 1, maxLength: 3 }), hostile, fc.subarray([...BUILT_IN]), (words, value, off) => {
        const by = redactorOf(
          words.map((word, i) => ({ id: `w${i}`, pattern: word })),
          off,
        )
        const fresh = value.replaceAll('[redacted:', '(')
        const left = by
          .redact(fresh)
          .replaceAll(/\[redacted:[a-z0-9-]+\]/g, '\n')
          .toLowerCase()
        for (const word of words) expect(left).not.toContain(word.toLowerCase())
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps JSON what it was but for strings, and changes nothing when done again', () => {
    const json = fc
      .jsonValue({ maxDepth: 3, stringUnit: fc.constantFrom(...PIECES, 'abc', '12') })
      .map((value) => JSON.stringify([value], null, 1))
    fc.assert(
      fc.property(redactor, json, (by, body) => {
        const once = by.redactBytes(Buffer.from(body))
        expect(() => JSON.parse(once.toString()) as unknown).not.toThrow()
        expect(shapeOf(once.toString())).toEqual(shapeOf(body))
        expect(by.redactBytes(once)).toBe(once)
      }),
      { numRuns: 1_500 },
    )
  })

  it('gives bytes of any kind back, or others once', () => {
    fc.assert(
      fc.property(
        redactor,
        fc.oneof(
          hostile.map((one) => Buffer.from(one)),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (by, body) => {
          const once = by.redactBytes(body)
          const isPlain = !/^\s*[{[]/.test(body.toString('latin1')) // what looks like JSON and is none may be read otherwise once its quotes are gone
          expect(by.redactBytes(isPlain ? once : body)).toEqual(once)
        },
      ),
      { numRuns: 1_500, examples: [[redactorOf([{ id: 'r0', pattern: 'abc' }], []), Buffer.from('password: \\user@b.com')]] },
    )
  })
})

function beginsWithHead(throwable: LoggedThrowable | null): boolean {
  return throwable?.form === 'text' && throwable.message !== null && throwable.text.startsWith(`${throwable.type}: ${throwable.message}`)
}

/** Without what redacting may change: strings, and numbers and words that become strings. */
function shapeOf(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false/g, '0')
}
