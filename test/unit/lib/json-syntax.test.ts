import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonText } from '../../../src/lib/json-syntax.ts'

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('whether a text is JSON', () => {
  it.each([
    '',
    ' ',
    '{}',
    '[]',
    '{"a":1}',
    '[1,]',
    '[,1]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{1:2}',
    '[1}',
    '{"a":1]',
    '[1]]',
    '[[1]',
    '1',
    '1 2',
    '01',
    '-0',
    '1.',
    '.5',
    '1e5',
    '1E+',
    '"a"',
    '"\\u00e9"',
    '"\\u00g9"',
    '"\\x"',
    '"\\',
    '"a',
    '"\n"',
    '"\u007f\u2028"',
    'true',
    'truex',
    'nul',
    '\u00a01',
    '[1:2]',
    '{"a":1:2}',
    '{"a" "b"}',
    '["a" "b"]',
    '"a":1',
    '\ufeff{}',
  ])('%j: as JSON.parse says', (text) => expect(isJsonText(text)).toBe(parses(text)))

  it('is what JSON.parse says of it, whatever the text', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-',
      '0',
      '.5',
      'e1',
      'true',
      'null',
      ' ',
      '\n',
      '\\',
      '\\"',
      '\\u0041',
      'x',
    )
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
      fc.json(),
      fc
        .tuple(fc.json(), fc.nat(), pieces)
        .map(([json, at, piece]) => json.slice(0, at % (json.length + 1)) + piece + json.slice(at % (json.length + 1))),
    )
    fc.assert(
      fc.property(texts, fc.constantFrom('', '\n', ' ', '"\n', '{\n'), (text, around) => {
        expect(isJsonText(text)).toBe(parses(text))
        expect(isJsonText(`${around}${text}\n${around}`, around.length, around.length + text.length)).toBe(parses(text))
      }),
      { numRuns: 5_000 },
    )
  })

  it('may be asked of any depth', () => expect(isJsonText('['.repeat(200_000) + ']'.repeat(200_000))).toBe(true))
})
