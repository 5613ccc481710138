/** docs/alert-rules.md is to be copied from: its rules are rules, and all kinds of conditions have an example. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { groupBody, silenceBody } from '../../../src/api/alert-schemas.ts'
import { leavesOf } from '../../../src/alert/condition.ts'
import { readAlertRule } from '../../../src/alert/rule-file.ts'
import { builtInAlertFolder, readAlertRuleSet } from '../../../src/alert/rule-load.ts'
import { PER, type Rule } from '../../../src/alert/rule.ts'
import { faultOfTemplate } from '../../../src/alert/template.ts'

const page = readFileSync(new URL('../../../docs/alert-rules.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, code = '']) => code)
const REST = { title: 'A rule', id: 'a-rule', level: 'custom', severity: 'high', condition: { count: { over: '10m', atLeast: 1 } } }

/** An example by itself, or, where it is a part of a rule, in one whose subject goes with it. */
function ruleOf(code: string): Rule {
  const content = parse(code) as Record<string, unknown>
  const texts = 'id' in content ? [code] : PER.map((per) => stringify({ ...REST, per, ...content }))
  const rules = texts.flatMap((text) => {
    const read = readAlertRule(text)
    return 'value' in read && read.value.rule !== null ? [read.value.rule] : []
  })
  const [rule] = rules
  if (rule === undefined) throw new Error(`no rule: ${code}\n${JSON.stringify(readAlertRule(texts[0] ?? ''))}`)
  return rule
}

describe('docs/alert-rules.md', () => {
  it.each(examples)('has a rule, or a part of one:\n%s', (code) => {
    expect(ruleOf(code).id).toMatch(/./)
  })

  it('has an example of each kind of condition', () => {
    const kinds = new Set(examples.flatMap((code) => leavesOf(ruleOf(code).condition).map(({ kind }) => kind)))
    expect([...kinds].toSorted()).toEqual([
      'absence',
      'blind',
      'count',
      'dead_letter_ratio',
      'hosts',
      'jobs_in_trouble',
      'new_group',
      'pipeline_lag',
      'ratio',
      'regression',
      'spike',
    ])
    expect(examples.join('\n')).toMatch(/^ {2}all:$/m)
  })

  it('names places that there are, and all of them', () => {
    const named = new Set([...page.matchAll(/\{\{(\w+)\}\}/g)].map(([place]) => place))
    expect([...named].filter((place) => faultOfTemplate(place, null) !== null)).toEqual([])
    const known = /expected any of (.*)/.exec(faultOfTemplate('{{nothing}}', null) ?? '')?.[1]?.split(', ') ?? []
    expect([...named].toSorted()).toEqual(known.map((name) => `{{${name}}}`).toSorted())
  })

  it('counts the built-in rules, and shows bodies that the API takes', () => {
    const numbers = ['seven', 'eight', 'nine', 'ten', 'eleven', 'twelve']
    expect(page.toLowerCase()).toContain(`${numbers[readAlertRuleSet([builtInAlertFolder()]).rules.length - 7]} rules are built in`)
    const [silence, group] = [...page.matchAll(/-d '(.*)'/g)].map(([, body = '']) => JSON.parse(body) as unknown)
    expect([silenceBody.safeParse(silence).error, groupBody.safeParse(group).error]).toEqual([undefined, undefined])
  })
})
