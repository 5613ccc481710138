import { describe, expect, it } from 'vitest'
import { loadRedactionRules, NO_REDACTION_RULES, readRedactionRules } from '../../../src/decode/redaction-file.ts'
import { createRedactor } from '../../../src/decode/redactor.ts'
import { share } from '../../../src/decode/shared-throwable.ts'
import type { LoggedThrowable } from '../../../src/event.ts'
import { anEvent } from '../../support/builders.ts'

function redactorOf(rules: readonly object[], builtIn: Readonly<Record<string, boolean>> = {}) {
  const result = readRedactionRules(JSON.stringify({ builtIn, rules }))
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return createRedactor(result.value)
}

const GITLAB_KEY = ['glpat', 'abcdefghij0123456789'].join('-') // in parts, so that nobody takes this file for a leak
const employee = { id: 'employee', pattern: 'EMP-\\d{2,8}' }

const byBuiltIn = createRedactor(NO_REDACTION_RULES)

describe('a built-in rule that is switched off', () => {
  it.each([
    ['email', 'mail a@b.com', 'mail a@b.com'],
    ['card', 'card 4111 1111 1111 1111', 'card 4111 1111 1111 1111'],
    ['secret', 'password=x', 'password=x'],
    ['key', GITLAB_KEY, GITLAB_KEY],
    ['jwt', 'eyJhbGciOiJIUzI1NiJ9.e30.abc', 'eyJhbGciOiJIUzI1NiJ9.e30.abc'],
    ['password', 'redis://u:p@cache', 'redis://u:p@cache'],
    ['authorization', 'sent bearer a1b2c3d4e5', 'sent bearer a1b2c3d4e5'],
  ])('%s: leaves %j alone, and the others are on', (name, text, expected) => {
    expect(redactorOf([], { [name]: false }).redact(text)).toBe(expected)
    expect(byBuiltIn.redact(text)).not.toBe(expected)
    const others = ['a@b.com', 'pwd=x', '4111111111111111']
      .map((one) => redactorOf([], { [name]: false }).redact(one))
      .filter((clean) => clean.includes('[redacted:'))
    expect(others.length).toBeGreaterThanOrEqual(2)
  })

  it('lets secrets be whose keys say so, too', () => {
    expect(redactorOf([], { secret: false }).redactValue('db.password', 'x')).toBe('x')
  })
})

describe('a pattern of the user', () => {
  it.each([
    ['becomes its placeholder, whatever its case', 'call EMP-1234 and emp-99.', 'call [redacted:employee] and [redacted:employee].'],
    ['is found in frames', '\tat com.acme.EMP-1234.run(X.java:1)\n', '\tat com.acme.[redacted:employee].run(X.java:1)\n'],
    ['does not hide a password', 'password=abcEMP-1234def, x', 'password=[redacted:secret], x'],
    ['does not hide an address', 'EMP-12@acme.com', '[redacted:email]'],
    ['stands where a placeholder stood', '[redacted:employee] EMP-12', '[redacted:employee] [redacted:employee]'],
    ['does not reach into placeholders', '[redacted:EMP-12] [redacted:emp-12]', '[redacted:[redacted:employee]] [redacted:emp-12]'],
  ])('%s', (_, text, expected) => {
    expect(redactorOf([employee]).redact(text)).toBe(expected)
  })

  it('sees the text before the built-in rules do, so that what they take cannot cut it short', () => {
    expect(redactorOf([{ id: 'account', pattern: 'account: [^,]+' }]).redact('account: ann a@b.com 4711, ok')).toBe(
      '[redacted:account], ok',
    )
  })

  it('has what it shares with another under the name of the one that begins first', () => {
    const rules = [
      { id: 'later', pattern: 'b c d' },
      { id: 'first', pattern: 'a b' },
      { id: 'same', pattern: 'x' },
      { id: 'too', pattern: 'x y' },
    ]
    expect(redactorOf(rules).redact('a b c d e x y')).toBe('[redacted:first] e [redacted:same]')
  })

  it('may have a placeholder of another name', () => {
    expect(redactorOf([{ ...employee, replace: '[redacted:person]' }]).redact('EMP-12')).toBe('[redacted:person]')
  })

  it('asks what stands beside it in the text as it came, and not again', () => {
    const redactor = redactorOf([
      { id: 'digits', pattern: '\\b\\d{3}' },
      { id: 'last', pattern: 'z$' },
    ])
    expect(redactor.redact('123456 z z')).toBe('[redacted:digits]456 z [redacted:last]')
    expect(redactor.redact('[redacted:digits]456 z')).toBe('[redacted:digits]456 [redacted:last]')
  })

  it('leaves no half of a character behind', () => {
    const clean = redactorOf([
      { id: 'x', pattern: 'x.' },
      { id: 'y', pattern: '.y' },
    ]).redact('ax😀 😀yb')
    expect(clean).toBe('a[redacted:x] [redacted:y]b')
  })

  it('is not confused by a text that has the words it works with', () => {
    expect(redactorOf([employee]).redact('zqx zqxq zqxaaaaaazqx zqxqqaaaaaazqxqq EMP-12 zqx')).toBe(
      'zqx zqxq zqxaaaaaazqx zqxqqaaaaaazqxqq [redacted:employee] zqx',
    )
  })
})

