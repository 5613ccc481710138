import { describe, expect, it } from 'vitest'
import type { ErrorEvent } from '../../../src/event.ts'
import { createFilter, type FilterSubject, type Verdict } from '../../../src/filter/filter.ts'
import { readFilterRules } from '../../../src/filter/rule-file.ts'
import { anEvent, aPartition } from '../../support/builders.ts'

const LEVELS = { minLevel: 'ERROR', minLevelWithThrowable: 'WARN' } as const
const AT = { partition: aPartition(), offset: 7, index: 0 }

function filterOf(...rules: string[]) {
  const result = readFilterRules(`rules: [${rules.join(', ')}]`)
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return createFilter(result.value, LEVELS)
}

/** With a throwable, unless said otherwise. */
function aSubject(over: Partial<ErrorEvent> = {}, about: Partial<Omit<FilterSubject, 'event'>> = {}): FilterSubject {
  return {
    event: anEvent(over),
    job: 'orders-prod',
    environment: 'prod',
    types: () => ['com.acme.OrderException', 'java.io.IOException'],
    ...about,
  }
}

function said(verdict: Verdict): string {
  return verdict.kind === 'keep' ? 'keep' : verdict.reason === 'rule' ? verdict.rule : verdict.reason
}

const decide = (rule: string, over: Partial<ErrorEvent> = {}, about: Partial<Omit<FilterSubject, 'event'>> = {}) =>
  said(filterOf(rule)(aSubject(over, about), AT))

describe('without rules', () => {
  it.each([
    ['FATAL', null, 'keep'],
    ['ERROR', null, 'keep'],
    ['WARN', null, 'level'],
    ['WARN', 'thrown', 'keep'],
    ['INFO', 'thrown', 'level'],
  ] as const)('%s with throwable %s: %s', (level, thrown, expected) => {
    const event = anEvent({ level, ...(thrown === null ? { throwable: null } : {}) })
    expect(said(filterOf()(aSubject(event), AT))).toBe(expected)
    expect(filterOf().byLevel(event)).not.toBeNull()
  })
})

describe('a rule matches by', () => {
  it.each([
    ['level', '{ level: ERROR }', true],
    ['another level', '{ level: [FATAL] }', false],
    ['below a level', '{ level: { below: FATAL } }', true],
    ['layout', '{ layout: log4j2-json }', true],
    ['another layout', '{ layout: spark }', false],
    ['environment', '{ environment: prod }', true],
    ['another environment', '{ environment: production }', false],
    ['job', '{ job: orders-* }', true],
    ['the whole job', '{ job: orders }', false],
    ['logger', '{ logger: com.acme.* }', true],
    ["a logger's simple name", '{ logger: Orders }', true],
    ['another logger', '{ logger: com.acme.Order }', false],
    ['one of several loggers', '{ logger: [x, com.acme.Orders] }', true],
    ['the outermost type', '{ type: com.acme.OrderException }', true],
    ['the type of a cause', '{ type: IOException }', true],
    ['another type', '{ type: Exception }', false],
    ['words of the message', '{ message: "*SAVE order*" }', true],
    ['the whole message', '{ message: could not save }', false],
    ['an expression', '{ message: "/Order \\\\d+$/" }', true],
    ['a context value', '{ context: { tenant: a* } }', true],
    ['a context key that is there', '{ context: { tenant: "*" } }', true],
    ['a context key that is not', '{ context: { region: "*" } }', false],
    ['two fields that match', '{ job: orders-prod, logger: Orders }', true],
    ['two fields of which one matches', '{ job: orders-prod, logger: Other }', false],
  ])('%s: %s', (_, match, isMet) => {
    expect(decide(`{ id: r, action: drop, match: ${match} }`)).toBe(isMet ? 'r' : 'keep')
  })

  it('a nested class, however it is written', () => {
    const nested = { types: () => ['com.acme.Orders$Gone'] }
    expect(decide('{ id: r, action: drop, match: { type: com.acme.Orders$Gone } }', {}, nested)).toBe('r')
    expect(decide('{ id: r, action: drop, match: { type: com.acme.Orders.Gone } }', {}, nested)).toBe('r')
  })

  it('nothing that the event does not have', () => {
    const bare = { logger: null, context: new Map() }
    expect(decide('{ id: r, action: drop, match: { logger: "*" } }', bare)).toBe('keep')
    expect(decide('{ id: r, action: drop, match: { environment: "*" } }', bare, { environment: null })).toBe('keep')
    expect(decide('{ id: r, action: drop, match: { type: "*" } }', bare, { types: () => [] })).toBe('keep')
  })

  it('the first 2,048 characters of the message', () => {
    const rule = '{ id: r, action: drop, match: { message: ["*needle*", "/needle/"] } }'
    expect(decide(rule, { message: `${'-'.repeat(2_042)}needle` })).toBe('r')
    expect(decide(rule, { message: `${'-'.repeat(2_043)}needle` })).toBe('keep')
  })

  it('types only where a rule asks and everything else of it matches', () => {
    let asked = 0
    const types = () => {
      asked++
      return ['a.E']
    }
    decide('{ id: r, action: drop, match: { job: other, type: a.E } }', {}, { types })
    decide('{ id: r, action: drop, match: { job: orders-prod } }', {}, { types })
    expect(asked).toBe(0)
  })
})

