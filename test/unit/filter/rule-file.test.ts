import { describe, expect, it } from 'vitest'
import { readFilterRules } from '../../../src/filter/rule-file.ts'

function faultsOf(yaml: string): string[] {
  const result = readFilterRules(yaml)
  return 'faults' in result ? result.faults.map(({ line, field, why }) => `${line} ${field}: ${why}`) : []
}

const rule = (match: string) => `rules:\n  - id: a\n    action: drop\n    match: { ${match} }\n`

describe('a file of filter rules', () => {
  it('may have one text or several, and levels by name or below one', () => {
    const result = readFilterRules(`
rules:
  - { id: one, action: drop, match: { level: WARN, job: orders-*, context: { tenant: acme } } }
  - { id: two, action: keep, match: { level: { below: WARN }, logger: [a.B, c.*] } }
  - { id: three, action: sample, keep: 0.25, match: { message: [ping, '/^pong \\d+$/'], layout: [quarkus, spark], environment: test, type: a.E } }
`)
    expect(result).toEqual({
      value: {
        rules: [
          { id: 'one', action: 'drop', match: { level: ['WARN'], job: ['orders-*'], context: { tenant: ['acme'] } } },
          { id: 'two', action: 'keep', match: { level: ['TRACE', 'DEBUG', 'INFO'], logger: ['a.B', 'c.*'] } },
          {
            id: 'three',
            action: 'sample',
            keep: 0.25,
            match: { message: ['ping', '/^pong \\d+$/'], layout: ['quarkus', 'spark'], environment: ['test'], type: ['a.E'] },
          },
        ],
      },
    })
  })

  it('may be empty', () => {
    expect(readFilterRules('')).toEqual({ value: { rules: [] } })
  })

  it('has all faults at once, with their lines', () => {
    const faults = faultsOf(`rules:
  - id: Not Kebab
    action: drop
    match: { level: LOUD }
  - id: b
    action: sample
    keep: 1
    match: { loger: x }
  - id: b
    action: keep
    keep: 0.5
    match: {}
  - id: level
    action: explode
`)
    expect(faults).toEqual([
      '2 rules.0.id: expected lower-case words joined by hyphens',
      '4 rules.0.match.level: expected one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL, a list of them, or { below: one of them }',
      '7 rules.1.keep: expected less than 1; to keep all, use action: keep',
      '8 rules.1.match.loger: no such field',
      '8 rules.1.match: expected at least one of level, layout, environment, job, logger, type, message, context',
      '9 rules.2.id: b is taken by rules.1',
      '11 rules.2.keep: no such field',
      '12 rules.2.match: expected at least one of level, layout, environment, job, logger, type, message, context',
      '14 rules.3.action: expected one of drop, keep, sample',
    ])
  })

  it.each([
    [
      'an expression that could take for ever',
      'message: "/(a+)+$/"',
      'match.message: a group may be optional, but not repeated, because matching could take too long',
    ],
    ['one expression of several', 'message: [ping, "/(a|/"]', 'match.message.1: not a regular expression'],
    ['an expression that matches all', 'message: "/x?/"', 'matches the empty text'],
    ['a layout that there is not', 'layout: log4j', 'match.layout: expected one of log4j2-json, '],
    ['a number for a text', 'context: { tenant: 42 }', 'match.context.tenant: expected a text'],
    ['an empty list', 'logger: []', 'match.logger: expected a text, or a list'],
    ['below the lowest', 'level: { below: TRACE }', 'match.level: expected one of'],
    ['a list with a wrong level', 'level: [WARN, LOUD]', 'match.level: expected one of'],
  ])('refuses %s', (_, match, why) => {
    expect(faultsOf(rule(match))).toEqual([expect.stringMatching(/^4 rules\.0\./)])
    expect(faultsOf(rule(match))[0]).toContain(why)
  })

  it.each(['level', 'tombstone', 'rule'])('refuses the id %s, which the ledger has for something else', (id) => {
    expect(faultsOf(`rules: [{ id: ${id}, action: drop, match: { job: x } }]`)).toEqual([
      expect.stringContaining('rules.0.id: this id would be taken for a reason of ours'),
    ])
  })

  it('refuses more rules than it can afford', () => {
    const rules = Array.from({ length: 201 }, (_, i) => `{ id: r${i}, action: drop, match: { job: x } }`)
    expect(faultsOf(`rules: [${rules.join()}]`)).toEqual(['1 rules: expected at most 200 rules'])
  })
})
