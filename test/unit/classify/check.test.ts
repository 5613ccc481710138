import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { checkExamples } from '../../../src/classify/check.ts'
import { readRuleFile } from '../../../src/classify/rule-file.ts'
import { ruleOf, type PatternRule } from '../../../src/classify/rule.ts'

function aRule(id: string, exception: string, priority: number, match: string, noMatch = 'a.Other: x'): PatternRule {
  const fields = {
    title: id,
    id,
    status: 'stable',
    category: id,
    severity: 'low',
    priority,
    match: { exception: [exception] },
    meaning: 'what',
    examples: { match: [match], no_match: [noMatch] },
  }
  const result = readRuleFile(stringify(fields))
  if ('faults' in result) throw new Error(JSON.stringify(result.faults))
  return ruleOf(`${id}.yml`, result.value)
}

function check(...rules: PatternRule[]) {
  return checkExamples({ rules, digest: '' }, (rule) => !rule.id.startsWith('mine'))
}

describe('the examples of a rule', () => {
  it('hold', () => expect(check(aRule('a', 'a.AError', 1, 'a.AError: x'))).toEqual({ failures: [], taken: [], examples: 2 }))

  it('fail where the rule does not match its own', () => {
    expect(check(aRule('a', 'a.AError', 1, 'a.BError: x')).failures).toEqual([
      { file: 'a.yml', rule: 'a', field: 'examples.match.0', why: 'the rule does not match it' },
    ])
  })

  it('fail where the rule does not match its own, whatever another one does', () => {
    const { failures } = check(aRule('a', 'b.BError', 1, 'a.AError: x'), aRule('late', 'a.AError', 2, 'a.AError: x'))
    expect(failures).toEqual([{ file: 'a.yml', rule: 'a', field: 'examples.match.0', why: 'the rule does not match it' }])
  })

  it('fail where the rule matches what it must not', () => {
    expect(check(aRule('a', 'a.AError', 1, 'a.AError: x', 'a.AError: y')).failures).toEqual([
      { file: 'a.yml', rule: 'a', field: 'examples.no_match.0', why: 'the rule matches it' },
    ])
  })

  it('fail where another rule steals one', () => {
    const { failures } = check(aRule('thief', 'AError', 1, 'b.AError'), aRule('a', 'a.AError', 2, 'a.AError: x'))
    expect(failures).toEqual([
      { file: 'a.yml', rule: 'a', field: 'examples.match.0', why: 'thief (priority 1) takes it, before priority 2' },
    ])
  })

  it('of a built-in rule may be taken by one of the user, which is noted', () => {
    const { failures, taken } = check(aRule('mine', 'AError', 1, 'b.AError'), aRule('a', 'a.AError', 2, 'a.AError: x'))
    expect(failures).toEqual([])
    expect(taken).toMatchObject([{ rule: 'a', field: 'examples.match.0' }])
  })
})