describe('the first rule that matches decides', () => {
  const rules = ['{ id: a, action: keep, match: { logger: com.acme.pay.* } }', '{ id: b, action: drop, match: { logger: com.acme.* } }']

  it('and no later one', () => {
    expect(said(filterOf(...rules)(aSubject({ logger: 'com.acme.pay.Card' }), AT))).toBe('keep')
    expect(said(filterOf(...rules)(aSubject({ logger: 'com.acme.Orders' }), AT))).toBe('b')
    expect(said(filterOf(...rules.toReversed())(aSubject({ logger: 'com.acme.pay.Card' }), AT))).toBe('b')
  })
})

describe('what the level filter would drop', () => {
  const low = { level: 'INFO', throwable: null } as const
  const NONE = 0.000001
  const ALL = 0.999999

  it.each([
    ['is kept by a keep', '{ id: r, action: keep, match: { logger: Orders } }', 'keep'],
    ['is dropped by level although a drop matches, too', '{ id: r, action: drop, match: { logger: Orders } }', 'level'],
    ['is not let in by a sample', `{ id: r, action: sample, keep: ${ALL}, match: { logger: Orders } }`, 'level'],
    ['is let in by a sample that names its level', `{ id: r, action: sample, keep: ${ALL}, match: { level: INFO } }`, 'keep'],
    ['is dropped by a sample that names its level', `{ id: r, action: sample, keep: ${NONE}, match: { level: INFO } }`, 'r'],
  ])('%s', (_, rule, expected) => {
    expect(decide(rule, low)).toBe(expected)
  })

  it('stays dropped by level where a drop stands before a keep', () => {
    const filter = filterOf('{ id: a, action: drop, match: { logger: Orders } }', '{ id: b, action: keep, match: { job: orders-prod } }')
    expect(said(filter(aSubject(low), AT))).toBe('level')
  })

  it('is decided by the level alone, unless a rule for that level can beat it', () => {
    const filter = filterOf(
      '{ id: a, action: keep, match: { level: WARN, logger: Orders } }',
      '{ id: b, action: drop, match: { job: other } }',
    )
    expect(filter.byLevel(anEvent({ level: 'INFO' }))).toEqual({ kind: 'drop', reason: 'level' })
    expect(filter.byLevel(anEvent({ level: 'WARN', throwable: null }))).toBeNull()
    expect(filter.byLevel(anEvent({ level: 'ERROR' }))).toBeNull()
  })
})