describe('a key of the user', () => {
  const redactor = redactorOf([
    { id: 'tax', key: 'taxId' },
    { id: 'person', key: 'customer.*' },
    { id: 'any', key: '*secretly' },
  ])

  it.each([
    ['taxId', '[redacted:tax]'],
    ['taxid', '[redacted:tax]'],
    ['customer.taxId', '[redacted:tax]'],
    ['taxId.value', '[redacted:tax]'],
    ['customer.name', '[redacted:person]'],
    ['very.secretly', '[redacted:any]'],
    ['oldTaxId', 'value'],
    ['customer', 'value'],
    ['taxIds', 'value'],
  ])('%s: its value is %s', (key, expected) => {
    expect(redactor.redactValue(key, 'value')).toBe(expected)
  })
})

describe('an event', () => {
  const redactor = redactorOf([employee, { id: 'tax', key: 'taxId' }])

  it('is clean of what rules match, wherever it stands', () => {
    const s = 'EMP-1234'
    const thrown: LoggedThrowable = {
      form: 'chain',
      chain: {
        type: `a.${s}`,
        message: s,
        frames: [{ className: s, method: s, file: s, line: 1 }],
        cause: { type: 'b.C', message: s, frames: [], cause: null, suppressed: [] },
        suppressed: [{ type: 'd.E', message: s, frames: [], cause: null, suppressed: [] }],
      },
    }
    const event = anEvent({
      message: s,
      messageTemplate: s,
      logger: s,
      thread: s,
      host: s,
      serviceName: s,
      serviceVersion: s,
      environment: s,
      context: new Map([['k', s]]),
      tags: [s],
      throwable: thrown,
    })
    const clean = redactor.redactEvent(event)
    expect(JSON.stringify([clean, ...clean.context])).not.toContain('EMP-1234')
    expect(clean.throwable).toMatchObject({ chain: { frames: [{ className: '[redacted:employee]', line: 1 }] } })
  })

  it('is clean in a printed trace, which still begins with type and message', () => {
    const text = 'a.EMP-12: no EMP-34\n\tat a.B.emp-56(B.java:1)\nCaused by: c.D: EMP-78\n'
    const clean = redactor.redactEvent(anEvent({ throwable: { form: 'text', type: 'a.EMP-12', message: 'no EMP-34', text } })).throwable
    const R = '[redacted:employee]'
    expect(clean).toEqual({
      form: 'text',
      type: `a.${R}`,
      message: `no ${R}`,
      text: `a.${R}: no ${R}\n\tat a.B.${R}(B.java:1)\nCaused by: c.D: ${R}\n`,
    })
  })

  it('has its secrets taken out of logger, thread and host without any rule', () => {
    const event = anEvent({ logger: 'mail.a@b.com', thread: 'jdbc:x://u:p@db', host: 'token=abc' })
    expect(byBuiltIn.redactEvent(event)).toMatchObject({
      logger: '[redacted:email]',
      thread: 'jdbc:x://u:[redacted:password]@db',
      host: 'token=[redacted:secret]',
    })
  })

  it('has values under a key redacted', () => {
    const clean = redactor.redactEvent(
      anEvent({
        context: new Map([
          ['taxId', '1'],
          ['other', '2'],
        ]),
      }),
    )
    expect([...clean.context]).toEqual([
      ['taxId', '[redacted:tax]'],
      ['other', '2'],
    ])
  })

  it('is the same object where nothing had to change', () => {
    const event = anEvent()
    expect(redactor.redactEvent(event)).toBe(event)
  })

  it('of a trace that many share is redacted by each set of rules for itself', () => {
    const throwable: LoggedThrowable = { form: 'text', type: null, message: null, text: 'a.B: EMP-12 a@b.com\n' }
    share(throwable)
    const textBy = (one: ReturnType<typeof redactorOf>) => (one.redactEvent(anEvent({ throwable })).throwable as { text: string }).text
    const other = redactorOf([], { email: false })
    expect([textBy(redactor), textBy(other), textBy(redactor)]).toEqual([
      'a.B: [redacted:employee] [redacted:email]\n',
      'a.B: EMP-12 a@b.com\n',
      'a.B: [redacted:employee] [redacted:email]\n',
    ])
  })
})

describe('the rules of examples/redaction.yaml', () => {
  it('do what they are there for', () => {
    const redactor = createRedactor(loadRedactionRules(new URL('../../../examples/redaction.yaml', import.meta.url).pathname))
    expect(redactor.redact('EMP-00123 (badge no. 123456) sessionId=ab12 card 4111111111111111 mail a@b.com')).toBe(
      '[redacted:employee] ([redacted:employee]) [redacted:session] card 4111111111111111 mail [redacted:email]',
    )
    expect(['taxId', 'customer.taxId', 'oldTaxId'].map((key) => redactor.redactValue(key, '1'))).toEqual(
      Array(3).fill('[redacted:tax-number]'),
    )
  })
})
