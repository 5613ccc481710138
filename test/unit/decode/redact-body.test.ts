import { describe, expect, it } from 'vitest'
import { readRedactionRules } from '../../../src/decode/redaction-file.ts'
import { createRedactor } from '../../../src/decode/redactor.ts'

const rules = readRedactionRules(`
rules:
  - { id: employee, pattern: 'EMP-\\d{2,8}' }
  - { id: rest, pattern: 'rest: .+' }
  - { id: tax, key: taxId }
`)
const redactor = createRedactor('value' in rules ? rules.value : (undefined as never)) // a fault ends the test here

function clean(body: string): string {
  return redactor.redactBytes(Buffer.from(body)).toString()
}

describe('a body that is JSON', () => {
  it.each([
    ['in a string', '{"m": "EMP-12", "n": 1}', '{"m": "[redacted:employee]", "n": 1}'],
    ['a match that would reach over the quote', '{"m":"rest: of it","n":[1, 2]}', '{"m":"[redacted:rest]","n":[1, 2]}'],
    ['behind an escape', '{"m":"a\\nb@c.org \\"EMP-12\\""}', '{"m":"a\\n[redacted:email] \\"[redacted:employee]\\""}'],
    ['written in escapes', '{"m":"\\u0045MP-12"}', '{"m":"[redacted:employee]"}'],
    ['in a key', '{"EMP-12":{"x":1}}', '{"[redacted:employee]":{"x":1}}'],
    ['a number', '{"card":4111111111111111,"n":-1.5e3}', '{"card":"[redacted:card]","n":-1.5e3}'],
    ['a number in a list', '[4111111111111111, 7]', '["[redacted:card]", 7]'],
    [
      'under a key',
      '{"taxId":"12/34","a":{"taxId":1234,"b":{"taxId":[true,"x",null]}}}',
      '{"taxId":"[redacted:tax]","a":{"taxId":"[redacted:tax]","b":{"taxId":["[redacted:tax]","[redacted:tax]",null]}}}',
    ],
    [
      'in an object under a key',
      '{"taxId":{"value":"1","of":{"x":"2"}},"y":"3"}',
      '{"taxId":{"value":"[redacted:tax]","of":{"x":"[redacted:tax]"}},"y":"3"}',
    ],
    [
      'under a key that is a secret by its name',
      '{"db":{"password":"hunter 2","token":12},"n":1}',
      '{"db":{"password":"[redacted:secret]","token":"[redacted:secret]"},"n":1}',
    ],
    [
      'in a list of properties',
      '{"contextMap":[{"key":"password","value":"x"},{"key":"user","value":"y"}]}',
      '{"contextMap":[{"key":"password","value":"[redacted:secret]"},{"key":"user","value":"y"}]}',
    ],
    [
      "in OTLP's attributes",
      '[{"key":"password","value":{"stringValue":"x"}},{"key":"n","value":{"intValue":"1"}}]',
      '[{"key":"password","value":{"stringValue":"[redacted:secret]"}},{"key":"n","value":{"intValue":"1"}}]',
    ],
    ['nested in a string', '{"m":"{\\"api_key\\":\\"abc\\",\\"n\\":1}"}', '{"m":"{\\"api_key\\":\\"[redacted:secret]\\",\\"n\\":1}"}'],
  ])('is JSON still, without what stood %s', (_, body, expected) => {
    expect(clean(body)).toBe(expected)
    expect(() => JSON.parse(clean(body)) as unknown).not.toThrow()
  })

  it('is otherwise as it was, byte for byte', () => {
    const body = '{ "big": 12345678901234567890,\n "e": 1E5, "esc": "\\/ \\u00e9", "a": "x", "a": "EMP-12", "__proto__": {} }\n'
    expect(clean(body)).toBe(body.replace('EMP-12', '[redacted:employee]'))
    const same = Buffer.from(body.replace('EMP-12', 'none'))
    expect(redactor.redactBytes(same)).toBe(same)
  })

  it('on a line among others is treated so', () => {
    const lines = ['{"m":"rest: of a"}', 'rest: of b', '{"taxId":1}', '{"m":"rest: cut', '']
    expect(clean(lines.join('\n')).split('\n')).toEqual([
      '{"m":"[redacted:rest]"}',
      '[redacted:rest]',
      '{"taxId":"[redacted:tax]"}',
      '{"m":"[redacted:rest]',
      '',
    ])
  })
})

describe('a body that is no JSON', () => {
  it.each([
    ['plain text', 'EMP-12 said "rest: of it"', '[redacted:employee] said "[redacted:rest]'],
    ['in brackets', '[main] EMP-12 password=x', '[main] [redacted:employee] password=[redacted:secret]'],
    [
      'JSON that was cut',
      '{"taxId":"12/34","m":"a EMP-12 b","n":{"taxId":56,"x":"cut \\n EMP-3',
      '{"taxId":"[redacted:tax]","m":"a [redacted:employee] b","n":{"taxId":"[redacted:tax]","x":"cut \\n EMP-3',
    ],
    ['JSON that was cut in a secret', '{"a":{"password":"hun', '{"a":{"password":"[redacted:secret]'],
    [
      'JSON with a broken escape',
      '{"password":"a\\xb","n":"EMP-12 \\x"}',
      '{"password":"[redacted:secret]","n":"[redacted:employee] \\x"}',
    ],
    ['JSON with quotes astray', '{"a": "x", password": "hunter2"}', '{"a": "x", password": "[redacted:secret]"}'],
  ])('is clean of what rules match: %s', (_, body, expected) => {
    expect(clean(body)).toBe(expected)
  })

  it('may be cut within a character', () => {
    const bytes = Buffer.from('Grüße EMP-12 ü')
    expect(redactor.redactBytes(bytes.subarray(0, -1))).toEqual(
      Buffer.concat([Buffer.from('Grüße [redacted:employee] '), Buffer.from('ü').subarray(0, 1)]),
    )
  })

  it('may hold a character whose bytes look like a blank', () => {
    expect(redactor.redactBytes(Buffer.from('password=pàss ok')).toString()).toBe('password=[redacted:secret] ok')
  })

  it('may be of any depth', () => {
    const deep = '['.repeat(100_000)
    expect(clean(deep)).toBe(deep)
  })

  it('takes time in proportion to a hostile body', () => {
    // What goes over the body once for each of its characters would take minutes: far past this test's time limit.
    for (const unit of [
      '{"',
      '\\"',
      '"\\',
      '{"a":',
      '[',
      '[{',
      '{"key":"value","value":',
      '"a":"',
      '\n{',
      '{}\n',
      '{x}\n',
      '{"\\x":1}\n',
      '"\\x",',
    ])
      expect(clean(unit.repeat(200_000 / unit.length)).length).toBeGreaterThan(0)
    expect(clean(`{"${'a.'.repeat(100_000)}":1}`).length).toBeGreaterThan(0)
  })
})
