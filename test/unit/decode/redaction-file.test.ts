import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadRedactionRules, NO_REDACTION_RULES, readRedactionRules, redactionDigest } from '../../../src/decode/redaction-file.ts'

const ALL_ON = { key: true, password: true, jwt: true, authorization: true, secret: true, email: true, card: true }

function faultsOf(yaml: string): string[] {
  const result = readRedactionRules(yaml)
  return 'faults' in result ? result.faults.map(({ line, field, why }) => `${line} ${field}: ${why}`) : []
}

describe('a file of redaction rules', () => {
  it('leaves all built-in rules on that it does not switch off', () => {
    expect(readRedactionRules('builtIn: { email: false }')).toEqual({ value: { builtIn: { ...ALL_ON, email: false }, rules: [] } })
    expect(readRedactionRules('')).toEqual({ value: { builtIn: ALL_ON, rules: [] } })
  })

  it('has rules by pattern and by key, in order', () => {
    const rules = [
      { id: 'employee', pattern: 'EMP-\\d{4}' },
      { id: 'tax-number', key: '*taxId', replace: '[redacted:employee]' },
    ]
    expect(readRedactionRules(JSON.stringify({ rules }))).toEqual({ value: { builtIn: ALL_ON, rules } })
  })

  it('has all faults at once, with their lines', () => {
    const faults = faultsOf(`builtIn:
  emial: false
  card: 0
rules:
  - id: email
    pattern: 'x'
  - id: a
    pattern: '(x+)+'
    replace: '***'
  - id: a
    key: '*'
  - id: b
  - { id: c, key: k, pattern: p }
  - { id: D E, pattern: x, replace: '[redacted:jwt]', colour: red }
`)
    expect(faults).toEqual([
      '2 builtIn.emial: no such field',
      '3 builtIn.card: expected true or false',
      '5 rules.0.id: a built-in rule has this id: key, password, jwt, authorization, secret, email, card',
      '8 rules.1.pattern: a group may be optional, but not repeated, because matching could take too long',
      '9 rules.1.replace: expected [redacted:<words>], by which what is redacted can be told',
      '10 rules.2.id: a is taken by rules.1',
      '11 rules.2.key: expected the name of a context key, in which * stands for anything',
      '12 rules.3: expected either pattern or key',
      '13 rules.4: expected either pattern or key',
      '14 rules.5.id: expected lower-case words joined by hyphens',
      '14 rules.5.replace: a built-in rule has this placeholder',
      '14 rules.5.colour: no such field',
    ])
  })

  it('has no more rules than it can afford', () => {
    const rules = Array.from({ length: 101 }, (_, i) => ({ id: `r${i}`, key: 'x' }))
    expect(faultsOf(JSON.stringify({ rules }))).toEqual(['1 rules: expected at most 100 rules'])
  })
})

describe('the rules that the setting names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redaction-rules-'))

  function loaded(text: string) {
    const file = join(folder, 'rules.yaml')
    writeFileSync(file, text)
    return loadRedactionRules(file)
  }

  it('are the built-in ones without a file', () => {
    expect(loadRedactionRules(null)).toEqual(NO_REDACTION_RULES)
    expect(NO_REDACTION_RULES).toEqual({ builtIn: ALL_ON, rules: [] })
  })

  it('are refused with file, line, field and why', () => {
    expect(() => loaded('rules:\n  - id: a\n')).toThrow(`${join(folder, 'rules.yaml')}:2: rules.0: expected either pattern or key`)
  })

  it('have one digest however they are written down, and another once they redact otherwise', () => {
    const first = redactionDigest(loaded('rules: [{ id: a, key: x }]'))
    expect(redactionDigest(loaded('builtIn: { card: true }\nrules:\n  - key: x # same\n    id: a\n'))).toBe(first)
    expect(redactionDigest(loaded('rules: [{ id: a, key: y }]'))).not.toBe(first)
    expect(redactionDigest(loaded('builtIn: { card: false }\nrules: [{ id: a, key: x }]'))).not.toBe(first)
  })

  it('of examples/redaction.yaml are as docs/redaction.md tells', () => {
    const { builtIn, rules } = loadRedactionRules(new URL('../../../examples/redaction.yaml', import.meta.url).pathname)
    expect(builtIn).toEqual({ ...ALL_ON, card: false })
    expect(rules.map(({ id }) => id)).toEqual(['employee', 'session', 'badge', 'tax-number'])
  })
})
